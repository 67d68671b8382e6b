"""What a half-fetched file is and which bytes of it are here, written down beside it so that a crash keeps them."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import yarl

from vodpull.atomic import flush
from vodpull.fetch.partfile.byte_ranges import ByteRanges, Span
from vodpull.fetch.partfile.disk_errors import disk_errors

_VERSION = 1
# What a killed process loses at most; each note in the journal costs a flush of the file.
_INTERVAL_S = 2.0
# Bytes after which the file is flushed before that, so that little is left to flush when the last byte is here.
_INTERVAL_BYTES = 128 << 20


@dataclass(frozen=True, kw_only=True)
class OriginFacts:
    """What an origin said about a file."""

    final_url: str
    """Where the answer came from after redirects, without the query."""
    content_type: str
    etag: str
    """Perhaps empty or weak."""


@dataclass(frozen=True, kw_only=True)
class FileIdentity(OriginFacts):
    """Which bytes these are: as long as all of it is unchanged, a later answer may continue an earlier one."""

    source: str
    """Hash of the URL that was asked for; its query may carry a secret."""
    size_bytes: int
    validator: str
    """Strong ETag (in quotes), or an unambiguous Last-Modified; goes into If-Range."""


@dataclass(frozen=True, kw_only=True)
class JournalEntry:
    """What a journal promises: bytes of one identity that are on disk."""

    identity: FileIdentity
    spans: tuple[Span, ...]


class JournalClock:
    """Says when a file that grows is due for its next note in the journal."""

    def __init__(self) -> None:
        self._noted_s = time.monotonic()
        self._unnoted_bytes = 0

    def is_due(self, more_bytes: int) -> bool:
        """Count bytes that arrived, and tell whether to write now; then the next interval begins."""
        now_s = time.monotonic()
        self._unnoted_bytes += more_bytes
        if now_s - self._noted_s < _INTERVAL_S and self._unnoted_bytes < _INTERVAL_BYTES:
            return False
        self._noted_s, self._unnoted_bytes = now_s, 0
        return True


def name_source(url: yarl.URL) -> str:
    """Return what stands for a URL in a journal."""
    return hashlib.sha256(str(url).encode()).hexdigest()


def journal_of(target: Path) -> Path:
    """Return where the journal of a target is kept."""
    return target.with_name(target.name + ".journal")


def save(target: Path, identity: FileIdentity, spans: Sequence[Span]) -> None:
    """Replace the journal by one whose promises are flushed already; a power cut leaves this one or the older."""
    path = journal_of(target)
    fresh = path.with_name(path.name + ".new")
    text = json.dumps({"version": _VERSION, "identity": asdict(identity), "spans": list(spans)})
    with disk_errors():
        with fresh.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


def load(target: Path, part_size_bytes: int) -> JournalEntry | None:
    """Return what the journal promises; None if there is none, or none that fits a part file of this size."""
    try:
        content = json.loads(journal_of(target).read_bytes())
        entry = _parse(content)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    stops = [stop for _, stop in entry.spans]
    is_true = stops and max(stops) <= min(part_size_bytes, entry.identity.size_bytes)
    return entry if is_true else None


def remove(target: Path) -> None:
    """Take every promise back, for good; to be called before the bytes that were promised change."""
    path = journal_of(target)
    with disk_errors():
        path.with_name(path.name + ".new").unlink(missing_ok=True)
        if path.exists():
            path.unlink(missing_ok=True)
            flush(path.parent)


def _parse(content: Any) -> JournalEntry:
    if content["version"] != _VERSION:
        raise ValueError(content["version"])
    known = {field.name: content["identity"][field.name] for field in fields(FileIdentity)}
    if not all(isinstance(value, int if name == "size_bytes" else str) for name, value in known.items()):
        raise TypeError(known)
    spans = ByteRanges((int(start), int(stop)) for start, stop in content["spans"])
    if any(start < 0 for start, _ in spans.pairs()):
        raise ValueError(content["spans"])
    return JournalEntry(identity=FileIdentity(**known), spans=tuple(spans.pairs()))
