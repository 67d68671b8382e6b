"""A clip or a join as clients are told of it: where it is, and the video that it has become."""

from __future__ import annotations

from datetime import tzinfo
from enum import IntEnum
from typing import Any

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.errors import NotFound
from vodpull.jobs.states_and_codes import FINAL_STAGES, Stage
from vodpull.videos.deferred_calls import DeferredCall
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.library import find_video
from vodpull.videos.video import Video
from vodpull.videos.wire.shapes import video_info


class EditStatus(IntEnum):
    """Values of `status` (spec cloud-vod-videos §7)."""

    RUNNING = 1
    SUCCEEDED = 2
    FAILED = 3


_LEFT_OUT = frozenset({"createUser", "createTime"})


def edit_status(connection: sa.Connection, task: DeferredCall) -> EditStatus:
    """Return where an edit is, by its job; of one whose rows are gone, as it ended."""
    job = tables.job.c
    stage = connection.scalar(sa.select(job.stage).where(job.job_id == task.job_id))
    if stage is None:
        return EditStatus.FAILED if task.subject.get("outcome") == Stage.FAILED else EditStatus.SUCCEEDED
    if Stage(stage) not in FINAL_STAGES:
        return EditStatus.RUNNING
    return EditStatus.SUCCEEDED if stage == Stage.DONE else EditStatus.FAILED


def edit_info(connection: sa.Connection, task: DeferredCall, *, urls: FileUrls, zone: tzinfo) -> dict[str, Any]:
    """Return what `videoClipQuery` and `videoConcatQuery` tell of a task; `videoInfo` only while there is one."""
    status = edit_status(connection, task)
    told: dict[str, Any] = {
        "taskId": task.subject["batch_id"],
        "transNo": task.trans_no or "",
        "status": int(status),
    }
    video = _video(connection, task) if status is EditStatus.SUCCEEDED else None
    if video is None:
        return told
    record = video_info(video, urls=urls, zone=zone)
    return told | {"videoInfo": {name: value for name, value in record.items() if name not in _LEFT_OUT}}


def _video(connection: sa.Connection, task: DeferredCall) -> Video | None:
    try:
        return find_video(connection, task.subject["video_id"], account_id=task.account_id)
    except NotFound:  # it was deleted since
        return None
