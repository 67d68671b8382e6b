"""The shapes of `/api/v1`, and batches, events and deliveries turned into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vodpull.errors import Fault
from vodpull.jobs.deliveries import Attempt, Delivery, DeliveryState
from vodpull.jobs.events import Event, EventKind
from vodpull.jobs.listing import StageTime
from vodpull.jobs.model import DEFAULT_PRIORITY, MAX_ITEMS, Asset, BatchView, Job, Stage, StoredFile


class _Shape(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class _Request(_Shape):
    model_config = ConfigDict(extra="forbid")


class NewItem(_Request):
    """One source to ingest."""

    url: Annotated[str, Field(min_length=1, max_length=8192, pattern=r"^[^\x00]+$")]
    """Where it is: http or https."""
    name: Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*$")] = ""
    """Label; default: the last part of the URL's path."""
    md5: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{32})?$")] = ""
    """Expected digest; empty: not checked."""


MetadataKey = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00]+$")]
MetadataValue = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]


class NewBatch(_Request):
    """A batch to ingest."""

    items: Annotated[list[NewItem], Field(min_length=1, max_length=MAX_ITEMS)]
    """The sources, 1 to 50."""
    template: Annotated[str, Field(max_length=100)] = ""
    """`abr`, `original`; empty: the default of the service."""
    trans_no: Annotated[str, Field(max_length=32, pattern=r"^[^\x00]*$")] = ""
    """Your own id."""
    notify_url: Annotated[str, Field(max_length=8192, pattern=r"^[^\x00]*$")] = ""
    """Where to post the final state; empty: nowhere."""
    metadata: Annotated[dict[MetadataKey, MetadataValue], Field(max_length=50)] = {}
    """Pairs of your own, up to 50, kept and returned as they are: keys up to 40 characters, values up to 500."""
    priority: Annotated[int, Field(ge=1, le=1000, strict=True)] = DEFAULT_PRIORITY
    """Lower goes first among the batches of the account."""
    separate: Annotated[bool, Field(strict=True)] = False
    """One notification per item instead of one for the batch."""
    fetch_ts: Annotated[bool, Field(strict=True)] = True
    """Fetch the segments of an HLS source, not only its playlist."""


class ErrorReply(_Shape):
    """Why a job failed; the codes are listed at `/api/v1/errors`."""

    code: str
    """Stable code from the catalogue."""
    message: str
    """What was wrong."""
    fault: Fault
    """Who has to act."""
    retryable: bool
    """It may pass by itself."""
    remedy: str
    """What to do."""
    stage: str
    """Where the job was."""
    origin_status: int | None
    """HTTP status of the origin, where that was the cause."""


class NextTryReply(_Shape):
    """When a source that could not be fetched is asked again; `retry` does it now."""

    at_ms: int
    """Unix time in milliseconds."""
    tries: int
    """Tries in a row that brought nothing new."""
    error: ErrorReply
    """What the last of them failed with."""


class StageReply(_Shape):
    """One entry of a job's timeline."""

    attempt: int
    """From 1; each retry is a new one."""
    stage: Stage
    """What was begun."""
    at_ms: int
    """Unix time in milliseconds."""
    duration_ms: int | None
    """Until the next stage; None for the one under way and for final ones."""


class FileReply(_Shape):
    """One stored file."""

    clarity: int
    """1 original, 2 LD, 3 SD, 4 HD, 5 FHD."""
    width_px: int
    """Of the picture as it is shown."""
    height_px: int
    """Of the picture as it is shown."""
    bitrate_bps: int
    """Average over the whole duration."""
    size_bytes: int
    """Of all that plays it: of a playlist, its segments."""
    path: str
    """Below `/media/`."""
    url: str
    """Where it can be played or downloaded."""


class TrackReply(_Shape):
    """One track of the source."""

    index: int
    """Number of the stream in the file."""
    kind: str
    """`video`, `audio`, `subtitle`, `data`, `attachment` or `unknown`."""
    codec: str
    """FFmpeg's name; `unknown` where it has none."""
    language: str | None
    """ISO 639-2, as far as the source says it."""
    used: bool
    """It is published."""
    reason: str
    """Why it is not: `not_published`, `cover`, `not_decodable`, `no_samples`, `second_picture`, `other_programme` or
    `too_many`; empty: it is."""


