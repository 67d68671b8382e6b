"""What an upload is: a reservation of one key for one file, whoever sends it and by which protocol; plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import sqlalchemy as sa


class UploadKind(StrEnum):
    """What a file becomes; also the root of its key."""

    VIDEO = "video"
    MATERIAL = "material"
    AUDIO = "audio"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be reserved."""

    account_id: str
    access_key: str
    """Who asked; signs what is told of it."""
    kind: UploadKind
    file_name: str
    """A label with a suffix: hostile text, never a path."""
    resume_id: str = ""
    """While the upload is unfinished, the same one is the same upload; empty: it never is."""
    replaces: bool = False
    """A finished upload of this `resume_id` is begun again under its old key and id."""
    size_bytes: int | None = None
    """As announced; None: nothing was."""
    md5: str = ""
    sha256: str = ""
    """Digests that the file must have; empty: any."""
    options: Mapping[str, object] = field(default_factory=dict)
    """What is to become of it, in words of its kind: kept as JSON."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One reservation, and how far it is."""

    upload_id: str
    """32 hex characters; of a video also the folder of its files."""
    account_id: str
    access_key: str
    kind: UploadKind
    subject_id: str
    """Of the video, material or audio that it becomes."""
    key: str
    """Of the object that it becomes."""
    resume_id: str | None
    file_name: str
    options: Mapping[str, object]
    size_bytes: int | None
    """As announced; once it is complete, as it is."""
    md5: str
    sha256: str
    deadline_ms: int
    """Of its last token."""
    created_at_ms: int
    touched_at_ms: int
    """When something of it last arrived."""
    completed_at_ms: int | None = None
    completed_by: str = ""
    """The series of blocks that it was completed with."""
    hash: str = ""
    """Of the complete file, as the vendor's clients compute it."""

    @property
    def is_complete(self) -> bool:
        """Return True once the whole file has arrived."""
        return self.completed_at_ms is not None


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
