"""Lists of videos in files, sent to an import of the kind `list`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from vodpull.imports.entries import BadEntry, Entry
from vodpull.wire_values import MAX_URL_CHARACTERS

if TYPE_CHECKING:
    from vodpull.client import Client

PER_CALL = 100
"""Lines of a file that are sent at once."""

LONGEST_ID = 1024
LEAST_TAG, LONGEST_TAG = 2, 35
"""Characters of a language."""


def _read_csv(content: BinaryIO) -> Iterator[Entry | BadEntry]:
    from vodpull.imports.listers.tables import read_csv

    return read_csv(content)


def _read_jsonl(content: BinaryIO) -> Iterator[Entry | BadEntry]:
    from vodpull.imports.listers.tables import read_jsonl

    return read_jsonl(content)


READERS = {"csv": _read_csv, "jsonl": _read_jsonl}


def send(client: Client, import_id: str, lines: Iterable[Entry | BadEntry]) -> None:
    """Send the lines of a list, some at a time."""
    left = iter(lines)
    while some := list(islice(left, PER_CALL)):
        sent = [_as_sent(line) for line in some]
        entries = [line for line in sent if "origin_id" in line]
        client.add_import_entries(import_id, entries, bad=[line for line in sent if "origin_id" not in line])


def _as_sent(line: Entry | BadEntry) -> dict[str, object]:
    """Return a line as the API takes it: what is too long is cut, what cannot be is told with its reason."""
    if isinstance(line, BadEntry):
        return {"line": line.line, "reason": line.reason[:500]}
    reason = ""
    if line.video_id and not re.fullmatch("[0-9A-Fa-f]{32}", line.video_id):
        reason = f"{line.origin_id}: its video_id is not 32 hexadecimal digits"
    if not 1 <= len(line.origin_id) <= LONGEST_ID:
        reason = f"its id is longer than {LONGEST_ID} characters"
    if reason:
        return {"line": 1, "reason": reason}
    captions = [asdict(each) | {"label": each.label[:100]} for each in line.captions[:20]]
    return {
        "origin_id": line.origin_id,
        "url": line.url,
        "name": line.name[:255],
        "video_id": line.video_id,
        "description": line.description[:5000],
        "categories": [name[:100] for name in line.categories[:50]],
        "created_at_ms": line.created_at,
        "blocked": line.blocked,
        "playback": line.playback,
        "captions": [each for each in captions if LEAST_TAG <= len(str(each["language"])) <= LONGEST_TAG],
        "poster_url": (line.poster_url or "")[:MAX_URL_CHARACTERS],
        "size_bytes": line.size,
        "duration_ms": line.duration_ms,
        "revision": line.revision[:500],
    }