class WarningReply(_Shape):
    """Something of the source that a viewer misses."""

    code: str
    """`sound_missing`, `sound_left_out`, `picture_left_out`, `sound_cut` or `start_left_out`."""
    message: str
    """In English."""


class JobReply(_Shape):
    """Where one job is."""

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
    decisions: list[dict[str, Any]]
    """Why each definition is in the ladder or not."""
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
    """The original first, then renditions by clarity."""
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
    """Of the source, in the order of the file; empty until it is measured."""
    warnings: list[WarningReply]
    """What of the source is not published, and why."""
    storyboard_url: str
    """The same as a URL."""
    proof: dict[str, Any] | None
    """What of the renditions was compared with the source, and what was found; None until they are published."""


class BatchReply(_Shape):
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


class BatchPage(_Shape):
    """Batches, newest first."""

    batches: list[BatchReply]
    """Up to `limit` of them."""
    next_cursor: str
    """Give it as `cursor` for the next page; empty after the last one."""


class EventReply(_Shape):
    """One fact."""

    event_id: str
    """To acknowledge it by."""
    kind: EventKind
    """What happened."""
    batch_id: str
    """What it happened to."""
    position: int | None
    """Of the job; None: the whole batch."""
    created_at_ms: int
    """Unix time in milliseconds."""


class EventPage(_Shape):
    """Events that are not acknowledged yet, oldest first."""

    events: list[EventReply]
    """Again in every answer until they are acknowledged."""


class Acknowledgement(_Request):
    """Events that the client is done with."""

    event_ids: Annotated[list[Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]], Field(max_length=100)]
    """As `/api/v1/events` lists them."""


class Acknowledged(_Shape):
    """How many events were taken off the list."""

    acknowledged: int
    """Ids that are unknown or were acknowledged before do not count."""


class AttemptReply(_Shape):
    """One try of a delivery."""

    number: int
    """From 0."""
    at_ms: int
    """Unix time in milliseconds."""
    status: int | None
    """HTTP status of the receiver; None: no answer."""
    latency_ms: int
    """Until the answer."""
    error: str
    """Code of the catalogue; empty: received."""
    response_head: str
    """How the receiver's answer begins."""


class DeliveryReply(_Shape):
    """One notification with its attempts."""

    delivery_id: str
    """Sent as `webhook-id`."""
    position: int | None
    """Of the job that it tells of; None: the whole batch."""
    state: DeliveryState
    """Whether it arrived."""
    created_at_ms: int
    """Unix time in milliseconds."""
    attempts: list[AttemptReply]
    """In the order of time."""


class CatalogueEntry(_Shape):
    """One code of the error catalogue."""

    code: str
    """Never changes between releases."""
    fault: Fault
    """Who has to act."""
    retryable: bool
    """It may pass by itself."""
    meaning: str
    """What happened."""
    remedy: str
    """What to do."""


class ProblemReply(_Shape):
    """An error of `/api/v1` (RFC 9457)."""

    type: str
    """URN of the code."""
    title: str
    """Words of the HTTP status."""
    status: int
    """The HTTP status."""
    detail: str
    """What was wrong."""
    code: str
    """Stable code from the catalogue."""
    field: str | None
    """Member of the request at fault, where there is one."""
    remedy: str
    """What to do."""
    retryable: bool
    """It may pass by itself."""
    request_id: str
    """To find the call in the service's log."""


State = Literal["running", "completed", "failed"]
"""`completed`: every job is final; `failed`: a job failed."""

Times = dict[str, list[StageTime]]


def batch_reply(view: BatchView, times: Times, *, now_ms: int, files_url: str) -> BatchReply:
    """Return a batch as `/api/v1` shows it; `files_url` is what the paths of files are below."""
    batch = view.batch
    return BatchReply(
        batch_id=batch.batch_id,
        trans_no=batch.trans_no,
        template=batch.template,
        notify_url=batch.notify_url,
        metadata=batch.metadata,
        separate=batch.separate,
        priority=batch.priority,
        created_at_ms=batch.created_at_ms,
        finished_at_ms=batch.finished_at_ms,
        is_final=view.is_final,
        jobs=[job_reply(job, times, now_ms=now_ms, files_url=files_url) for job in view.jobs],
    )


