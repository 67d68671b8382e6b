"""What the map of the code names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLACES = [
    path.relative_to(ROOT).as_posix() for top in ("src", "tests", "benchmarks") for path in (ROOT / top).rglob("*.py")
]


TOP_ROOMS = {path.name for path in (ROOT / "src" / "vodpull").iterdir() if path.is_dir()}
OF_OTHERS = {"cms/settings.py", "files/tasks.py"}
"""Modules of other projects, which the comparison names."""


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md"])
def test_every_module_that_a_map_names_is_there(page: str) -> None:
    named = _named(page)
    assert len(named) > 10
    assert _missing(page, named) == []


def test_every_module_that_another_one_or_a_page_names_is_there() -> None:
    pages = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")]
    named = {place: _named(place) for place in (*PLACES, *pages) if not place.startswith("tests/")}
    assert sum(map(len, named.values())) > 300
    assert {place: missing for place, names in named.items() if (missing := _missing(place, names))} == {}


def test_every_page_that_a_module_names_is_there() -> None:
    named = {page for place in PLACES for page in re.findall(r"\bdocs/[\w/-]+\.md", (ROOT / place).read_text())}
    assert len(named) > 5
    assert [page for page in named if not (ROOT / page).is_file()] == []


def _named(place: str) -> set[str]:
    return set(re.findall(r"`([\w/]+\.py)`", (ROOT / place).read_text())) - OF_OTHERS


def _missing(place: str, named: set[str]) -> list[str]:
    return [name for name in sorted(named) if not _is_there(place, name)]


def _is_there(place: str, name: str) -> bool:
    """Tell whether a name leads somewhere: by its end, or as a path of the whole source where it begins with a room."""
    if name.partition("/")[0] in TOP_ROOMS:
        above = (folder / name for folder in (ROOT / place).parents if folder.is_relative_to(ROOT))
        return any(path.is_file() for path in (ROOT / "src" / "vodpull" / name, *above))
    return any(f"/{each}".endswith(f"/{name}") for each in PLACES)
