"""The files of `deploy/` speak of figures that exist, and every alert has its section in the runbook."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from tests.services.programs import find_program

from vodpull.app.telemetry.metrics import Metrics

ROOT = Path(__file__).resolve().parents[4]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "vodpull.json"
RUNBOOK = ROOT / "docs" / "runbook.md"

RULES: list[dict[str, Any]] = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
PANELS: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]

EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in PANELS for target in panel.get("targets", [])
]

GIVEN_BY_PROMETHEUS = {"job", "instance"}


@pytest.fixture(scope="module")
def series(
    busy_metrics: Callable[[Path], Metrics], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, set[str]]]:
    """Return the values of each label of each series."""
    found: dict[str, dict[str, set[str]]] = {"up": {}}
    for family in busy_metrics(tmp_path_factory.mktemp("data")).registry.collect():
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for name, value in sample.labels.items():
                labels.setdefault(name, set()).add(value)
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_speaks_of_figures_and_labels_that_exist(
    expression: str, series: dict[str, dict[str, set[str]]]
) -> None:
    named = re.findall(r"\b((?:vodpull|process)_\w+|up)\b(?:\{([^}]*)\})?", expression)
    assert named
    for name, matchers in named:
        assert name in series
        for label, operator, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', matchers):
            known = series[name].get(label, set())
            assert known or label in GIVEN_BY_PROMETHEUS
            if label in {"stage", "queue", "state"}:
                words = value.split("|") if operator in {"=~", "!~"} else [value]
                assert set(words) <= known


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_an_expression_groups_by_is_a_label_of_its_figures(
    expression: str, series: dict[str, dict[str, set[str]]]
) -> None:
    grouped = {
        label.strip() for words in re.findall(r"\bby \(([^)]*)\)", expression) for label in words.split(",")
    } - GIVEN_BY_PROMETHEUS
    named = set(re.findall(r"\bvodpull_\w+\b", expression))
    assert grouped <= {label for name in named for label in series[name]}


def test_every_alert_has_a_section_in_the_runbook_that_says_what_to_do() -> None:
    sections = re.split(r"^## ", RUNBOOK.read_text(), flags=re.MULTILINE)[1:]
    assert [section.splitlines()[0] for section in sections] == [rule["alert"] for rule in RULES]
    for section in sections:
        assert re.findall(r"^\*\*(\w+)\*\*: ", section, re.MULTILINE) == ["Means", "Look", "Do"]


def test_every_alert_leads_to_its_section_and_says_how_bad_it_is() -> None:
    for rule in RULES:
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]


def test_panels_of_the_dashboard_do_not_overlap_and_say_what_they_show() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    for one, other in combinations((panel["gridPos"] for panel in PANELS), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    for panel in PANELS:
        assert panel["type"] == "row" or (panel["description"] and panel["datasource"]["uid"] == "${datasource}")


def test_prometheus_itself_accepts_every_expression(tmp_path: Path) -> None:
    promtool = find_program("promtool")
    panels = [{"record": f"panel:number{number}", "expr": text} for number, text in enumerate(EXPRESSIONS)]
    rules = tmp_path / "panels.json"
    rules.write_text(json.dumps({"groups": [{"name": "panels", "rules": panels}]}))
    checked = subprocess.run([promtool, "check", "rules", ALERTS, rules], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
