"""What is kept of batches, jobs, events and deliveries, put into the shapes that the API answers with. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from vodpull.api.v1.shapes import (
    AttemptReply,
    BatchReply,
    DeliveryReply,
    ErrorReply,
    EventReply,
    FileReply,
    JobReply,
    NextTryReply,
    StageReply,
    TrackReply,
    WarningReply,
)
from vodpull.jobs.deliveries import Attempt, Delivery
from vodpull.jobs.events import Event
from vodpull.jobs.listing import StageTime
from vodpull.jobs.model import Asset, BatchView, Job, Stage, StoredFile

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
