"""
How alike two stretches of a film sound, and how far they lie apart in time. Pure; standard library only.

A confined child imports this file by its path, so it imports nothing of vodpull.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul, sub

# One value of an envelope.
HOP_S = 0.005
# Of 32768: below it is silence, for most ears and for every encoder.
SILENCE = 24.0
# Envelopes of the same sound, before and after an encoder, agree to 0.98.
SAME_SOUND = 0.75
BETTER_SOUND = 0.03
# Octaves between the mean frequencies of the same sound.
SAME_PITCH = 0.6
# Louder or quieter by so much (20 dB) is no down-mix.
SAME_VOLUME = 10.0


@dataclass(frozen=True, kw_only=True)
class SoundLikeness:
    """What a comparison of sound found."""

    late_s: float | None
    """How much later it is heard than it should; None: it is too even to tell, or silent."""
    wrong: str = ""
    """What differs, in English; empty: nothing."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A stretch of sound: for each hop how loud it is, and how much of it is high."""

    loud: Sequence[float]
    high: Sequence[float]

    @property
    def volume(self) -> float:
        """Mean loudness, of 32768."""
        return sum(self.loud) / max(1, len(self.loud))

    @property
    def pitch(self) -> float:
        """Twice the mean frequency over the sampling rate, about."""
        return sum(self.high) / max(sum(self.loud), 1e-9)


def envelope(samples: Sequence[int], *, rate_hz: int) -> Heard:
    """Return the envelope of samples of 16 bits."""
    hop = round(rate_hz * HOP_S)
    pieces = [samples[at : at + hop] for at in range(0, len(samples) - hop + 1, hop)]
    return Heard(
        loud=[sum(map(abs, piece)) / hop for piece in pieces],
        high=[sum(map(abs, map(sub, piece[1:], piece[:-1]))) / (hop - 1) for piece in pieces],
    )


def compare_tracks(
    heard: Sequence[Heard], source: Sequence[Heard | None], number: int, *, late_by: int, slack: int
) -> SoundLikeness:
    """Compare one of several tracks with the same one of the source, and with the others; None: it is not known."""
    expected = source[number]
    if expected is None:
        return SoundLikeness(late_s=None)
    own = compare_sounds(heard[number], expected, late_by=late_by, slack=slack)
    if own.wrong or own.late_s is None or len(source) == 1:
        return own
    fits = [_fit(heard[number], known, late_by=late_by, slack=slack) if known else 0.0 for known in source]
    best = max(range(len(fits)), key=fits.__getitem__)
    if fits[best] - fits[number] > BETTER_SOUND:
        return SoundLikeness(late_s=None, wrong=f"the sound is that of track {best + 1}")
    return own


def _fit(heard: Heard, source: Heard, *, late_by: int, slack: int) -> float:
    ours, theirs = [math.sqrt(value) for value in heard.loud], [math.sqrt(value) for value in source.loud]
    near = theirs[max(0, late_by - slack) : late_by + slack + len(ours)]
    return max(correlations(ours, near), default=0.0)


def compare_sounds(heard: Heard, source: Heard, *, late_by: int, slack: int) -> SoundLikeness:
    """
    Compare what is heard with a longer stretch of the source that begins `late_by` hops earlier, and ends later.

    Sound that is later or earlier by up to `slack` hops is in step.
    """
    own = Heard(loud=source.loud[late_by : late_by + len(heard.loud)], high=source.high[late_by:][: len(heard.high)])
    silent = own.volume < SILENCE, heard.volume < SILENCE
    if all(silent):
        return SoundLikeness(late_s=None)
    if not 1 / SAME_VOLUME < (heard.volume + 1) / (own.volume + 1) < SAME_VOLUME:
        what = "silent" if heard.volume < own.volume else "far too loud"
        return SoundLikeness(late_s=None, wrong=f"the sound is {what}")
    if abs(math.log2((heard.pitch + 0.01) / (own.pitch + 0.01))) > SAME_PITCH:
        return SoundLikeness(late_s=None, wrong="another sound is heard")
    return _timed(heard, source, late_by=late_by, slack=slack)


def _timed(heard: Heard, source: Heard, *, late_by: int, slack: int) -> SoundLikeness:
    ours, theirs = [math.sqrt(value) for value in heard.loud], [math.sqrt(value) for value in source.loud]
    if _unevenness(theirs[late_by : late_by + len(ours)]) < 0.1:  # noqa: PLR2004 - a steady tone has 0.02
        return SoundLikeness(late_s=None)
    alike = correlations(ours, theirs)
    first = max(0, late_by - slack)
    expected, best = max(alike[first : late_by + slack + 1]), max(alike)
    late_s = (late_by - alike.index(best)) * HOP_S
    if best - expected > BETTER_SOUND and best > SAME_SOUND:
        return SoundLikeness(late_s=late_s, wrong=f"the sound is {1000 * late_s:+.0f} ms late")
    if expected < SAME_SOUND:
        return SoundLikeness(late_s=None, wrong="another sound is heard")
    near = max(range(first, min(late_by + slack + 1, len(alike))), key=alike.__getitem__)
    return SoundLikeness(late_s=(late_by - near) * HOP_S)


def _unevenness(values: Sequence[float]) -> float:
    middle = sum(values) / len(values)
    return math.sqrt(sum((value - middle) ** 2 for value in values) / len(values)) / max(middle, 1e-9)


def correlations(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """Return Pearson's coefficient with each stretch of the other of its length; 0 where one of both does not vary."""
    if not one:
        return []
    number, total = len(one), sum(one)
    spread = _spread(number, total, sum(map(mul, one, one)))
    # Of a stretch of the other, the sum is the difference of two of these.
    totals, squares = [0.0, *accumulate(other)], [0.0, *accumulate(map(mul, other, other))]
    found = []
    for start in range(len(other) - number + 1):
        stop = start + number
        total_other = totals[stop] - totals[start]
        spreads = spread * _spread(number, total_other, squares[stop] - squares[start])
        product: float = sum(map(mul, one, other[start:stop]))
        found.append((product - total * total_other / number) / math.sqrt(spreads) if spreads else 0.0)
    return found


def _spread(number: int, total: float, squares: float) -> float:
    return max(0.0, squares - total * total / number)
