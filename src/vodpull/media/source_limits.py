"""
What a source may have at most: pixels, streams, and how many of its sounds and texts are published.

How many bytes it may have, and how many seconds its fetch may last, is in `fetch/transfer/limits.py`; how long the film
may be, the setting `max_duration_s`, is applied in `workflows/attempt/planning.py` and
`workflows/attempt/originals/edits.py`; the smallest picture that is encoded is in `plan/ladder.py`, which codecs and
containers are taken in `tools/accepted.py`.
"""

from __future__ import annotations

# 8K with room for the wider cinema form.
MAX_PIXELS = 8192 * 4320
MAX_STREAMS = 128

MAX_SOUNDS = 8
"""More sound tracks are left out."""

MAX_TEXTS = 32
"""More text tracks are left out."""
