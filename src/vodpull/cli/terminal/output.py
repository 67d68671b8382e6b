"""What commands print on stdout: JSON for programs, tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from vodpull.errors import VodpullError

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_json(value: object) -> None:
    """Print a value for programs and people."""
    typer.echo(_json(value, indent=2))


def print_line(value: object) -> None:
    """Print a value as one line of JSON, at once."""
    typer.echo(_json(value))


def _json(value: object, *, indent: int | None = None) -> str:
    """Return JSON in which what moves or turns a terminal's text is escaped; a program reads the same value."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text)


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in columns as wide as what is in them; never cut, so that scripts can read it too."""
    shown = [[printable(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[column]) for row in shown) for column in range(len(heads))]
    for row in shown:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def printable(text: str) -> str:
    """Return text of a stranger without anything that moves a terminal's cursor."""
    return "".join(character if character.isprintable() else "?" for character in text)


def print_error(error: VodpullError, *, about: str = "") -> None:
    """Print an expected error to stderr: what, with a word for what it is about, and how to fix it."""
    named = f"{error.field}: " if error.field and error.field not in str(error) else ""
    where = f"{printable(about)}: " if about else ""
    print_problem(error.code, f"{where}{named}{error}", error.remedy)


def print_problem(code: str, text: str, remedy: str) -> None:
    """Print what went wrong, and how to fix it, to stderr."""
    typer.echo(f"Error ({code}): {text}", err=True)
    typer.echo(f"Fix: {remedy}", err=True)
