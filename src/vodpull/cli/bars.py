"""Progress of a batch for people: a bar per job at a terminal, a line per change of stage elsewhere. On stderr."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

console = Console(stderr=True, highlight=False, markup=False)


NAME_WIDTH = 28


def follow(states: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Show states of a batch as they come and return the last one."""
    return _bars(states) if console.is_terminal else _lines(states)


def _bars(states: Iterable[dict[str, Any]]) -> dict[str, Any]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[stage]:>8} {task.percentage:>3.0f}%", markup=False),
        TextColumn("{task.fields[note]}", markup=False),
    )
    last: dict[str, Any] = {}
    rows: dict[str, TaskID] = {}
    with Progress(*columns, console=console) as progress:
        for last in states:
            for job in last["jobs"]:
                if job["job_id"] not in rows:
                    rows[job["job_id"]] = progress.add_task(_label(job), total=100, stage="", note="")
                progress.update(rows[job["job_id"]], completed=job["percent"], stage=job["stage"], note=_note(job))
    return last


def _lines(states: Iterable[dict[str, Any]]) -> dict[str, Any]:
    last: dict[str, Any] = {}
    shown: dict[str, str] = {}
    for last in states:
        for job in last["jobs"]:
            if shown.get(job["job_id"]) != job["stage"]:
                shown[job["job_id"]] = job["stage"]
                console.print(f"{_label(job)}  {job['stage']:<8} {_note(job)}".rstrip())
    return last


def _label(job: dict[str, Any]) -> str:
    """Return the client's file name as one short printable line: it is hostile text."""
    name = "".join(character if character.isprintable() else "?" for character in job["file_name"])
    text = Text(name)
    text.truncate(NAME_WIDTH, overflow="ellipsis", pad=True)
    return text.plain


def _note(job: dict[str, Any]) -> str:
    if job["error"]:
        return f"{job['error']['code']}: {job['error']['message']}"
    return f"{job['bytes_done'] / 1e6:.1f} MB" if job["bytes_done"] else ""
