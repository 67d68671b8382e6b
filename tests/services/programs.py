"""Programs that tests run but vodpull does not need, where they are installed or `scripts/test-services` put them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

_UNPACKED = Path(__file__).resolve().parents[2] / ".cache" / "debian" / "usr"


def find_program(name: str) -> str:
    """Return the path of a program; skip the test where there is none."""
    return which(name) or pytest.skip(f"no {name} here")


def which(name: str) -> str | None:
    """Return the path of a program, or None."""
    # A wrapper in `bin` leads to where its package is installed.
    folders = (os.environ["PATH"], *_UNPACKED.glob("lib/go-*/bin"), _UNPACKED / "lib" / "chromium", _UNPACKED / "bin")
    return shutil.which(name, path=os.pathsep.join(map(str, folders)))
