"""The operations on whole libraries that come along from elsewhere. No network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from urllib.parse import quote, urlencode

from vodpull.client.batch_shapes import JobError
from vodpull.client.exchange import Flow
from vodpull.client.json_reading import read
from vodpull.client.operations.calls import ask, ask_file, get, post
from vodpull.client.operations.polling import wait_until_final

ENDED = frozenset({"planned", "paused", "done", "failed", "cancelled"})
"""States in which nothing happens by itself."""


class ImportOptions(TypedDict, total=False):
    """How an import is carried out; what is left out is the service's default."""

    template: str
    parallel: int
    max_bytes_per_s: int
    dry_run: bool


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is still to come, by estimate."""

    entries: int
    size_bytes: int | None
    hours: float | None


@dataclass(frozen=True, kw_only=True)
class Import:
    """An import, and how far it is."""

    import_id: str
    kind: str
    place: dict[str, str]
    template: str
    parallel: int
    max_bytes_per_s: int
    state: str
    """`listing`, `planned`, `running`, `paused`, `done`, `failed` or `cancelled`."""
    is_listed: bool
    listed: int
    counts: dict[str, dict[str, int]]
    """By state of entries."""
    left: Left
    fetched_bytes: int = 0
    """What came over the network, bytes that came twice or in vain included."""
    needed_bytes: int = 0
    """What of it is here."""
    error: JobError | None
    created_at_ms: int
    """Unix time in milliseconds."""
    started_at_ms: int | None
    finished_at_ms: int | None

    @property
    def is_final(self) -> bool:
        """Return True when nothing more happens by itself."""
        return self.state in ENDED

    def count(self, state: str) -> int:
        """Return how many entries are in a state: `waiting`, `running`, `done`, `exists`, `failed` or `invalid`."""
        return self.counts.get(state, {}).get("entries", 0)


@dataclass(frozen=True, kw_only=True)
class ImportPage:
    """Imports, newest first."""

    imports: tuple[Import, ...]
    next_cursor: str


@dataclass(frozen=True, kw_only=True)
class ImportEntry:
    """One entry of a list."""

    number: int
    origin_id: str
    name: str
    state: str
    size_bytes: int | None
    video_id: str | None
    job_id: str | None
    error: JobError | None
    line: int | None = None
    """In the file that lists it, where that was told."""
    fetched_bytes: int | None = None
    warnings: tuple[str, ...] = ()
    """What of it was left out."""


@dataclass(frozen=True, kw_only=True)
class ImportEntryPage:
    """Entries, in the order of the list."""

    entries: tuple[ImportEntry, ...]
    next_after: int | None
    """`after` of the next page; None: there is none."""


def create_import(
    kind: str,
    *,
    place: Mapping[str, str] | None = None,
    secret: Mapping[str, str] | None = None,
    **options: Unpack[ImportOptions],
) -> Flow[Import]:
    """Begin to bring a library along; `secret` is erased there when the import ends."""
    body = {"kind": kind, "place": dict(place or {}), "secret": dict(secret or {}), **options}
    return read(Import, (yield from ask(post("/imports", body))))


def list_imports(*, limit: int = 20, cursor: str = "") -> Flow[ImportPage]:
    """Return a page of the account's imports, newest first."""
    return read(ImportPage, (yield from ask(get(f"/imports?{urlencode({'limit': limit, 'cursor': cursor})}"))))


def get_import(import_id: str) -> Flow[Import]:
    """Return how far an import is."""
    return read(Import, (yield from ask(get(_import(import_id)))))


def add_import_entries(
    import_id: str, entries: Sequence[Mapping[str, Any]], *, bad: Sequence[Mapping[str, Any]] = ()
) -> Flow[Import]:
    """Add entries to an import of the kind `list`, up to 500; `bad` are lines that are no videos."""
    body = {"entries": [dict(entry) for entry in entries], "bad": [dict(line) for line in bad]}
    return read(Import, (yield from ask(post(f"{_import(import_id)}/entries", body))))


def start_import(import_id: str) -> Flow[Import]:
    """Bring what was planned."""
    return read(Import, (yield from ask(post(f"{_import(import_id)}/start"))))


def pause_import(import_id: str) -> Flow[Import]:
    """Begin nothing new; what is under way ends."""
    return read(Import, (yield from ask(post(f"{_import(import_id)}/pause"))))


def resume_import(import_id: str) -> Flow[Import]:
    """Go on where a pause began."""
    return read(Import, (yield from ask(post(f"{_import(import_id)}/resume"))))


def cancel_import(import_id: str) -> Flow[Import]:
    """End an import: what is under way is stopped, what is here stays."""
    return read(Import, (yield from ask(post(f"{_import(import_id)}/cancel"))))


def retry_import(import_id: str, *, secret: Mapping[str, str] | None = None) -> Flow[Import]:
    """Try again what failed; `secret` where it was erased."""
    return read(Import, (yield from ask(post(f"{_import(import_id)}/retry", {"secret": dict(secret or {})}))))


def import_entries(
    import_id: str, *, state: str = "", after: int = 0, limit: int = 100, warned: bool = False
) -> Flow[ImportEntryPage]:
    """Return entries in the order of the list, behind a number; `warned`: those of which something was left out."""
    asked: dict[str, Any] = {"after": after, "limit": limit}
    asked |= ({"state": state} if state else {}) | ({"warned": "true"} if warned else {})
    return read(ImportEntryPage, (yield from ask(get(f"{_import(import_id)}/entries?{urlencode(asked)}"))))


def import_map(import_id: str) -> Flow[bytes]:
    """Return what each id of elsewhere is here and where it plays, as CSV."""
    return (yield from ask_file(get(f"{_import(import_id)}/map.csv"), "text/csv"))


def wait_import(
    import_id: str, *, on_progress: Callable[[Import], object] | None = None, timeout_s: float = float("inf")
) -> Flow[Import]:
    """
    Return an import when nothing happens by itself any more: ended, planned or paused.

    Raises:
        TimeoutError: it goes on after `timeout_s` seconds, and does so all the same.
    """
    call, what = get(_import(import_id)), f"import {import_id}"
    return (yield from wait_until_final(Import, call, on_progress=on_progress, timeout_s=timeout_s, what=what))


def _import(import_id: str) -> str:
    return f"/imports/{quote(import_id, safe='')}"
