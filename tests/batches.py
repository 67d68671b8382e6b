"""Batches as a service would tell of them."""

from __future__ import annotations

from typing import Any

from vodpull.client import Batch, Job

JOB: dict[str, Any] = {
    "job_id": "1",
    "position": 0,
    "file_name": "clip.mp4",
    "url": "https://example.com/clip.mp4",
    "attempt": 1,
    "stage": "fetch",
    "percent": 0.0,
    "bytes_done": 0,
    "bytes_total": None,
    "speed_bytes_per_s": None,
    "eta_s": None,
    "pull_status": 1,
    "cmd_status": 1,
    "error": None,
    "decisions": (),
    "timeline": (),
    "video_id": "",
    "duration_s": None,
    "md5": "",
    "sha256": "",
    "files": (),
    "is_playable": False,
    "playlist": "",
    "poster": "",
    "storyboard": "",
    "tracks": [],
    "warnings": [],
    "proof": None,
    "playlist_url": "",
    "poster_url": "",
    "storyboard_url": "",
    "batch_id": "b",
    "next_try": None,
}

BATCH: dict[str, Any] = {
    "batch_id": "b",
    "trans_no": "",
    "template": "abr",
    "notify_url": "",
    "separate": False,
    "priority": 100,
    "created_at_ms": 1_700_000_000_000,
    "finished_at_ms": None,
    "metadata": {},
}


def job_of(**fields: Any) -> Job:
    return Job(**JOB | fields)


def batch_of(*jobs: Job) -> Batch:
    return Batch(**BATCH, is_final=all(job.is_final for job in jobs), jobs=jobs)


def batch_json(stage: str = "fetch", **fields: Any) -> dict[str, Any]:
    return {**BATCH, "is_final": stage == "done", "jobs": [{**JOB, "stage": stage}], **fields}
