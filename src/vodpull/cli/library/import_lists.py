"""Lists of videos in files, sent to an import of the kind `list`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, BinaryIO

from vodpull.imports.entries import BadEntry, Entry

if TYPE_CHECKING:
    from vodpull.client import Client

PER_CALL, MAX_CHARACTERS = 500, 1_000_000
"""Lines of a file that are sent at once, and what they may have together as JSON: the service takes two megabytes."""


Line = dict[str, Any]


def _read_csv(content: BinaryIO) -> Iterator[Entry | BadEntry]:
    from vodpull.imports.listers.csv_and_jsonl import read_csv

    return read_csv(content)


def _read_jsonl(content: BinaryIO) -> Iterator[Entry | BadEntry]:
    from vodpull.imports.listers.csv_and_jsonl import read_jsonl

    return read_jsonl(content)


READERS = {"csv": _read_csv, "jsonl": _read_jsonl}


def send(client: Client, import_id: str, lines: Iterable[Entry | BadEntry]) -> None:
    """Send the lines of a list, some at a time."""
    for some in together(map(as_sent, lines)):
        entries = [line for line in some if "origin_id" in line]
        client.add_import_entries(import_id, entries, bad=[line for line in some if "origin_id" not in line])


def together(sent: Iterable[Line]) -> Iterator[list[Line]]:
    """Give lines in lists that one call can take."""
    some: list[Line] = []
    characters = 0
    for line in sent:
        longer = len(json.dumps(line))
        if some and (len(some) == PER_CALL or characters + longer > MAX_CHARACTERS):
            yield some
            some, characters = [], 0
        some.append(line)
        characters += longer
    if some:
        yield some


def as_sent(line: Entry | BadEntry) -> Line:
    """Return a line as the API takes it."""
    if isinstance(line, BadEntry):
        return {"line": line.line, "reason": line.reason[:500]}
    return {
        "origin_id": line.origin_id,
        "url": line.url,
        "name": line.name,
        "video_id": line.video_id,
        "description": line.description,
        "categories": list(line.categories),
        "created_at_ms": line.created_at,
        "blocked": line.blocked,
        "playback": line.playback,
        "captions": [asdict(each) for each in line.captions],
        "poster_url": line.poster_url or "",
        "size_bytes": line.size,
        "duration_ms": line.duration_ms,
        "revision": line.revision,
        "line": line.line,
    }
