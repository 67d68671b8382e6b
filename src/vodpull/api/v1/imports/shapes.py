"""The shapes of `/api/v1/imports`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from vodpull.api.v1.shapes import ErrorReply, NewCaption, RequestShape, Shape
from vodpull.imports.entry_limits import (
    LAST_MS,
    MAX_CATEGORIES,
    MAX_CATEGORY,
    MAX_DESCRIPTION,
    MAX_DURATION_MS,
    MAX_NAME,
    MAX_REVISION,
    MAX_SIZE,
)
from vodpull.imports.import_states import EntryState, ImportState
from vodpull.imports.pace import MAX_PARALLEL, PARALLEL
from vodpull.jobs.store.caption_count_limit import MAX_CAPTIONS
from vodpull.url_limits import MAX_URL_CHARACTERS
from vodpull.wire_values import TEXT_PATTERN

Word = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[a-z_]+$")]
PlaceText = Annotated[str, Field(max_length=4096, pattern=TEXT_PATTERN)]
SecretText = Annotated[str, Field(max_length=4096, pattern=TEXT_PATTERN)]
Category = Annotated[str, Field(max_length=MAX_CATEGORY, pattern=TEXT_PATTERN)]
Line = Annotated[int, Field(ge=1, le=2**31 - 1)]
Url = Annotated[str, Field(max_length=MAX_URL_CHARACTERS, pattern=TEXT_PATTERN)]

MAX_ENTRIES = 500
"""In one request."""


class NewImport(RequestShape):
    """An import to begin."""

    kind: Annotated[str, Field(min_length=1, max_length=16)]
    """Where the library is: `cloud-vod`, or `list`, whose entries are sent to `/entries`; the documentation has all."""
    place: Annotated[dict[Word, PlaceText], Field(max_length=10)] = Field(default_factory=dict)
    """Where exactly; which members there are depends on the kind."""
    secret: Annotated[dict[Word, SecretText], Field(max_length=10)] = Field(default_factory=dict)
    """What opens it; kept sealed, and erased when the import ends."""
    template: Annotated[str, Field(max_length=100)] = ""
    """What is made of each video; empty: the default of the service."""
    parallel: Annotated[int, Field(ge=1, le=MAX_PARALLEL, strict=True)] = PARALLEL
    """Videos under way at the same time."""
    max_bytes_per_s: Annotated[int, Field(ge=0, le=10**12, strict=True)] = 0
    """Of all its downloads together; 0: as fast as they come."""
    dry_run: Annotated[bool, Field(strict=True)] = False
    """Stop when the list is whole; `start` goes on."""


class NewEntry(RequestShape):
    """One video of a list that is sent here."""

    origin_id: Annotated[str, Field(min_length=1, max_length=1024, pattern=TEXT_PATTERN)]
    """What it is known by elsewhere: it is brought once, however often it is listed."""
    url: Annotated[Url, Field(min_length=1)]
    """Where it is, as the sources of batches."""
    name: Annotated[str, Field(max_length=MAX_NAME, pattern=TEXT_PATTERN)] = ""
    """Empty: the last part of the URL's path."""
    video_id: Annotated[str | None, Field(pattern=r"^[0-9A-Fa-f]{32}$")] = None
    """The id that it keeps here; None: a new one."""
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION, pattern=TEXT_PATTERN)] = ""
    """For people."""
    categories: Annotated[list[Category], Field(max_length=MAX_CATEGORIES)] = Field(default_factory=list)
    """`parent/child`, or one alone; made where they are not there."""
    created_at_ms: Annotated[int | None, Field(ge=0, le=LAST_MS)] = None
    """When it was made; Unix time in milliseconds."""
    blocked: Annotated[bool, Field(strict=True)] = False
    """Nobody may play it."""
    playback: Literal["", "public", "signed"] = ""
    """`signed`: it plays for bearers of a token only; empty: as the account has it."""
    captions: Annotated[list[NewCaption], Field(max_length=MAX_CAPTIONS)] = Field(default_factory=list)
    """Text tracks."""
    poster_url: Url = ""
    """Where its picture is (JPEG, PNG or WebP, up to 16 MiB); empty: one of the film is taken."""
    size_bytes: Annotated[int | None, Field(ge=0, le=MAX_SIZE)] = None
    """Of the file, where that is known."""
    duration_ms: Annotated[int | None, Field(ge=0, le=MAX_DURATION_MS)] = None
    """Of the film, where that is known."""
    revision: Annotated[str, Field(max_length=MAX_REVISION, pattern=TEXT_PATTERN)] = ""
    """Another one when the file is another one: it is brought again then, into the same video."""
    line: Line | None = None
    """In the file that lists it, for the report."""


