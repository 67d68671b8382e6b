"""How many captions a video may have, whatever brought them. What one may hold: `captions/limits.py`."""

from __future__ import annotations

MAX_CAPTIONS = 100
