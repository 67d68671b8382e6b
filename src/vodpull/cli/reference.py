"""The reference page of the command line, `docs/cli.md`, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from vodpull.cli.main import app
from vodpull.exit_codes import EXIT_CODES

WIDTH = 100

INTRODUCTION = """\
# Commands

What `vodpull COMMAND --help` prints. Commands that call a service take its address from
`--server` or `VODPULL_SERVER`, and the key from `VODPULL_ACCESS_KEY` and `VODPULL_SECRET_KEY`, from `vodpull.toml`, or,
on the machine of the service, from its data folder (`VODPULL_DATA_DIR`). Results go to stdout, everything else to
stderr; an error is two lines: what, and how to fix it. `vodpull --install-completion` makes the shell complete commands
and options.
"""


def cli_reference() -> str:
    """Return the page as Markdown."""
    commands = "\n".join(_sections(typer.main.get_command(app), "vodpull"))
    rows = "\n".join(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())
    return f"{INTRODUCTION}\n{commands}\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n{rows}\n"


def _sections(command: Any, name: str) -> Iterator[str]:
    below = getattr(command, "commands", {})
    for word, child in below.items():
        yield from _sections(child, f"{name} {word}")
    if not below:
        # One width, whatever the terminal of who makes the page.
        context = typer.Context(command, info_name=name, terminal_width=WIDTH, help_option_names=["-h", "--help"])
        yield f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"
