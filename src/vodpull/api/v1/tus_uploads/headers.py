"""
The words of tus 1.0.0: what its headers say, and what a new upload is said to be. Pure.

Source: tus.io/protocols/resumable-upload, core and the extensions creation, creation-with-upload, termination, checksum
and expiration.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Protocol

from vodpull.errors import ParameterError
from vodpull.jobs.submission.file_and_video_names import MAX_FILE_NAME_CHARS
from vodpull.uploads.upload_and_ticket import Upload, UploadKind
from vodpull.wire_values import MD5_PATTERN, read_number

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
ALGORITHMS = ("sha1", "md5", "sha256")
CONTENT_TYPE = "application/offset+octet-stream"

CHECKSUM_MISMATCH = 460
"""The one status that only this protocol has."""

SERIES = "tus"
"""Of the one block that an upload of this protocol is."""

MAX_METADATA_CHARS = 8192
MAX_RESUME_ID_CHARS = 64

SUBJECTS = {
    UploadKind.VIDEO: "Vodpull-Video-Id",
    UploadKind.MATERIAL: "Vodpull-Material-Id",
    UploadKind.AUDIO: "Vodpull-Material-Id",
}
"""The header that names what an upload becomes."""

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, kw_only=True)
class Described:
    """What the metadata of a new upload say."""

    file_name: str
    kind: UploadKind = UploadKind.VIDEO
    template: str = ""
    watermark: str = ""
    captions: str = ""
    """A JSON list, as a source of a batch has."""
    categories: str = ""
    """As `NAME` or `PARENT/NAME`, a comma between."""
    resume_id: str = ""
    md5: str = ""
    sha256: str = ""


class Digest(Protocol):
    """What computes a digest."""

    def update(self, data: bytes, /) -> None:
        """Count bytes."""

    def digest(self) -> bytes:
        """Return what they come to."""


@dataclass(frozen=True, kw_only=True)
class Checksum:
    """A digest that a body must have."""

    algorithm: str
    value: bytes

    def new(self) -> Digest:
        """Return what computes it."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def read_metadata(text: str) -> dict[str, str]:
    """
    Return the pairs of `Upload-Metadata`.

    Raises:
        ParameterError: it is not of the form.
    """
    if len(text) > MAX_METADATA_CHARS:
        raise ParameterError(f"Upload-Metadata is longer than {MAX_METADATA_CHARS} characters", field="Upload-Metadata")
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = pair.partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except ValueError as error:
            raise ParameterError(f"the value of {name} is not base64 of UTF-8", field="Upload-Metadata") from error
    return found


def describe(metadata: Mapping[str, str]) -> Described:
    """
    Return what the metadata of a new upload say; what is not known is ignored.

    Raises:
        ParameterError: a value cannot be one; `field` names it.
    """
    kind = metadata.get("kind") or UploadKind.VIDEO
    if kind not in set(UploadKind):
        raise ParameterError(f"kind is one of {', '.join(UploadKind)}", field="kind")
    name = re.split(r"[/\\]", metadata.get("filename") or metadata.get("name") or "video.bin")[-1]
    name = "".join(filter(str.isprintable, name)).strip()
    if not name or len(name) > MAX_FILE_NAME_CHARS:
        raise ParameterError(f"filename has 1 to {MAX_FILE_NAME_CHARS} characters", field="filename")
    resume_id, md5, sha256 = (metadata.get(field, "") for field in ("resume_id", "md5", "sha256"))
    if len(resume_id) > MAX_RESUME_ID_CHARS or not resume_id.isprintable():
        raise ParameterError(f"resume_id has at most {MAX_RESUME_ID_CHARS} characters", field="resume_id")
    if md5 and not re.fullmatch(MD5_PATTERN, md5):
        raise ParameterError("md5 is not 32 hex digits", field="md5")
    if sha256 and not _SHA256.fullmatch(sha256):
        raise ParameterError("sha256 is not 64 hex digits", field="sha256")
    return Described(
        file_name=name,
        kind=UploadKind(kind),
        template=metadata.get("template", ""),
        watermark=metadata.get("watermark", ""),
        categories=metadata.get("categories", ""),
        captions=metadata.get("captions", ""),
        resume_id=resume_id,
        md5=md5.lower(),
        sha256=sha256.lower(),
    )


def read_size(text: str | None, name: str) -> int:
    """
    Return the number of a header.

    Raises:
        ParameterError: it is none.
    """
    number = read_number((text or "").strip())
    if number is None:
        raise ParameterError(f"{name} is not a number of bytes", field=name)
    return number


def read_checksum(text: str | None) -> Checksum | None:
    """
    Return the digest that `Upload-Checksum` names; None: there is none.

    Raises:
        ParameterError: it is of another algorithm, or cannot be read.
    """
    if text is None:
        return None
    algorithm, _, value = text.strip().partition(" ")
    if algorithm.lower() not in ALGORITHMS:
        raise ParameterError(f"Upload-Checksum is by none of {', '.join(ALGORITHMS)}", field="Upload-Checksum")
    try:
        return Checksum(algorithm=algorithm.lower(), value=base64.b64decode(value, validate=True))
    except ValueError as error:
        raise ParameterError("the value of Upload-Checksum is not base64", field="Upload-Checksum") from error


def headers_of(upload: Upload, *, offset: int) -> dict[str, str]:
    """Return what is said of an upload with every reply."""
    return {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(offset),
        "Upload-Length": str(upload.size_bytes or 0),
        "Upload-Expires": formatdate(upload.deadline_ms // 1000, usegmt=True),
        "Cache-Control": "no-store",
        SUBJECTS[upload.kind]: upload.subject_id,
    }
