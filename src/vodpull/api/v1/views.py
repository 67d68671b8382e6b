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
from vodpull.jobs.model import DEFAULT_PRIORITY, MAX_ITEMS, BatchView, Job, Stage


class NewItem(BaseModel):
    """One source to ingest."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=2048, pattern=r"^[^\x00]+$")]
    name: Annotated[str, Field(max_length=255, pattern=r"^[^\x00]*$")] = ""
    """Label; default: the last part of the URL's path."""
    md5: Annotated[str, Field(pattern=r"^([0-9a-fA-F]{32})?$")] = ""
    """Expected digest; empty: not checked."""


class NewBatch(BaseModel):
    """A batch to ingest."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[NewItem], Field(min_length=1, max_length=MAX_ITEMS)]
    template: Annotated[str, Field(max_length=100)] = ""
    """`abr`, `original`; empty: the default of the service."""
    trans_no: Annotated[str, Field(max_length=32, pattern=r"^[^\x00]*$")] = ""
    """Your own id."""
    notify_url: Annotated[str, Field(max_length=2048, pattern=r"^[^\x00]*$")] = ""
    priority: Annotated[int, Field(ge=1, le=1000, strict=True)] = DEFAULT_PRIORITY
    """Lower goes first among the batches of the account."""
    separate: Annotated[bool, Field(strict=True)] = False
    """One notification per item instead of one for the batch."""
    fetch_ts: Annotated[bool, Field(strict=True)] = True
    """Fetch the segments of an HLS source, not only its playlist."""


class ErrorReply(BaseModel):
    """Why a job failed; the codes are listed at `/api/v1/errors`."""

    code: str
    message: str
    fault: Fault
    retryable: bool
    remedy: str
    stage: str
    origin_status: int | None


class StageReply(BaseModel):
    """One entry of a job's timeline."""

    attempt: int
    stage: Stage
    at_ms: int
    """Unix time in milliseconds."""
    duration_ms: int | None
    """Until the next stage; None for the one under way and for final ones."""


class FileReply(BaseModel):
    """One stored file."""

    clarity: int
    width_px: int
    height_px: int
    bitrate_bps: int
    size_bytes: int
    path: str
    """Below `/media/`."""


class TrackReply(BaseModel):
    """One track of the source."""

    index: int
    kind: str
    """`video`, `audio`, `subtitle`, `data`, `attachment` or `unknown`."""
    codec: str
    language: str | None
    used: bool
    """It is published."""
    reason: str
    """Why it is not: `not_published`, `cover`, `not_decodable`, `no_samples`, `second_picture`, `other_programme` or
    `too_many`; empty: it is."""


class WarningReply(BaseModel):
    """Something of the source that a viewer misses."""

    code: str
    """`sound_missing`, `sound_left_out`, `picture_left_out`, `sound_cut` or `start_left_out`."""
    message: str


class JobReply(BaseModel):
    """Where one job is."""

    job_id: str
    position: int
    deleted_at_ms: int | None
    """When its files were deleted; the rest tells what was."""
    file_name: str
    url: str
    attempt: int
    stage: Stage
    percent: float
    """Of this stage."""
    bytes_done: int
    bytes_total: int | None
    speed_bytes_per_s: float | None
    """While fetching: average since the stage began."""
    eta_s: float | None
    """Guess for the end of this stage; None when there is nothing to go by."""
    pull_status: int
    cmd_status: int
    error: ErrorReply | None
    decisions: list[dict[str, Any]]
    """Why each definition is in the ladder or not."""
    timeline: list[StageReply]
    video_id: str
    duration_s: float | None
    md5: str
    """Of the stored original; empty until it is stored."""
    sha256: str
    files: list[FileReply]
    is_playable: bool
    """`playlist` can be played: of a long video from its first minutes of encoding on, while it grows."""
    playlist: str
    """Path of the multivariant playlist below `/media/`; empty until there is something to play."""
    poster: str
    storyboard: str
    """Path of the WebVTT index of preview pictures; empty until it is published."""
    tracks: list[TrackReply]
    """Of the source, in the order of the file; empty until it is measured."""
    warnings: list[WarningReply]
    """What of the source is not published, and why."""


