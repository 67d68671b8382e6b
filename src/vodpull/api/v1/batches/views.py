"""Batches and jobs, put into the shapes that the API answers with. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from vodpull.api.v1.batches.shapes import BatchReply, JobReply, NextTryReply
from vodpull.api.v1.shapes import DecisionReply, ErrorReply, FileReply, StageReply, TrackReply, WarningReply
from vodpull.jobs.model import Asset, BatchView, Job, StoredFile
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.status.list_columns import BriefAsset, BriefBatch, BriefJob
from vodpull.jobs.status.listing import StageTime

Times = dict[str, list[StageTime]]


def batch_reply(view: BatchView, times: Times, *, now_ms: int, files_url: str) -> BatchReply:
    """Return a batch as `/api/v1` shows it; `files_url` is what the paths of files are below."""
    jobs = [job_reply(job, times, now_ms=now_ms, files_url=files_url) for job in view.jobs]
    return BatchReply(**_batch_members(view), jobs=jobs)


def job_reply(job: Job, times: Times, *, now_ms: int, files_url: str) -> JobReply:
    """Return a job as `/api/v1` shows it."""
    details = {
        "decisions": [decision_reply(decision) for decision in job.decisions],
        "timeline": stage_replies(times.get(job.job_id, [])),
        **_details(job.asset, files_url),
    }
    return JobReply(**_job_members(job, now_ms=now_ms, files_url=files_url), **details)


def batch_page_json(batches: Sequence[BriefBatch], next_cursor: str, *, now_ms: int, files_url: str) -> bytes:
    """Return a `BatchPage`, written without building it: that took four times as long as all the rest."""
    shown = [
        _batch_members(batch)
        | {"jobs": [_job_members(job, now_ms=now_ms, files_url=files_url) | _NOT_LISTED for job in batch.jobs]}
        for batch in batches
    ]
    return to_json({"batches": shown, "next_cursor": next_cursor})


_NOT_LISTED: dict[str, Any] = {"decisions": [], "timeline": [], "files": [], "tracks": [], "proof": None}
"""What would take most of a page, and is seldom looked at there."""


def _batch_members(view: BatchView | BriefBatch) -> dict[str, Any]:
    batch = view.batch
    return {
        "batch_id": batch.batch_id,
        "trans_no": batch.trans_no,
        "template": batch.template,
        "notify_url": batch.notify_url,
        "metadata": batch.metadata,
        "separate": batch.separate,
        "priority": batch.priority,
        "created_at_ms": batch.created_at_ms,
        "finished_at_ms": batch.finished_at_ms,
        "is_final": view.is_final,
    }


def _job_members(job: Job | BriefJob, *, now_ms: int, files_url: str) -> dict[str, Any]:
    """Return the members that lists have, too."""
    elapsed_s = max(0.0, (now_ms - job.stage_at_ms) / 1000)
    return {
        "job_id": job.job_id,
        "batch_id": job.batch_id,
        "position": job.position,
        "deleted_at_ms": job.deleted_at_ms,
        "file_name": job.file_name,
        "url": job.source_url,
        "attempt": job.attempt,
        "stage": job.stage,
        "percent": job.percent,
        "bytes_done": job.bytes_done,
        "bytes_total": job.bytes_total,
        "speed_bytes_per_s": _speed(job, elapsed_s),
        "eta_s": _eta(job, elapsed_s),
        "pull_status": job.pull_status,
        "cmd_status": job.cmd_status,
        "error": None if job.failure is None else ErrorReply(**vars(job.failure)),
        "next_try": _next_try(job),
        "video_id": job.video_id,
        **_kept(job.asset, files_url),
    }


def _kept(asset: Asset | BriefAsset | None, files_url: str) -> dict[str, Any]:
    """Return the members that tell of what is kept of a source."""
    if asset is None:
        return _NOTHING_KEPT
    playlist, poster, storyboard = asset.playlist_key, asset.poster_key, asset.storyboard_key
    return {
        "playlist": playlist,
        "poster": poster,
        "storyboard": storyboard,
        "playlist_url": files_url + playlist if playlist else "",
        "poster_url": files_url + poster if poster else "",
        "storyboard_url": files_url + storyboard if storyboard else "",
        "duration_s": asset.duration_s,
        "md5": asset.md5,
        "sha256": asset.sha256,
        "warnings": [WarningReply(**vars(warning)) for warning in asset.warnings],
        "is_playable": bool(playlist),
    }


_NOTHING_KEPT: dict[str, Any] = {
    **dict.fromkeys(("playlist", "poster", "storyboard", "playlist_url", "poster_url", "storyboard_url"), ""),
    "duration_s": None,
    "md5": "",
    "sha256": "",
    "warnings": [],
    "is_playable": False,
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


def _next_try(job: Job | BriefJob) -> NextTryReply | None:
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


def _speed(job: Job | BriefJob, elapsed_s: float) -> float | None:
    if job.stage != Stage.FETCH or elapsed_s <= 0:
        return None
    return round(job.bytes_done / elapsed_s, 1)


def _eta(job: Job | BriefJob, elapsed_s: float) -> float | None:
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