class NewBadLine(RequestShape):
    """A line of a list that is no video."""

    line: Line
    """From 1."""
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=TEXT_PATTERN)]
    """What is wrong with it."""


class NewEntries(RequestShape):
    """Some entries of a list."""

    entries: Annotated[list[NewEntry], Field(max_length=MAX_ENTRIES)] = Field(default_factory=list)
    """In the order of the list."""
    bad: Annotated[list[NewBadLine], Field(max_length=MAX_ENTRIES)] = Field(default_factory=list)
    """What else stood there: it is kept as `invalid`, for the report."""


class RetryOrder(RequestShape):
    """What an import needs to try again."""

    secret: Annotated[dict[Word, SecretText], Field(max_length=10)] = Field(default_factory=dict)
    """What opens the source, where it was erased."""


class TallyReply(Shape):
    """How much there is of one state."""

    entries: int
    """How many."""
    size_bytes: int
    """Of those whose size is known."""
    unsized: int
    """How many have no size before they are fetched."""
    duration_ms: int
    """Of those whose duration is known."""


class LeftReply(Shape):
    """What is still to come, by estimate."""

    entries: int
    """Waiting and under way."""
    size_bytes: int | None
    """Where some have no size, they count as the others on average; None: no size is known."""
    hours: float | None
    """By what the last jobs took here; None: there were none."""


class ImportReply(Shape):
    """An import, and how far it is."""

    import_id: str
    """Its address is `/api/v1/imports/<import_id>`."""
    kind: str
    """Where the library is."""
    place: dict[str, str]
    """Where exactly."""
    template: str
    """What is made of each video."""
    parallel: int
    """Videos under way at the same time."""
    max_bytes_per_s: int
    """Of all its downloads together; 0: as fast as they come."""
    state: ImportState
    """`listing`, `planned` (waits for `start`), `running`, `paused`, `done`, `failed` (no list) or `cancelled`."""
    is_listed: bool
    """The list is whole."""
    listed: int
    """Lines of the list so far."""
    counts: dict[EntryState, TallyReply]
    """By state: `waiting`, `running`, `done`, `exists` (here already), `failed`, `invalid` (no video)."""
    left: LeftReply
    """What is still to come."""
    fetched_bytes: int
    """What came over the network for its videos, bytes that came twice or in vain included."""
    needed_bytes: int
    """What of that is here: originals, and what has arrived of those under way."""
    error: ErrorReply | None
    """Why it failed or was paused, or what it tries again."""
    created_at_ms: int
    """Unix time in milliseconds."""
    started_at_ms: int | None
    """When the first video was begun."""
    finished_at_ms: int | None
    """When it ended."""


class ImportPage(Shape):
    """Imports, newest first."""

    imports: list[ImportReply]
    """Up to `limit` of them."""
    next_cursor: str
    """Of the next page; empty: there is none."""


class EntryReply(Shape):
    """One entry of a list."""

    number: int
    """Its place in the list, from 1."""
    line: int | None
    """In the file that lists it, where that was told."""
    origin_id: str
    """What it is known by elsewhere; empty: the line has none that counts."""
    name: str
    """Its name elsewhere."""
    state: EntryState
    """As in `counts` of the import."""
    size_bytes: int | None
    """Of the file: as the list tells it, and as it is once it is here."""
    video_id: str | None
    """Of the video here."""
    job_id: str | None
    """Of what brings it."""
    error: ErrorReply | None
    """Why it is not here."""
    fetched_bytes: int | None
    """What came over the network for it, once that is over."""
    warnings: list[str]
    """What of it was left out: a caption or a picture that cannot be read."""


class EntryPage(Shape):
    """Entries, in the order of the list."""

    entries: list[EntryReply]
    """Up to `limit` of them."""
    next_after: int | None
    """`after` of the next page; None: there is none."""
