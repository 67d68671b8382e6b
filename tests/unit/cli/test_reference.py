"""The page of the commands is current, and short commands stay short."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vodpull.cli.reference import cli_reference

PAGE = Path(__file__).resolve().parents[3] / "docs" / "cli.md"

SWITCH = "VODPULL_TEST_WRITE_GOLDEN"

HEAVY = {"dbos", "sqlalchemy", "alembic", "fastapi", "uvicorn", "av", "obstore", "aiohttp", "limits"}

LOADED = """
import sys
from vodpull.cli import main
sys.argv = ["vodpull", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print("loaded", *{name.partition(".")[0] for name in sys.modules})
"""


def test_the_page_of_the_commands_is_current() -> None:
    if os.environ.get(SWITCH):
        PAGE.write_text(cli_reference())
    assert PAGE.read_text() == cli_reference(), f"after a change: {SWITCH}=1 pytest {Path(__file__).name}"


@pytest.mark.parametrize(
    "words",
    [["--help"], ["keys", "--help"], ["sign", "http://a/b"], ["query", "--task-id", "0"], ["pull", "http://a/b"]],
)
def test_a_short_command_does_not_load_the_service(words: list[str]) -> None:
    environment = {"VODPULL_ACCESS_KEY": "a", "VODPULL_SECRET_KEY": "b", "VODPULL_SERVER": "http://127.0.0.1:9"}
    program = [sys.executable, "-c", LOADED, *words]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded & HEAVY == set()
    assert ("httpx2" in loaded) == (words[0] in {"query", "pull"})


def test_keys_are_made_without_loading_what_a_service_runs_on(tmp_path: Path) -> None:
    program = [sys.executable, "-c", LOADED, "keys", "create", "acme"]
    environment = {"VODPULL_DATA_DIR": str(tmp_path)}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded & {"dbos", "fastapi", "uvicorn", "av", "aiohttp"} == set()
