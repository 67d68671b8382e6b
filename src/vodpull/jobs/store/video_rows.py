"""The row of a video as its job changes it: in the transaction that changes the job, so the two never disagree."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.accounts.stored_bytes import count_stored
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.jobs.model import Asset, Job
from vodpull.jobs.states_and_codes import EDITED, EncodeState, VideoState
from vodpull.jobs.submission.file_and_video_names import name_of_file


def video_row(account_id: str, job: Job, *, encodes: bool) -> dict[str, object]:
    """Return the row of the video of a job whose original has just been stored."""
    now, name, asset = now_ms(), name_of_file(job.file_name), job.asset
    assert asset is not None  # noqa: S101 - it has just been stored
    return {
        "video_id": job.video_id,
        "account_id": account_id,
        "job_id": job.job_id,
        "directory": job.directory,
        "name": name,
        "folded_name": name.casefold(),
        "description": "",
        "origin": int(job.origin),
        "state": int(VideoState.ENABLED),
        "encode_state": int(EncodeState.ENCODING if encodes else EncodeState.NOT_ENCODED),
        "publish_domain": "",
        "player_id": "",
        "playback": "",
        "duration_s": asset.duration_s,
        "size_bytes": sum(file.size_bytes for file in asset.files),
        "created_at_ms": job.created_at_ms,
        "uploaded_at_ms": now,
        "updated_at_ms": now,
    }


def keep_video(connection: sa.Connection, account_id: str, job: Job, *, encodes: bool) -> bool:
    """Make a job's stored original a video, or bring the one that it is up to date; return whether it is new."""
    row = video_row(account_id, job, encodes=encodes)
    if job.origin in EDITED:
        row["playback"] = _playback_of_edit(connection, job)
    size_bytes = int(str(row["size_bytes"]))
    if insert_new(connection, tables.video, row):
        count_stored(connection, account_id, size_bytes)
        return True
    resize_video(connection, job.job_id, size_bytes)
    changed = ("encode_state", "duration_s", "uploaded_at_ms", "updated_at_ms")
    mine = tables.video.c.job_id == job.job_id
    connection.execute(tables.video.update().where(mine).values({name: row[name] for name in changed}))
    return False


def _playback_of_edit(connection: sa.Connection, job: Job) -> str:
    """Return who may watch what was made of other videos, as its order says."""
    subject = connection.scalar(sa.select(tables.task.c.subject).where(tables.task.c.job_id == job.job_id))
    return str((subject or {}).get("playback", ""))


def resize_video(connection: sa.Connection, job_id: str, size_bytes: int) -> None:
    """Record how much the store holds of a job's video, if it has one."""
    video = tables.video
    row = connection.execute(sa.select(video.c.account_id, video.c.size_bytes).where(video.c.job_id == job_id)).first()
    if row is not None and row.size_bytes != size_bytes:
        count_stored(connection, row.account_id, size_bytes - int(row.size_bytes))
        connection.execute(video.update().where(video.c.job_id == job_id).values(size_bytes=size_bytes))


def set_encode_state(connection: sa.Connection, job_id: str, state: EncodeState, *, asset: Asset | None = None) -> None:
    """Record where the encode of a job's video is, if it has one by now."""
    values: dict[str, object] = {"encode_state": int(state), "updated_at_ms": now_ms()}
    if asset is not None:
        values["duration_s"] = asset.duration_s
        resize_video(connection, job_id, asset.size_bytes)
    connection.execute(tables.video.update().where(tables.video.c.job_id == job_id).values(values))


def forget_videos(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[str]:
    """Delete the videos whose jobs fit, with labels and keys, and return their ids; the files are others' to remove."""
    jobs = sa.select(tables.job.c.job_id).where(which)
    connection.execute(tables.material_use.delete().where(tables.material_use.c.job_id.in_(jobs)))
    video = tables.video.c
    found = sa.select(video.video_id, video.account_id, video.size_bytes).where(video.job_id.in_(jobs))
    rows = connection.execute(found).all()
    for row in rows:
        count_stored(connection, row.account_id, -int(row.size_bytes))
    ids = [row.video_id for row in rows]
    for table in (tables.video_category, tables.caption, tables.content_key, tables.video):
        connection.execute(table.delete().where(table.c.video_id.in_(ids)))
    return ids


def archive_again(connection: sa.Connection, job_id: str) -> None:
    """Let the manifest of a job be written anew, because its video or its files are others now."""
    mark = tables.job.c.archived_attempt
    # Each time another one, so that a manifest that is being written now does not count.
    again = sa.case((mark > 0, 0), else_=mark - 1)
    connection.execute(tables.job.update().where(tables.job.c.job_id == job_id).values(archived_attempt=again))
