"""The bar of a file on its way to the service. On stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, DownloadColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from vodpull.cli.terminal.batch_progress import NAME_WIDTH, console, short
from vodpull.cli.terminal.outcome_lines import length_text, size_text

if TYPE_CHECKING:
    from vodpull.client import OnProgress

SILENT_S = 10.0
"""After so long without an answer the speed of before says nothing any more."""


@contextmanager
def sending_bar(name: str) -> Iterator[OnProgress]:
    """Show a bar until the block ends."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), UploadPace())
    with Progress(*columns, console=console) as progress:
        row = progress.add_task(short(name, NAME_WIDTH), total=None, moved_at=progress.get_time())

        def show(done: int, total: int) -> None:
            progress.update(row, completed=done, total=total, moved_at=progress.get_time())

        yield show


class UploadPace(ProgressColumn):
    """Says how fast a file goes and how much time is left, or for how long nothing was heard."""

    def render(self, task: Task) -> Text:
        """Return the cell of a row."""
        silent_s = task.get_time() - task.fields["moved_at"]
        if not task.finished and silent_s > SILENT_S:
            return Text(f"no answer for {silent_s:.0f} s")
        if task.finished or not task.speed or task.time_remaining is None:
            return Text("")
        return Text(f"{size_text(round(task.speed))}/s  {length_text(task.time_remaining)} left")
