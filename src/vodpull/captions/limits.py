"""
How large a caption file may be, how many cues it may have, and how many of them a screen.

How many captions a video has: `caption_count_limit.py`; a request names: `jobs/submission/pull_request_limits.py`.
"""

from __future__ import annotations

MAX_BYTES = 8 * 1024 * 1024
"""The largest that typesetters make; what is spoken in two hours comes to a tenth of a megabyte."""

MAX_CUES = 20_000

MAX_CUE_CHARACTERS = 4000
"""Of one cue: two full screens."""

MAX_AT_ONCE = 200
"""No screen shows more; each one is in every segment that it is seen in."""
