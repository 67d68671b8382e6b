"""How the command line ends."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from vodpull.cli.terminal.output import print_json, print_line

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


def test_json_moves_no_cursor_and_is_read_as_the_same_value(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"name\x9b2J": "gpj.\u202eexe", "text": 'a\n\x1b]0;"ä\\\u2066'}
    for show in (print_json, print_line):
        show(value)
        shown = capsys.readouterr().out
        assert json.loads(shown) == value
        assert all(one.isprintable() or one == "\n" for one in shown)
