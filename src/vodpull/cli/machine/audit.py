"""`vodpull audit`: what operators, access keys and the shell changed. Works on the database."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Literal

import typer

from vodpull.cli.terminal.durations import seconds_of
from vodpull.cli.terminal.output import print_line, print_table, printable


def print_log(
    who: Annotated[str, typer.Option(help="Part of a name: of an operator, an access key, a user.")] = "",
    action: Annotated[str, typer.Option(help="Beginning of an action: video., key.create.")] = "",
    since: Annotated[str, typer.Option(help="Only of so long ago at most: 12h, 30d. Without: all.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most lines of a table.")] = 50,
    form: Annotated[
        Literal["table", "csv", "jsonl"], typer.Option("--format", help="csv and jsonl print every line.")
    ] = "table",
) -> None:
    """Print the audit log, the newest first."""
    from vodpull.accounts.audit_log import COLUMNS, AuditFilter, as_csv, as_row
    from vodpull.app.installation import open_people, require_installation
    from vodpull.clock import now_ms
    from vodpull.settings import load_settings

    settings = load_settings()
    require_installation(settings)
    since_ms = now_ms() - 1000 * seconds_of(since, field="--since") if since else None
    lines = open_people(settings).audit.every(AuditFilter(who=who, action=action, since_ms=since_ms))
    if form == "table":
        print_table(COLUMNS, [tuple(as_row(line).values()) for line in islice(lines, limit)])
        return
    if form == "jsonl":
        for line in lines:
            print_line(as_row(line))
        return
    for text in as_csv(lines):
        typer.echo(printable(text.rstrip("\r\n")))
