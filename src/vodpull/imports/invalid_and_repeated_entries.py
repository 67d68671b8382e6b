"""Which lines of a list are invalid, and what becomes of the others; unreadable ones are found by `listers`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from vodpull.errors import Failure, ParameterError
from vodpull.imports.entries import BadEntry, Entry
from vodpull.imports.entry_limits import MAX_DESCRIPTION, MAX_NAME, MAX_ORIGIN_BYTES, MAX_REVISION
from vodpull.imports.import_rows import Brought
from vodpull.imports.import_states import EntryState, ListedEntry
from vodpull.url_limits import MAX_URL_CHARACTERS
from vodpull.wire_values import ID_PATTERN

_VIDEO_ID = re.compile(ID_PATTERN)

_NOTHING = Entry(origin_id="", url="")

REMEDY = "Correct this line of the list and import it again: what is here already is not brought twice."


def judge(
    items: Sequence[Entry | BadEntry],
    *,
    first: int,
    at_ms: int,
    known: AbstractSet[str],
    brought: Mapping[str, Brought],
) -> list[ListedEntry]:
    """
    Return the lines of a page as they are kept, with numbers from `first`.

    `known`: ids that the list had before; `brought`: what is here of them.
    """
    seen = set(known)
    listed = []
    for number, item in enumerate(items, first):
        reason = item.reason if isinstance(item, BadEntry) else _fault(item, seen)
        if isinstance(item, BadEntry) or reason:
            told = reason if item.line is None else f"line {item.line}: {reason}"
            failure = Failure.of(ParameterError(told, remedy=REMEDY))
            listed.append(_listed(_shortened(item), number, at_ms=at_ms, failure=failure))
            continue
        seen.add(item.origin_id)
        listed.append(_listed(_shortened(item), number, at_ms=at_ms, before=brought.get(item.origin_id)))
    return listed


def _fault(item: Entry, seen: AbstractSet[str]) -> str:
    """Return why a line cannot be brought; empty: it can."""
    texts = (item.origin_id, item.url, item.name, item.description, item.revision, item.poster_url or "")
    faults = {
        "it has no id": not item.origin_id,
        f"its id is longer than {MAX_ORIGIN_BYTES} bytes": len(item.origin_id.encode()) > MAX_ORIGIN_BYTES,
        f"its URL is longer than {MAX_URL_CHARACTERS} characters": len(item.url) > MAX_URL_CHARACTERS,
        "it contains a NUL": any("\x00" in text for text in texts),
        "its id comes twice in the list; the first one counts": item.origin_id in seen,
        "its video id is not 32 hexadecimal digits": bool(item.video_id)
        and not _VIDEO_ID.fullmatch((item.video_id or "").lower()),
    }
    return next((fault for fault, is_so in faults.items() if is_so), "")


def _shortened(item: Entry | BadEntry) -> Entry:
    if isinstance(item, BadEntry):
        return replace(_NOTHING, line=item.line)
    clean = {name: getattr(item, name).replace("\x00", "") for name in ("name", "description", "revision", "url")}
    poster_url = item.poster_url or ""
    return replace(
        item,
        poster_url=poster_url if 0 < len(poster_url) <= MAX_URL_CHARACTERS else None,
        poster_revision=item.poster_revision.replace("\x00", "")[:MAX_REVISION],
        name=clean["name"][:MAX_NAME],
        description=clean["description"][:MAX_DESCRIPTION],
        revision=clean["revision"][:MAX_REVISION],
        url=clean["url"][:MAX_URL_CHARACTERS],
        origin_id=item.origin_id.replace("\x00", "")[:MAX_ORIGIN_BYTES],
        video_id=item.video_id.lower()[:64] if item.video_id else None,
    )


def _listed(
    entry: Entry, number: int, *, at_ms: int, failure: Failure | None = None, before: Brought | None = None
) -> ListedEntry:
    exists = before is not None and before.revision == entry.revision
    mark = entry.poster_mark
    told_anew = before is not None and entry.news_after(before.told) is not None
    other_picture = before is not None and bool(mark) and f"-{mark}." not in before.poster_key
    state = EntryState.INVALID if failure else EntryState.EXISTS if exists else EntryState.WAITING
    return ListedEntry(
        number=number,
        origin_id="" if failure else entry.origin_id,
        revision=entry.revision,
        state=state,
        entry=entry,
        size_bytes=entry.size,
        duration_ms=entry.duration_ms,
        video_id=before.video_id if before else None,
        job_id=None,
        failure=failure,
        at_ms=at_ms,
        poster_due=exists and (other_picture or told_anew),
    )