def job_reply(job: Job, times: Times, *, now_ms: int, files_url: str) -> JobReply:
    """Return a job as `/api/v1` shows it."""
    elapsed_s = max(0.0, (now_ms - job.stage_at_ms) / 1000)
    return JobReply(
        job_id=job.job_id,
        batch_id=job.batch_id,
        position=job.position,
        deleted_at_ms=job.deleted_at_ms,
        file_name=job.file_name,
        url=job.source_url,
        attempt=job.attempt,
        stage=job.stage,
        percent=job.percent,
        bytes_done=job.bytes_done,
        bytes_total=job.bytes_total,
        speed_bytes_per_s=_speed(job, elapsed_s),
        eta_s=_eta(job, elapsed_s),
        pull_status=job.pull_status,
        cmd_status=job.cmd_status,
        error=None if job.failure is None else ErrorReply(**asdict(job.failure)),
        next_try=_next_try(job),
        decisions=list(job.decisions),
        timeline=_timeline(times.get(job.job_id, [])),
        video_id=job.video_id,
        **_kept(job.asset, files_url),
    )


def _kept(asset: Asset | None, files_url: str) -> dict[str, Any]:
    """Return the members that tell of what is kept of a source."""
    keys = {
        "playlist": "" if asset is None else asset.playlist_key,
        "poster": "" if asset is None else asset.poster_key,
        "storyboard": "" if asset is None else asset.storyboard_key,
    }
    return {
        **keys,
        **{f"{name}_url": files_url + key if key else "" for name, key in keys.items()},
        "duration_s": None if asset is None else asset.duration_s,
        "proof": None if asset is None else asset.proof,
        "md5": "" if asset is None else asset.md5,
        "sha256": "" if asset is None else asset.sha256,
        "files": [] if asset is None else [_file(file, asset.duration_s, files_url) for file in asset.files],
        "tracks": [] if asset is None else [TrackReply(**asdict(track)) for track in asset.tracks],
        "warnings": [] if asset is None else [WarningReply(**asdict(warning)) for warning in asset.warnings],
        "is_playable": bool(keys["playlist"]),
    }


def event_reply(event: Event) -> EventReply:
    """Return an event as `/api/v1` shows it."""
    return EventReply(
        event_id=event.event_id,
        kind=event.kind,
        batch_id=event.batch_id,
        position=event.position,
        created_at_ms=event.created_at_ms,
    )


def delivery_reply(delivery: Delivery, attempts: Sequence[Attempt]) -> DeliveryReply:
    """Return a delivery as `/api/v1` shows it."""
    return DeliveryReply(
        delivery_id=delivery.delivery_id,
        position=delivery.position,
        state=delivery.state,
        created_at_ms=delivery.created_at_ms,
        attempts=[AttemptReply(**asdict(attempt)) for attempt in attempts],
    )


def _next_try(job: Job) -> NextTryReply | None:
    if not job.is_postponed or job.next_try is None:
        return None
    error = ErrorReply(**asdict(job.next_try.failure))
    return NextTryReply(at_ms=job.next_try.at_ms, tries=job.next_try.tries, error=error)


def _file(file: StoredFile, duration_s: float, files_url: str) -> FileReply:
    return FileReply(
        clarity=file.clarity,
        width_px=file.width_px,
        height_px=file.height_px,
        bitrate_bps=file.bitrate_bps,
        size_bytes=file.playing_bytes(duration_s),
        path=file.key,
        url=files_url + file.key,
    )


def _speed(job: Job, elapsed_s: float) -> float | None:
    if job.stage is not Stage.FETCH or elapsed_s <= 0:
        return None
    return round(job.bytes_done / elapsed_s, 1)


def _eta(job: Job, elapsed_s: float) -> float | None:
    if job.is_final or job.percent <= 0:
        return None
    return round(elapsed_s * (100 - job.percent) / job.percent, 1)


def _timeline(times: list[StageTime]) -> list[StageReply]:
    following = [*times[1:], None]
    return [
        StageReply(
            attempt=time.attempt,
            stage=time.stage,
            at_ms=time.at_ms,
            duration_ms=None if after is None or after.attempt != time.attempt else after.at_ms - time.at_ms,
        )
        for time, after in zip(times, following, strict=False)
    ]
