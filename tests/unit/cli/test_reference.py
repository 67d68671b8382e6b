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

LIGHT = {"vodpull", "typer", "annotated_doc", "shellingham"}
"""All that a command loads which neither calls a service nor reads its parameters: about a tenth of a second."""

OF_PARAMETERS = {"pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"}
"""What typer reads the parameters of a command with."""

OF_CALLS = {"httpx2", "httpcore2", "h11", "anyio", "idna", "truststore", "certifi", "standardwebhooks", "sniffio"}

LOADED = """
import sys
from vodpull.cli import main
sys.argv = ["vodpull", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
loaded = {name.partition(".")[0] for name in sys.modules} - {*sys.stdlib_module_names, "__main__"}
print("loaded", *(name for name in loaded if not name.startswith("_")))
"""


def test_the_page_of_the_commands_is_current() -> None:
    if os.environ.get(SWITCH):
        PAGE.write_text(cli_reference())
    assert PAGE.read_text() == cli_reference(), f"after a change: {SWITCH}=1 pytest {Path(__file__).name}"


@pytest.mark.parametrize(
    ("words", "may_load"),
    [
        (["--help"], LIGHT),
        (["keys", "--help"], LIGHT | OF_PARAMETERS),
        (["sign", "http://a/b"], LIGHT | OF_PARAMETERS),
        (["query", "--task-id", "0"], LIGHT | OF_PARAMETERS | OF_CALLS),
        (["pull", "http://a/b"], LIGHT | OF_PARAMETERS | OF_CALLS),
    ],
)
def test_a_short_command_loads_no_more_than_it_needs(words: list[str], may_load: set[str]) -> None:
    environment = {"VODPULL_ACCESS_KEY": "a", "VODPULL_SECRET_KEY": "b", "VODPULL_SERVER": "http://127.0.0.1:9"}
    program = [sys.executable, "-c", LOADED, *words]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60, check=True)
    _, *loaded = done.stdout.splitlines()[-1].split()
    assert set(loaded) <= may_load
    assert ("httpx2" in loaded) == (words[0] in {"query", "pull"})


def test_keys_are_made_without_loading_what_a_service_runs_on(tmp_path: Path) -> None:
    program = [sys.executable, "-c", LOADED, "keys", "create", "acme"]
    environment = {"VODPULL_DATA_DIR": str(tmp_path)}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded & {"dbos", "fastapi", "uvicorn", "av", "aiohttp"} == set()