class BatchReply(BaseModel):
    """Where one batch is."""

    batch_id: str
    trans_no: str
    template: str
    notify_url: str
    separate: bool
    priority: int
    created_at_ms: int
    finished_at_ms: int | None
    is_final: bool
    jobs: list[JobReply]


class BatchPage(BaseModel):
    """Batches, newest first."""

    batches: list[BatchReply]
    next_cursor: str
    """Give it as `cursor` for the next page; empty after the last one."""


class EventReply(BaseModel):
    """One fact."""

    event_id: str
    kind: EventKind
    batch_id: str
    position: int | None
    created_at_ms: int


class EventPage(BaseModel):
    """Events that are not acknowledged yet, oldest first."""

    events: list[EventReply]


class Acknowledgement(BaseModel):
    """Events that the client is done with."""

    model_config = ConfigDict(extra="forbid")

    event_ids: Annotated[list[Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]], Field(max_length=100)]


class Acknowledged(BaseModel):
    """How many events were taken off the list."""

    acknowledged: int


class AttemptReply(BaseModel):
    """One try of a delivery."""

    number: int
    at_ms: int
    status: int | None
    latency_ms: int
    error: str
    response_head: str


class DeliveryReply(BaseModel):
    """One notification with its attempts."""

    delivery_id: str
    position: int | None
    state: DeliveryState
    created_at_ms: int
    attempts: list[AttemptReply]


class CatalogueEntry(BaseModel):
    """One code of the error catalogue."""

    code: str
    fault: Fault
    retryable: bool
    meaning: str
    remedy: str


class ProblemReply(BaseModel):
    """An error of `/api/v1` (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None
    remedy: str
    retryable: bool
    request_id: str


State = Literal["running", "completed"]

Times = dict[str, list[StageTime]]


def batch_reply(view: BatchView, times: Times, *, now_ms: int) -> BatchReply:
    """Return a batch as `/api/v1` shows it."""
    batch = view.batch
    return BatchReply(
        batch_id=batch.batch_id,
        trans_no=batch.trans_no,
        template=batch.template,
        notify_url=batch.notify_url,
        separate=batch.separate,
        priority=batch.priority,
        created_at_ms=batch.created_at_ms,
        finished_at_ms=batch.finished_at_ms,
        is_final=view.is_final,
        jobs=[_job(job, times.get(job.job_id, []), now_ms=now_ms) for job in view.jobs],
    )


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


def _job(job: Job, times: list[StageTime], *, now_ms: int) -> JobReply:
    elapsed_s = max(0.0, (now_ms - job.stage_at_ms) / 1000)
    asset = job.asset
    return JobReply(
        job_id=job.job_id,
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
        decisions=list(job.decisions),
        timeline=_timeline(times),
        video_id=job.video_id,
        duration_s=None if asset is None else asset.duration_s,
        md5="" if asset is None else asset.md5,
        sha256="" if asset is None else asset.sha256,
        files=[] if asset is None else [_file(file) for file in map(asdict, asset.files)],
        is_playable=asset is not None and bool(asset.playlist_key),
        playlist="" if asset is None else asset.playlist_key,
        poster="" if asset is None else asset.poster_key,
        storyboard="" if asset is None else asset.storyboard_key,
        tracks=[] if asset is None else [TrackReply(**asdict(track)) for track in asset.tracks],
        warnings=[] if asset is None else [WarningReply(**asdict(warning)) for warning in asset.warnings],
    )


def _file(file: dict[str, Any]) -> FileReply:
    return FileReply(path=file["key"], **{name: file[name] for name in FileReply.model_fields if name != "path"})


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
