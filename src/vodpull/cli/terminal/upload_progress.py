"""How a command tells how far a file is on its way to the service: by a bar at a terminal, elsewhere by lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vodpull.cli.terminal.outcome_lines import size_text
from vodpull.cli.terminal.output import printable

if TYPE_CHECKING:
    from vodpull.client import OnProgress


@contextmanager
def progress_of(file: Path, *, is_shown: bool) -> Iterator[OnProgress | None]:
    """Show how far a file is until the block ends: a bar at a terminal, elsewhere a line for each tenth."""
    if not is_shown:
        yield None
        return
    if not sys.stderr.isatty():
        yield Tenths(file.name)
        return
    from vodpull.cli.terminal.upload_bar import sending_bar

    with sending_bar(printable(file.name)) as on_progress:
        yield on_progress


class Tenths:
    """Writes a line to stderr for each tenth of a file that is there."""

    def __init__(self, name: str) -> None:
        self._name = printable(name)
        self._last = -1

    def __call__(self, done: int, total: int) -> None:
        """Tell how far it is."""
        tenth = 10 * done // total
        if tenth > self._last:
            typer.echo(f"{self._name}  {size_text(done)} of {size_text(total)}  {10 * tenth}%", err=True)
        self._last = tenth
