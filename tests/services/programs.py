"""Programs that tests run but vodpull does not need, where they are installed or `scripts/test-services` put them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

_UNPACKED = Path(__file__).resolve().parents[2] / ".cache" / "debian" / "usr"


def find_program(name: str) -> str:
    """Return the path of a program; skip the test where there is none."""
    folders = (os.environ["PATH"], _UNPACKED / "bin", *_UNPACKED.glob("lib/go-*/bin"))
    found = shutil.which(name, path=os.pathsep.join(map(str, folders)))
    return found or pytest.skip(f"no {name} here")
