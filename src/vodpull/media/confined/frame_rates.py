"""
Which constant frame rate shows all pictures of a source; a part of the confined children probe.py and packet_survey.py.

Only the standard library. What a rendition gets of it is decided in `plan/cuts/frame_rate.py`.
"""

from __future__ import annotations

import itertools
import statistics

# Cameras and broadcasters use these; odd measured rates are rounded up to one of them.
STANDARD_RATES = (1, 2, 5, 8, 10, 12, 15, 20, 24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60)


def average_rate(times_s: list[float], declared: float, nominal: float) -> float:
    """Return average frames per second: the container's word, unless it is faster than any frame that was seen."""
    if 0 < declared <= 1.02 * nominal:
        return declared
    span_s = times_s[-1] - times_s[0] if times_s else 0.0
    return (len(times_s) - 1) / span_s if span_s > 0 else nominal


def nominal_rate(times_s: list[float], declared: float, *, interlaced: bool) -> float:
    """
    Return the constant rate that shows every frame.

    Frames that are missing from a steady rhythm (phones drop some) do not lower it. A rhythm that is truly uneven is
    answered with the next standard rate above its fastest steps, so that no frame has to share a tick.
    """
    steps = sorted(after - before for before, after in itertools.pairwise(times_s) if after > before)
    if not steps:
        return declared if 1 <= declared <= 240 else 25.0  # noqa: PLR2004 - outside, a header is not to be believed
    median = statistics.median(steps)
    # Containers that count milliseconds are off by one tick to either side.
    slack = max(0.1 * median, 0.0021)
    single = [step for step in steps if abs(step - median) <= slack]
    in_rhythm = [step for step in steps if abs(step - round(step / median) * median) <= slack]
    if not single or len(in_rhythm) < 0.9 * len(steps):
        # The fastest twentieth may be jitter.
        fast = 1 / steps[len(steps) // 20]
        return next((standard for standard in STANDARD_RATES if standard >= 0.99 * fast), STANDARD_RATES[-1])
    rate = 1 / statistics.fmean(single)
    if interlaced and rate > 1.5 * declared:
        rate /= 2
    near = min(STANDARD_RATES, key=lambda known: abs(rate - known))
    # So near is no coincidence; what is declared may be an average, over gaps or a length that is not the picture's.
    if abs(rate - near) <= 0.0001 * rate:
        return near
    # A declared rate that agrees is exact, the measured one is rounded by the container's clock.
    return next((known for known in (declared, near) if abs(rate - known) <= 0.003 * rate), rate)
