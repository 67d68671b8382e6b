"""
How long the chunks of a film are: runs of segments, each encoded alone. Pure.

What of clips and joins is encoded as one chunk, `edit/edit_plan.py` says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

# Below it, starting again after a crash costs less than the chunks do.
SINGLE_CHUNK_S = 40.0
# The first one is short, so that there is something to play early; the others are long enough that seeking and the
# pictures that are decoded only to get there stay a few percent of the work, and short enough that the last one holds
# nobody up for long. With these, two encoders end together with a film of a minute or two.
CHUNK_S = (4.0, 16.0, 24.0, 20.0)
# Less at the end is not worth a start of its own.
MIN_REST_S = 4.0
# Below it, three chunks of those lengths would leave one of two encoders idle for a third of the time.
EVEN_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A run of whole segments that one process encodes."""

    number: int
    """From 0."""
    first_frame: int
    """On the grid of the output."""
    frames: int


def plan_chunks(
    cuts: Sequence[int], frames_total: int, *, rate: Fraction, last_start: int, likely_s: float = 0.0
) -> tuple[Chunk, ...]:
    """
    Return the chunks of a film; a short one is one chunk, and none begins after frame `last_start`.

    Those of a film below a minute end together when two are encoded at a time.

    `last_start` is 0 for a source in which no place can be found again. `likely_s`: how long the whole is
    likely to be that this begins.
    """
    starts = [0]
    length = max(frames_total, round(likely_s * rate))
    if length > SINGLE_CHUNK_S * rate:
        lengths_s = CHUNK_S if length >= EVEN_S * rate else _even_lengths_s(cuts, frames_total, rate)
        for cut in cuts:
            if cut - starts[-1] >= _length_s(len(starts) - 1, lengths_s) * rate and cut <= last_start:
                starts.append(cut)
    # A rest that is too short joins the one before.
    if len(starts) > 1 and frames_total - starts[-1] < MIN_REST_S * rate:
        starts.pop()
    ends = [*starts[1:], frames_total]
    return tuple(
        Chunk(number=number, first_frame=first, frames=end - first)
        for number, (first, end) in enumerate(zip(starts, ends, strict=True))
    )


def _length_s(number: int, lengths_s: Sequence[float]) -> float:
    """Return how long a chunk is at least; the last figure is that of all that follow."""
    return lengths_s[min(number, len(lengths_s) - 1)]


def _even_lengths_s(cuts: Sequence[int], frames_total: int, rate: Fraction) -> tuple[float, ...]:
    """Return how long the chunks of a film below a minute are at least, one after the other."""
    # The second one ends with the third, if that takes the place of the first: the nearest cut to the middle.
    half = float((frames_total - (cuts[1] if len(cuts) > 1 else 0)) / 2 / rate)
    return (CHUNK_S[0], half, math.inf)


def lasting_chunks(chunks: Sequence[Chunk], rate: Fraction, *, likely_s: float = 0.0) -> Sequence[Chunk]:
    """Return the chunks of a beginning that stay as they are if the whole is as long as is likely, or longer."""
    frames_total = chunks[-1].first_frame + chunks[-1].frames if chunks else 0
    is_long = max(frames_total, likely_s * rate) >= EVEN_S * rate
    return chunks[: -1 if is_long else 1] if len(chunks) > 1 else ()


def missing_share(chunks: Sequence[Chunk], rate: Fraction) -> float:
    """Return how much more of a beginning it takes until its last chunk stays as it is, as a share of what is here."""
    if not chunks:
        return 0.0
    last = chunks[-1]
    missing = (_length_s(last.number, CHUNK_S) + MIN_REST_S) * rate - last.frames
    return max(0.0, float(missing / (last.first_frame + last.frames)))
