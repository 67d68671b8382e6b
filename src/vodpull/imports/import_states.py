"""An import as plain values: what was asked, where it is, and each entry of its list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from vodpull.errors import Failure
from vodpull.imports.entries import Entry
from vodpull.imports.pace import PARALLEL


class ImportState(StrEnum):
    """Where an import is."""

    LISTING = "listing"
    """Pages of the list arrive."""
    PLANNED = "planned"
    """The list is whole, and nothing is brought before somebody says so."""
    RUNNING = "running"
    PAUSED = "paused"
    """Nothing new is begun; what is under way ends. `failure` says why, unless somebody asked for it."""
    DONE = "done"
    """Nothing is left to bring; some entries may have failed."""
    FAILED = "failed"
    """The list could not be read; `failure` says why."""
    CANCELLED = "cancelled"


ENDED = frozenset({ImportState.DONE, ImportState.FAILED, ImportState.CANCELLED})


class EntryState(StrEnum):
    """Where one entry is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    EXISTS = "exists"
    """It is here already, unchanged."""
    FAILED = "failed"
    """It was not brought; `failure` says why."""
    INVALID = "invalid"
    """The list has something there that is no video; `failure` says what."""


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """How an import is carried out; survives a round trip through JSON."""

    template: str = ""
    """Empty: the default of the installation."""
    parallel: int = PARALLEL
    """Videos under way at the same time."""
    max_bytes_per_s: int = 0
    """Of all its downloads together; 0: as fast as they come."""
    dry_run: bool = False
    """Stop when the list is whole."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """One import of an account."""

    import_id: str
    account_id: str
    access_key: str
    """Who asked for it."""
    kind: str
    source: str
    """64 hex characters: the same for the same library, whoever reads it how."""
    place: Mapping[str, str]
    """Where the library is; no secrets."""
    sealed_secret: str | None = field(repr=False, default=None)
    """What opens it; erased when the import ends."""
    options: ImportOptions
    state: ImportState
    cursor: str = ""
    """Where the list goes on."""
    is_listed: bool = False
    listed: int = 0
    """Entries of the list so far."""
    turn: int = 0
    """Number of the next step; an older one changes nothing."""
    tries: int = 0
    """Turns in a row that failed and may pass."""
    failure: Failure | None = None
    created_at_ms: int = 0
    started_at_ms: int | None = None
    """When the first entry was begun."""
    finished_at_ms: int | None = None

    @property
    def is_ended(self) -> bool:
        """Return True once nothing happens any more by itself."""
        return self.state in ENDED


@dataclass(frozen=True, kw_only=True)
class ListedEntry:
    """One entry of the list of an import."""

    number: int
    """From 1, in the order of the list."""
    origin_id: str
    """Empty: the list has none there."""
    revision: str
    state: EntryState
    entry: Entry
    size_bytes: int | None
    """None: unknown before it is fetched."""
    duration_ms: int | None
    video_id: str | None
    """Of the video here."""
    job_id: str | None
    failure: Failure | None
    at_ms: int
    """When its state changed last."""
    fetched_bytes: int | None = None
    """What came over the network for it; None: its job knows, if it has one."""
    warnings: tuple[str, ...] = ()
    """What of it was left out, in English."""
    poster_due: bool = False
    """Its video is here, and a picture of it is to come."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How much there is of one state."""

    entries: int = 0
    size_bytes: int = 0
    """Of those whose size is known."""
    unsized: int = 0
    """Entries whose size is not known."""
    duration_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Volume:
    """What an import has moved."""

    fetched_bytes: int
    """What came over the network, bytes that came twice or in vain included."""
    needed_bytes: int
    """What of it is here: the originals, and what has arrived of those under way."""


class Figures(NamedTuple):
    """How far an import is."""

    tallies: Mapping[EntryState, Tally]
    """Of states that an entry has."""
    volume: Volume
