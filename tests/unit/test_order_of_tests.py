"""Tests stand where their subject stands, and what two modules of tests use is in neither."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
SOURCE = TESTS.parent / "src" / "vodpull"
OF_PAGES = "docs"


def test_no_module_of_tests_imports_another_one() -> None:
    importing = re.compile(r"^(?:from|import) tests\.(?:\w+\.)*test_\w+", re.MULTILINE)
    modules = list(TESTS.rglob("*.py"))
    assert len(modules) > 300
    assert [path.name for path in modules if importing.search(path.read_text())] == []


def test_unit_tests_have_the_rooms_of_the_source() -> None:
    rooms = [path.relative_to(TESTS / "unit") for path in (TESTS / "unit").rglob("*") if list(path.glob("test_*.py"))]
    assert len(rooms) > 50
    assert [str(room) for room in rooms if not (SOURCE / room).is_dir() and str(room) != OF_PAGES] == []
