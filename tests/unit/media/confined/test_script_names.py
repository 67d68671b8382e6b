"""Scripts import each other and what is shared by name alone, from whatever room they lie in."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from vodpull.media import confined
from vodpull.media.mp4 import boxes
from vodpull.media.verify import likeness, sound_likeness

FOLDER = Path(confined.__file__).parent
SCRIPTS = [path for path in FOLDER.rglob("*.py") if path.name != "__init__.py"]
SHARED = [Path(str(module.__file__)) for module in (boxes, likeness, sound_likeness)]
IMPORT = re.compile(r'(?:import_module|_beside)\("(\w+)"\)')


def test_no_two_scripts_have_the_same_name() -> None:
    assert len(SCRIPTS) > 20
    counted = Counter(path.stem for path in (*SCRIPTS, *SHARED))
    assert [name for name, count in counted.items() if count > 1] == []


def test_what_a_script_imports_by_name_is_there() -> None:
    imported = {name for path in SCRIPTS for name in IMPORT.findall(path.read_text())}
    assert len(imported) > 20
    assert imported - {path.stem for path in (*SCRIPTS, *SHARED)} == {"av"}
