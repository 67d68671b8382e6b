"""What an upload may be, what a whole file becomes, and what a client may do with one upload: plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.uploads.model import Upload
from vodpull.uploads.upload_token import UploadKey

QUIET_MS = 60_000
"""After so long without a byte of an upload nobody follows it any more, until it goes on."""


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A file that has arrived whole."""

    size_bytes: int
    hash: str
    replaces: bool
    """There was another file under this key."""


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What a whole file of one kind becomes."""

    finish: Callable[[sa.Connection, Upload, Whole], None]
    """Makes it so, in the transaction that completes the upload; what it raises undoes all of it."""
    begin: Callable[[sa.Connection, Upload], None] | None = None
    """Is told when a file begins to arrive or goes on after a silence, in the transaction in which the bytes count."""
    is_stored: bool = False
    """The file lies under its key before `finish`; else its parts stay until whoever needs them has dropped them."""


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


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What somebody may do with one upload."""

    upload: Upload
    overwrite: bool
    """A complete file may be replaced."""
    max_bytes: int

    def is_closed_to(self, series: str) -> bool:
        """Return True when the file is complete, by another series, and stays as it is."""
        upload = self.upload
        return upload.is_complete and not self.overwrite and upload.completed_by != series
