"""
The bitrate of the busiest seconds of a picture: what a viewer's line and an encoder's buffer do not even out.

Part of probe.py, partial_probe.py and packet_survey.py; only PyAV and the standard library.
"""

from __future__ import annotations

from typing import Any

BUSIEST_S = 10.0
# More pictures are no film, and take memory.
MAX_INDEXED = 2_000_000


def indexed_bps(stream: Any) -> int | None:
    """Return the bitrate of the busiest time by an index that has every picture; None: there is none."""
    entries = stream.index_entries
    if not 0 < stream.frames <= MAX_INDEXED or len(entries) != stream.frames:
        return None
    return busiest_bps([(float(entry.timestamp * stream.time_base), entry.size) for entry in entries])


def busiest_bps(samples: list[tuple[float, int]]) -> int | None:
    """Return the bitrate of the busiest seconds of samples (seconds and bytes), or of all where they are fewer."""
    samples = sorted(samples)
    most = held = first = 0
    for time_s, size in samples:
        held += size
        while samples[first][0] <= time_s - BUSIEST_S:
            held -= samples[first][1]
            first += 1
        most = max(most, held)
    # The last sample lasts as long as the others.
    length_s = (samples[-1][0] - samples[0][0]) * len(samples) / (len(samples) - 1) if len(samples) > 1 else 0.0
    return round(most * 8 / min(length_s, BUSIEST_S)) if length_s > 0 else None
