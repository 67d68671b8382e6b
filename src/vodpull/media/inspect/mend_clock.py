"""
One clock for a source: what starts its time anew, or changes the kind of its sound, is written anew before use.

Which files are looked at is decided here; what counts as a jump, in `confined/clock/clock_jumps.py`; whether a rate is
even, in `confined/frame_rates.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from vodpull.errors import OutputInvalid
from vodpull.media.inspect.ask_probe import probe_orders
from vodpull.media.inspect.run_child import ask_pyav
from vodpull.media.mp4.boxes import walk_boxes
from vodpull.media.mp4.reorder_delay import longest_wait_s
from vodpull.media.tools.limits import RunLimits, copy_limits
from vodpull.media.tools.outcome import incomplete
from vodpull.media.tools.sandbox import Toolbox

STEADY_FILE = "steady.mkv"

# What begins like this counts its time in an index, or has none that could jump.
INDEXED = (b"RIFF", b"OggS", b"fLaC", b"ID3", b"\x30\x26\xb2\x75", b"\xff\xfb", b"\x89PNG", b"\xff\xd8\xff")
MP4_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"uuid", b"styp"})
# No picture waits so long for its turn.
LONG_WAIT_S = 10.0
# A clock may start anew before all streams are known: only bytes count, this is longer than a transport stream's clock.
ANALYZE_US = 100_000 * 1_000_000
# A fragment comes after the index, and an index comes soon.
FIRST_BOXES = 16


@dataclass(frozen=True, kw_only=True)
class Steadied:
    """A source that was written anew."""

    path: Path
    shifts: tuple[str, ...]
    """For each run of its old clock what was added to its times, in seconds, as fractions."""


async def steady(
    source: Path, folder: Path, *, toolbox: Toolbox, shifts: Sequence[str] = (), name: str = STEADY_FILE
) -> Steadied | None:
    """
    Write a source into `folder` with one clock and one kind of sound; None: it is good as it is.

    Reads it once; then once more to write it, and a third time to compare it with what was written. `shifts` are those
    of another file that jumps where this one does. What cannot be read is left for the probe to refuse. May run twice.

    Raises:
        EncodeFailed: the demuxer crashed on it.
        OutputInvalid: its clock starts anew, and its streams cannot be written with one clock, whole and in step.
        StorageFull: the disk is full.
        EncodeStalled: it took too long.
    """
    reading = await asyncio.to_thread(_reading, source)
    if reading is None:
        return None
    orders = probe_orders(toolbox) | {"target": name, "shifts": list(shifts)}
    orders["options"] |= reading | {"analyzeduration": str(ANALYZE_US)}
    limits = await asyncio.to_thread(_limits, source)
    answer = await ask_pyav("clock_jumps", orders, ("source", source), toolbox=toolbox, limits=limits, writes=folder)
    if answer.get("steady", True):
        return None
    found = answer.get("shifts")
    if not isinstance(found, list) or not (folder / name).exists():
        raise incomplete(folder, "a source whose clock starts anew cannot be written with one clock")
    if answer.get("wrong"):
        message = f"a source whose clock starts anew is not whole when it is written with one clock: {answer['wrong']}"
        raise OutputInvalid(message)
    return Steadied(path=folder / name, shifts=tuple(map(str, found)))


def _reading(source: Path) -> dict[str, str] | None:
    """Return with which options FFmpeg reads a source whose times may be wrong; None: they cannot be."""
    with source.open("rb") as file:
        head, size = file.read(12), source.stat().st_size
        if head.startswith(INDEXED):
            return None
        if head[4:8] not in MP4_BOXES or any(
            box == "moof" for box, _, _ in islice(walk_boxes(file, size), FIRST_BOXES)
        ):
            return {}
        # By its edit list, FFmpeg leaves out what is said to come later.
        return {"advanced_editlist": "0"} if longest_wait_s(file, size) > LONG_WAIT_S else None


def _limits(source: Path) -> RunLimits:
    size_bytes = source.stat().st_size
    # Sound that changes becomes plain samples: ten times as much, of a small part.
    return replace(copy_limits(size_bytes), file_size_bytes=20 * size_bytes + 64 * 1024 * 1024)
