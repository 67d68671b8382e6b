"""When the files of what was deleted are removed: in three passes. Whose they are: `deletions.py`. Pure."""

from __future__ import annotations

PASSES_S = (0.0, 300.0, 86_400.0)
"""
When files are removed after a deletion: at once; when uploads that were cut off have surely ended; and a day later,
what a paused machine still wrote. Until the last pass the rows stay, so a repeated call gets the same answer.
"""


def next_pass_ms(asked_at_ms: int, *, now_ms: int) -> int | None:
    """Return the time of the next pass of a deletion; None: there was the last one."""
    coming = [asked_at_ms + int(1000 * wait_s) for wait_s in PASSES_S]
    return next((at_ms for at_ms in coming if at_ms > now_ms), None)
