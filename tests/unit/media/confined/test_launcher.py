"""What starts before every command."""

from __future__ import annotations

import subprocess
import sys

from vodpull.media.tools.sandbox import LAUNCHER


def test_nothing_that_starts_slowly_is_imported() -> None:
    """It runs some twenty times for each film, where `json` alone takes longer than the interpreter itself."""
    look = "import sys; sys.path.insert(0, sys.argv[1]); import launcher; print(*sys.modules)"
    words = [sys.executable, "-I", "-S", "-c", look, str(LAUNCHER.parent)]
    imported = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert "launcher" in imported
    assert {"json", "re", "typing", "signal", "enum", "ctypes"} & set(imported) == set()
