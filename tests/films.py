"""
Films that tests make from nothing: each is encoded once for all processes of a run, and copied from then on.

The folder for them comes with the run (`conftest.py`); outside of one, each is made anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

SHELF = "FILMS_OF_THIS_RUN"


def kept(target: Path, recipe: object, make: Callable[[Path], object]) -> Path:
    """Write a film as `make` does, or as the same recipe did before; what `make` writes beside it comes, too."""
    shelf = os.environ.get(SHELF)
    if not shelf:
        make(target)
        return target
    place = Path(shelf) / hashlib.sha256(repr((target.name, recipe)).encode()).hexdigest()
    if not place.exists():
        made = Path(tempfile.mkdtemp(dir=shelf))
        make(made / target.name)
        with suppress(OSError):  # another process was first
            made.rename(place)
    for file in place.iterdir():
        shutil.copyfile(file, target.with_name(file.name))
    return target
