"""How the command line ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from vodpull.cli.commands import COMMANDS
from vodpull.cli.main import app
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


def test_every_command_is_where_the_list_says_and_begins_its_help_alike() -> None:
    commands = typer.main.get_group(app).commands
    assert [*commands] == [*COMMANDS]
    for name, listed in COMMANDS.items():
        command = commands[name]
        assert command.name == name
        assert listed.summary.endswith(".")
        assert (command.help or "").startswith(listed.summary[:-1])
        assert (listed.function is None) == hasattr(command, "commands")


LOADED = """
import sys
from vodpull.cli.main import app
app(sys.argv[1:], standalone_mode=False)
print(*sys.modules)
"""


def loaded_by(*words: str, data_dir: Path) -> set[str]:
    """Return the modules that are there after a command."""
    program = (
        "import sys; from vodpull.cli.main import app; app(sys.argv[1:], standalone_mode=False); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env={"VODPULL_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {*done.stdout.splitlines()[-1].split()}


def test_a_list_of_the_commands_loads_none_of_them(tmp_path: Path) -> None:
    loaded = loaded_by("-h", data_dir=tmp_path)
    assert loaded & {f"vodpull.cli.{listed.module}" for listed in COMMANDS.values()} == set()
    assert "vodpull.cli.commands" in loaded


def test_commands_about_keys_and_operators_load_nothing_of_videos(tmp_path: Path) -> None:
    for words in (["keys", "create", "acme", "--new"], ["keys", "list"], ["operators", "list"]):
        loaded = loaded_by(*words, data_dir=tmp_path)
        assert "vodpull.app.installation" in loaded
        assert loaded & {"vodpull.media", "vodpull.videos", "vodpull.workflows", "vodpull.api", "jwt"} == set(), words
