"""What the map of the code names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLACES = [
    path.relative_to(ROOT).as_posix() for top in ("src", "tests", "benchmarks") for path in (ROOT / top).rglob("*.py")
]


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md"])
def test_every_module_that_a_page_names_is_there(page: str) -> None:
    named = _named(ROOT / page)
    assert len(named) > 10
    assert _missing(named) == []


def test_every_module_that_another_one_names_is_there() -> None:
    named = set().union(*(_named(ROOT / place) for place in PLACES if place.startswith("src/")))
    assert len(named) > 100
    assert _missing(named) == []


def _named(path: Path) -> set[str]:
    return set(re.findall(r"`([\w/]+\.py)`", path.read_text()))


def _missing(named: set[str]) -> list[str]:
    return [name for name in sorted(named) if not any(f"/{place}".endswith(f"/{name}") for place in PLACES)]
