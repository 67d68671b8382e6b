"""The shapes of replies, for the OpenAPI document and for `/api/v1`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from vodpull.jobs.model import BatchView, Job


class VideoFile(BaseModel):
    """One file of a video."""

    clarity: int
    serverType: int
    bitrate: int
    resolution: str
    fileSize: int
    fileUrl: str


class VideoInfo(BaseModel):
    """What is kept of a source."""

    videoId: str
    duration: int
    videoFileList: list[VideoFile]


class PullItemState(BaseModel):
    """One source of a task."""

    fileName: str
    fetchUrl: str
    md5: str
    pullStatus: int
    cmdStatus: int
    videoInfo: VideoInfo | None = None


class TaskState(BaseModel):
    """Where a task is."""

    taskId: str
    transNo: str
    timestamp: int | str
    status: int
    items: list[PullItemState]


class TaskIds(BaseModel):
    """The ids of an accepted task."""

    taskId: str
    tranNo: str
    transNo: str


class PullReply(BaseModel):
    """Reply of pullVideo; a failed call has no `data`."""

    code: int
    message: str
    data: TaskIds | None = None


class QueryReply(BaseModel):
    """Reply of pullVideoQuery; a failed call has no `data`."""

    code: int
    message: str
    data: TaskState | None = None


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    message: str
    fault: str
    retryable: bool
    remedy: str


class JobReply(BaseModel):
    """Where one job is."""

    model_config = ConfigDict(extra="forbid")

    job_id: str
    position: int
    file_name: str
    stage: str
    percent: float
    bytes_done: int
    bytes_total: int | None
    pull_status: int
    cmd_status: int
    error: JobError | None
    decisions: list[dict[str, Any]]
    playlist: str
    """Path of the multivariant playlist below `/media/`; empty until it is published."""
    poster: str


class BatchReply(BaseModel):
    """Where one batch is."""

    batch_id: str
    trans_no: str
    template: str
    is_final: bool
    jobs: list[JobReply]


def batch_reply(view: BatchView) -> dict[str, Any]:
    """Return a batch as `/api/v1` shows it."""
    return BatchReply(
        batch_id=view.batch.batch_id,
        trans_no=view.batch.trans_no,
        template=view.batch.template,
        is_final=view.is_final,
        jobs=[_job(job) for job in view.jobs],
    ).model_dump()


def _job(job: Job) -> JobReply:
    failure = job.failure
    return JobReply(
        job_id=job.job_id,
        position=job.position,
        file_name=job.file_name,
        stage=job.stage.value,
        percent=job.percent,
        bytes_done=job.bytes_done,
        bytes_total=job.bytes_total,
        pull_status=job.pull_status.value,
        cmd_status=job.cmd_status.value,
        error=None
        if failure is None
        else JobError(
            code=failure.code,
            message=failure.message,
            fault=failure.fault.value,
            retryable=failure.retryable,
            remedy=failure.remedy,
        ),
        decisions=list(job.decisions),
        playlist=job.asset.playlist_key if job.asset else "",
        poster=job.asset.poster_key if job.asset else "",
    )
