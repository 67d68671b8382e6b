"""What is kept of batches and jobs, put into the shapes that the API answers with. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vodpull.api.v1.shapes import (
    BatchReply,
    DecisionReply,
    ErrorReply,
    FileReply,
    JobReply,
    NextTryReply,
    StageReply,
    TrackReply,
    WarningReply,
)
from vodpull.jobs.model import Asset, BatchView, Job, Stage, StoredFile
from vodpull.jobs.status.listing import StageTime

Times = dict[str, list[StageTime]]


def batch_reply(view: BatchView, times: Times, *, now_ms: int, files_url: str, brief: bool = False) -> BatchReply:
    """
    Return a batch as `/api/v1` shows it; `files_url` is what the paths of files are below.

    `brief` is for lists: without what would take most of a page, and is seldom looked at there.
    """
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
        jobs=[job_reply(job, times, now_ms=now_ms, files_url=files_url, brief=brief) for job in view.jobs],
    )


def job_reply(job: Job, times: Times, *, now_ms: int, files_url: str, brief: bool = False) -> JobReply:
    """Return a job as `/api/v1` shows it; `brief` as for a batch."""
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
        error=None if job.failure is None else ErrorReply(**vars(job.failure)),
        next_try=_next_try(job),
        decisions=[decision_reply(decision) for decision in job.decisions],
        timeline=stage_replies(times.get(job.job_id, [])),
        video_id=job.video_id,
        **_kept(job.asset, files_url),
        **_details(None if brief else job.asset, files_url),
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
        "md5": "" if asset is None else asset.md5,
        "sha256": "" if asset is None else asset.sha256,
        "warnings": [] if asset is None else [WarningReply(**vars(warning)) for warning in asset.warnings],
        "is_playable": bool(keys["playlist"]),
    }


def _details(asset: Asset | None, files_url: str) -> dict[str, Any]:
    """Return the members that tell of every file and track."""
    if asset is None:
        return {"files": [], "tracks": [], "proof": None}
    return {
        "files": [file_reply(file, asset.duration_s, url=files_url + file.key) for file in asset.files],
        "tracks": [TrackReply(**vars(track)) for track in asset.tracks],
        "proof": asset.proof,
    }


def _next_try(job: Job) -> NextTryReply | None:
    if not job.is_postponed or job.next_try is None:
        return None
    error = ErrorReply(**vars(job.next_try.failure))
    return NextTryReply(at_ms=job.next_try.at_ms, tries=job.next_try.tries, error=error)


def file_reply(file: StoredFile, duration_s: float, *, url: str) -> FileReply:
    """Return a file as `/api/v1` shows it."""
    return FileReply(
        clarity=file.clarity,
        width_px=file.width_px,
        height_px=file.height_px,
        bitrate_bps=file.bitrate_bps,
        size_bytes=file.playing_bytes(duration_s),
        path=file.key,
        url=url,
    )


def decision_reply(decision: Mapping[str, Any]) -> DecisionReply:
    """Return the reason of a definition; what earlier releases did not keep is empty."""
    unknown: dict[str, Any] = {"name": "", "max_bitrate_bps": 0, "codecs": [], "vmaf": None, "qualities": {}}
    return DecisionReply(**unknown | dict(decision))


def _speed(job: Job, elapsed_s: float) -> float | None:
    if job.stage is not Stage.FETCH or elapsed_s <= 0:
        return None
    return round(job.bytes_done / elapsed_s, 1)


def _eta(job: Job, elapsed_s: float) -> float | None:
    if job.is_final or job.percent <= 0:
        return None
    return round(elapsed_s * (100 - job.percent) / job.percent, 1)


def stage_replies(times: Sequence[StageTime]) -> list[StageReply]:
    """Return when each stage began, and how long it took."""
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
