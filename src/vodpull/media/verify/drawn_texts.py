"""What is drawn into a film as text, drawn once more without the film: what a proof expects to see."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vodpull.errors import OutputInvalid
from vodpull.media.encode.chunk import burnt_in_beside, encode_limits
from vodpull.media.encode.filters import draw
from vodpull.media.plan.encode_plan import EncodePlan
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.outcome import check
from vodpull.media.tools.run import run
from vodpull.media.tools.sandbox import Toolbox

# Nine points in each cell of a fingerprint.
COLUMNS, ROWS = 96, 54
_FILE = "texts.rgba"


@dataclass(frozen=True, kw_only=True)
class DrawnTexts:
    """Small pictures of some frames of a film, with nothing but its text."""

    path: Path
    order: dict[str, Any]
    """What the pictures are, for the child that reads them."""


async def draw_texts(plan: EncodePlan, numbers: Sequence[int], folder: Path, *, toolbox: Toolbox) -> DrawnTexts:
    """
    Draw the text of a plan at these frames, in order, into a folder of their own.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: it took too long.
        OutputInvalid: it did not draw what was asked for.
    """
    with burnt_in_beside(plan, folder):
        finished = await run(
            build_texts_argv(plan, numbers), toolbox=toolbox, reads={}, writes=folder, limits=encode_limits(plan)
        )
    check(finished, "drawing the text")
    path = folder / _FILE
    if await asyncio.to_thread(_size, path) != 4 * COLUMNS * ROWS * len(numbers):
        raise OutputInvalid("FFmpeg did not draw the text of every instant")
    return DrawnTexts(path=path, order={"numbers": list(numbers), "columns": COLUMNS, "rows": ROWS})


def _size(path: Path) -> int:
    return path.stat().st_size


def build_texts_argv(plan: EncodePlan, numbers: Sequence[int]) -> list[str]:
    """Return the FFmpeg command: writes into the working folder, where the script is. Pure."""
    assert plan.text is not None  # noqa: S101 - nobody asks otherwise
    # Looks are made for the largest picture; the smallest is drawn faster, and alike.
    largest, smallest = plan.rungs[0].rung, plan.rungs[-1].rung
    chosen = "+".join(f"between(n,{first},{last})" for first, last in _runs(numbers))
    steps = [
        f"color=c=black@0:s={smallest.width_px}x{smallest.height_px}:r={plan.rate}",
        "format=rgba",
        f"trim=end_frame={plan.frames_total}",
        f"select='{chosen}'",
        draw(plan.text, (largest.width_px, largest.height_px), alpha=True),
        f"scale=w={COLUMNS}:h={ROWS}:flags=area",
        "format=rgba[t]",
    ]
    return [
        *ffmpeg_options.global_flags(),
        *("-filter_complex_threads", "1", "-filter_complex", ",".join(steps), "-map", "[t]"),
        *("-fps_mode", "passthrough", "-f", "rawvideo", f"file:{_FILE}"),
    ]


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and the last of each stretch of numbers that follow each other."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs
