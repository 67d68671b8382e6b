"""The shapes of batches and jobs: what `/api/v1` takes and what it answers with, as its document describes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from vodpull.api.v1.shapes import (
    DecisionReply,
    ErrorReply,
    FileReply,
    NewCaption,
    RequestShape,
    Shape,
    StageReply,
    TrackReply,
    WarningReply,
)
from vodpull.jobs.priorities import DEFAULT_PRIORITY
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.submission.pull_request_limits import MAX_ITEMS, MAX_SIDECARS, MAX_TRANS_NO_CHARS
from vodpull.url_limits import MAX_URL_CHARACTERS
from vodpull.wire_values import MD5_PATTERN, TEXT_PATTERN


class NewItem(RequestShape):
    """One source to ingest."""

    url: Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARACTERS, pattern=r"^[^\x00]+$")]
    """Where it is: http or https."""
    name: Annotated[str, Field(max_length=255, pattern=TEXT_PATTERN)] = ""
    """Label; default: the last part of the URL's path."""
    md5: Annotated[str, Field(pattern=f"^({MD5_PATTERN})?$")] = ""
    """Expected digest; empty: not checked."""
    captions: Annotated[list[NewCaption], Field(max_length=MAX_SIDECARS)] = Field(default=[])
    """Text tracks; one that cannot be used is left out with a warning, the video is published without it."""


MetadataKey = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00]+$")]


MetadataValue = Annotated[str, Field(max_length=500, pattern=TEXT_PATTERN)]


class NewBatch(RequestShape):
    """A batch to ingest."""

    items: Annotated[list[NewItem], Field(min_length=1, max_length=MAX_ITEMS)]
    """The sources, 1 to 50."""
    template: Annotated[str, Field(max_length=100)] = ""
    """`abr`, `original`; empty: the default of the service."""
    trans_no: Annotated[str, Field(max_length=MAX_TRANS_NO_CHARS, pattern=TEXT_PATTERN)] = ""
    """Your own id."""
    notify_url: Annotated[str, Field(max_length=MAX_URL_CHARACTERS, pattern=TEXT_PATTERN)] = ""
    """Where to post the final state; empty: nowhere."""
    metadata: Annotated[dict[MetadataKey, MetadataValue], Field(max_length=50)] = Field(default={})
    """Pairs of your own, up to 50, kept and returned as they are: keys up to 40 characters, values up to 500."""
    priority: Annotated[int, Field(ge=1, le=1000, strict=True)] = DEFAULT_PRIORITY
    """Lower goes first among the batches of the account."""
    separate: Annotated[bool, Field(strict=True)] = False
    """One notification per item instead of one for the batch."""
    fetch_ts: Annotated[bool, Field(strict=True)] = True
    """Fetch the segments of an HLS source, not only its playlist."""


class NextTryReply(Shape):
    """When a source that could not be fetched is asked again; `retry` does it now."""

    at_ms: int
    """Unix time in milliseconds."""
    tries: int
    """Tries in a row that brought nothing new."""
    error: ErrorReply
    """What the last of them failed with."""


class JobReply(Shape):
    """Where one job is. Its URLs bear no playback token: for those of a signed video, ask for its `playback`."""

    job_id: str
    """Its address is `/api/v1/jobs/<job_id>`."""
    batch_id: str
    """The batch that it belongs to."""
    position: int
    """Place in the batch, from 0."""
    deleted_at_ms: int | None
    """When its files were deleted; the rest tells what was."""
    file_name: str
    """The label that the client gave, or the last part of the URL's path."""
    url: str
    """The source, as requested."""
    attempt: int
    """From 1; each retry is a new one."""
    stage: Stage
    """Where it is; `done`, `failed` and `cancelled` are final."""
    percent: float
    """Of this stage."""
    bytes_done: int
    """Fetched so far."""
    bytes_total: int | None
    """Announced by the origin; None when unknown."""
    speed_bytes_per_s: float | None
    """While fetching: average since the stage began."""
    eta_s: float | None
    """Guess for the end of this stage; None when there is nothing to go by."""
    pull_status: int
    """Of the fetch: 1 under way, 2 succeeded, 3 failed; as on the wire."""
    cmd_status: int
    """Of the outputs: 1 under way, 2 succeeded, 3 failed; as on the wire."""
    error: ErrorReply | None
    """None unless it failed or was cancelled."""
    next_try: NextTryReply | None
    """Set while the job waits after a failure that may pass; it holds nothing meanwhile."""
    decisions: list[DecisionReply]
    """Why each definition is in the ladder or not. Empty in lists: read the batch for it."""
    timeline: list[StageReply]
    """When each stage began, in the order of time. Empty in lists: read the batch for it."""
    video_id: str
    """Of what is kept of the source."""
    duration_s: float | None
    """Of the video; None until it is known."""
    md5: str
    """Of the stored original; empty until it is stored."""
    sha256: str
    """Of the stored original; empty until it is stored."""
    files: list[FileReply]
    """The original first, then renditions by clarity. Empty in lists: read the batch for them."""
    is_playable: bool
    """`playlist` can be played: of a long video from its first minutes of encoding on, while it grows."""
    playlist: str
    """Path of the multivariant playlist below `/media/`; empty until there is something to play."""
    playlist_url: str
    """The same as a URL, for a player."""
    poster: str
    """Path of the poster below `/media/`; empty until it is published."""
    poster_url: str
    """The same as a URL."""
    storyboard: str
    """Path of the WebVTT index of preview pictures; empty until it is published."""
    tracks: list[TrackReply]
    """Of the source, in the order of the file; empty until it is measured, and in lists."""
    warnings: list[WarningReply]
    """What of the source is not published, and why."""
    storyboard_url: str
    """The same as a URL."""
    proof: dict[str, Any] | None
    """What of the renditions was compared with the source, and what was found; None until they are published, and in
    lists."""


class BatchReply(Shape):
    """Where one batch is."""

    batch_id: str
    """`taskId` of the wire contract."""
    trans_no: str
    """Your own id, or one that was made."""
    template: str
    """Of the outputs."""
    notify_url: str
    """Where the final state is posted; empty: nowhere."""
    metadata: dict[str, str]
    """The pairs that it was created with."""
    separate: bool
    """One notification per item instead of one for the batch."""
    priority: int
    """Lower goes first among the batches of the account."""
    created_at_ms: int
    """Unix time in milliseconds."""
    finished_at_ms: int | None
    """None while a job is under way."""
    is_final: bool
    """Every job is final."""
    jobs: list[JobReply]
    """In the order of the request."""


class BatchPage(Shape):
    """Batches, newest first."""

    batches: list[BatchReply]
    """Up to `limit` of them."""
    next_cursor: str
    """Give it as `cursor` for the next page; empty after the last one."""


State = Literal["running", "completed", "failed"]
"""`completed`: every job is final; `failed`: a job failed."""
