"""Rules of the house that no linter knows: one name means one thing, and tests stand where their subject stands."""

from __future__ import annotations

import ast
import re
from collections import Counter
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


def test_no_two_classes_have_one_name() -> None:
    """Those of the client have the names of what they show."""
    modules = [path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] != "client"]
    parsed = (ast.parse(path.read_text()).body for path in modules)
    found = Counter(each.name for body in parsed for each in body if isinstance(each, ast.ClassDef))
    assert len(found) > 900
    assert [name for name, count in found.items() if count > 1 and not name.startswith("_")] == []
