"""How fast an import goes: videos at once, and what each of them may fetch in a second. Pure."""

from __future__ import annotations

PARALLEL, MAX_PARALLEL = 4, 50
"""Videos of one import under way at the same time: unless it says otherwise, and at most."""

LEAST_BYTES_PER_S = 16 * 1024
"""Below it an origin would take the connection for dead."""


def fetch_rate(max_bytes_per_s: int, parallel: int) -> int:
    """Return the bytes per second of each job: an even share, so that all together keep to the limit; 0: no limit."""
    return max_bytes_per_s and max(LEAST_BYTES_PER_S, max_bytes_per_s // parallel)
