"""Progress of a batch for people: bars at a terminal, a line per change of stage elsewhere. On stderr."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from vodpull.cli.terminal.output import printable

if TYPE_CHECKING:
    from vodpull.client import Batch, Job, JobError

console = Console(stderr=True, highlight=False, markup=False)

NAME_WIDTH = 28
STAGE_WIDTH = 17
"""Stage and percent, with the gaps between the columns."""
NOTE_WIDTH = 30
"""Least room of what is said at the end of a row."""

SPARE_LINES = 3
"""Lines of the terminal that stay free: the sum of a batch, and the prompt."""

ALL = -1
"""Where the row of the whole batch is kept, beside those of the positions."""

UNTOUCHED = "waiting"
"""Stage of a job that nothing was done for yet."""


def follow(states: Iterable[Batch]) -> Batch:
    """Show states of a batch as they come, at least one, and return the last."""
    *_, last = _bars(states) if console.is_terminal else _lines(states)
    return last


def rows_shown(jobs: Iterable[Job], room: int) -> set[int]:
    """Return the positions of the jobs that a display of `room` rows has: under way, failed, waiting, done."""
    ranked = sorted(jobs, key=lambda job: (_rank(job), job.position))
    return {job.position for job in ranked[: max(room, 1)]}


def _rank(job: Job) -> int:
    if job.is_final:
        return 3 if job.succeeded else 1
    return 2 if job.stage == UNTOUCHED else 0


def _bars(states: Iterable[Batch]) -> Iterable[Batch]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=_bar_width()),
        TextColumn("{task.fields[stage]:>9} {task.percentage:>3.0f}%", markup=False),
        TextColumn("{task.fields[note]}", markup=False),
    )
    ways: dict[tuple[int, int], float] = {}
    with Progress(*columns, console=console) as progress:
        rows: dict[int, TaskID] = {}
        for batch in states:
            rows = rows or _add_rows(progress, batch)
            _draw(progress, rows, batch, ways)
            yield batch


def _bar_width() -> int:
    """Return the width of a bar that leaves room for a note: rich would cut stage and percent instead."""
    return max(10, min(40, console.width - NAME_WIDTH - STAGE_WIDTH - NOTE_WIDTH))


def _add_rows(progress: Progress, batch: Batch) -> dict[int, TaskID]:
    """Return the row of each job by position, and that of the whole batch; nothing is drawn yet."""
    rows = {job.position: _add_row(progress, _label(job), 100) for job in batch.jobs}
    return rows | {ALL: _add_row(progress, "all".ljust(NAME_WIDTH), len(batch.jobs))}


def _add_row(progress: Progress, label: str, total: int) -> TaskID:
    return progress.add_task(label, total=total, visible=False, stage="", note="")


_PASSED = {"waiting": 0, "fetch": 0, "probe": 40, "store": 42, "encode": 45, "package": 90, "publish": 95, "done": 100}
"""Percent of the whole way behind a job that enters a stage: a rough guess, in the order of the stages."""


def way_done(job: Job) -> float:
    """Return how much of its whole way a job has behind it, in percent: each stage is a part of the bar."""
    if job.stage not in _PASSED:
        return 0.0
    passed = _PASSED[job.stage]
    following = min((mark for mark in _PASSED.values() if mark > passed), default=100)
    return passed + (following - passed) * min(job.percent, 100) / 100


def _draw(progress: Progress, rows: dict[int, TaskID], batch: Batch, ways: dict[tuple[int, int], float]) -> None:
    """Draw a state; `ways` keeps how far each attempt came, since a bar that goes back says nothing."""
    shown = rows_shown(batch.jobs, console.height - SPARE_LINES)
    for job in batch.jobs:
        attempt = (job.position, job.attempt)
        ways[attempt] = max(ways.get(attempt, 0.0), way_done(job))
        visible = job.position in shown
        note = short(_note(job), console.width - NAME_WIDTH - STAGE_WIDTH - _bar_width()).rstrip()
        progress.update(rows[job.position], completed=ways[attempt], stage=job.stage, note=note, visible=visible)
    final = sum(job.is_final for job in batch.jobs)
    note = f"{final} of {len(batch.jobs)}"
    progress.update(rows[ALL], completed=final, note=note, visible=len(batch.jobs) > 1)


def _lines(states: Iterable[Batch]) -> Iterable[Batch]:
    shown: dict[int, tuple[str, int]] = {}
    for batch in states:
        for job in batch.jobs:
            state = job.stage, job.next_try.at_ms if job.next_try else 0
            if shown.get(job.position) != state:
                shown[job.position] = state
                console.print(f"{_label(job)}  {job.stage:<9} {_note(job)}".rstrip(), soft_wrap=True)
        yield batch


def _label(job: Job) -> str:
    """Return the client's file name as one short printable line: it is hostile text."""
    return short(printable(job.file_name), NAME_WIDTH)


def short(text: str, width: int) -> str:
    """Return a text as wide as this, cut or filled up."""
    shown = Text(text)
    shown.truncate(width, overflow="ellipsis", pad=True)
    return shown.plain


def _note(job: Job) -> str:
    if job.error is not None:
        return _said(job.error)
    if job.next_try is not None:
        at = datetime.fromtimestamp(job.next_try.at_ms / 1000).astimezone()
        return f"next try at {at:%H:%M:%S}; {_said(job.next_try.error)}"
    words = [f"{job.bytes_done / 1e6:.1f} MB"] if job.bytes_done else []
    if job.speed_bytes_per_s and not job.is_final:
        words.append(f"{job.speed_bytes_per_s / 1e6:.1f} MB/s")
    if job.eta_s is not None and not job.is_final:
        words.append(f"{job.eta_s:.0f} s left")
    return "  ".join(words)


def _said(error: JobError) -> str:
    return f"{error.code}: {printable(error.message)}"
