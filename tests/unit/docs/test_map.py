"""What the map of the code names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLACES = [
    path.relative_to(ROOT).as_posix() for top in ("src", "tests", "benchmarks") for path in (ROOT / top).rglob("*.py")
]


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_module_that_a_page_names_is_there(page: str) -> None:
    named = set(re.findall(r"`([\w/]+\.py)`", (ROOT / page).read_text()))
    assert len(named) > 10
    assert [name for name in sorted(named) if not any(f"/{place}".endswith(f"/{name}") for place in PLACES)] == []
