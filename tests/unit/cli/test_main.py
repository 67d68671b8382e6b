"""How the command line ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

ENDING = """
import atexit, sys
import obstore
from vodpull.cli import main
atexit.register(print, "an ordinary end")
main()
"""


@pytest.mark.parametrize(("words", "code"), [(["--version"], 0), (["nonsense"], 2), (["serve", "--tls-cert", "x"], 1)])
def test_with_the_object_store_loaded_a_command_ends_at_once_with_its_code(words: list[str], code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING, *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code
    assert done.stdout + done.stderr != ""
    assert "an ordinary end" not in done.stdout
