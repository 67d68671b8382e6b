"""What became of a task, for people: one line per item."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

import typer

from vodpull.cli.terminal.output import printable

if TYPE_CHECKING:
    from vodpull.client import Batch, Job


def print_outcome(batch: Batch, server: str) -> None:
    """Print a line per item: what it is, and what to play or what to do."""
    for job in batch.jobs:
        typer.echo(printable(outcome_line(job, server)))


def outcome_line(job: Job, server: str) -> str:
    """Return state, name, size and length, and the URL to play or the remedy; `server` is the base of relative URLs."""
    words = [job.stage.ljust(9), job.file_name]
    if job.files:
        words.append(size_text(job.files[0].size_bytes))
    if job.duration_s:
        words.append(length_text(job.duration_s))
    if job.error is not None:
        words += [f"{job.error.code}: {job.error.message}", f"Fix: {job.error.remedy}"]
    elif job.is_playable or (job.succeeded and job.files):
        words.append(urljoin(server, job.playlist_url or job.files[0].url))
    elif not job.is_final:
        words.append(f"{job.percent:.0f}%")
    return "  ".join(words)


def size_text(size_bytes: int) -> str:
    """Return a size in the unit that suits it, powers of ten."""
    size, units = float(size_bytes), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:  # noqa: PLR2004 - what the next unit is made of
        size, units = size / 1000, units[1:]
    return f"{size:.0f} {units[0]}" if units[0] == "B" else f"{size:.1f} {units[0]}"


def length_text(duration_s: float) -> str:
    """Return a duration as a player shows it."""
    minutes, seconds = divmod(round(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
