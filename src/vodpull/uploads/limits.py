"""How large uploads and their blocks may be, how many, how long a token lasts: fixed figures, and the settings'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.uploads.upload_token import UploadKey

MAX_BLOCK_BYTES = 1024**3
MAX_BLOCKS = 100_000


@dataclass(frozen=True, kw_only=True)
class UploadTerms:
    """On what terms an installation takes files in."""

    key: UploadKey
    token_ms: int
    max_bytes: int
    most_open: int = 0
    """Unfinished uploads of one account; 0: any number."""
    check_quota: Callable[[sa.Connection, str, int], None] | None = None
    """Raises where an account may not store so many bytes more; None: every account may."""
    room_bytes: Callable[[], int | None] = lambda: None
    """What the store can take now; None: nobody knows."""
