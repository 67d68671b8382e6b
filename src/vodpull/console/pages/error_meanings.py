"""What an error of the catalogue means, as pages of tasks, videos and uploads say it."""

from __future__ import annotations

from vodpull.errors import catalogue

MEANINGS = {kind.code: (kind.__doc__ or "").strip().splitlines()[0] for kind in catalogue()}
"""What each code of the catalogue means, in one sentence."""
