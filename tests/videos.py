"""The video of the vectors, as a value and as rows of a test's database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import sqlalchemy as sa

from vodpull.accounts.access_keys import NewKey
from vodpull.clock import read_wire_time_ms
from vodpull.database import tables
from vodpull.database.ids import new_id
from vodpull.jobs.model import Asset, Batch, BatchView, Job, StoredFile
from vodpull.jobs.states_and_codes import Clarity, EncodeState, ServerType, Stage, WireStatus
from vodpull.jobs.store.store import Store
from vodpull.videos.library import Library
from vodpull.videos.video import Video

ZONE = timezone(timedelta(hours=8))
DIRECTORY = "0123456789abcdef0123456700000000"
VIDEO_ID = "0123456789abcdef0123456700000001"
FOLDER = f"pullvideo/202311/{DIRECTORY}"


def wire_ms(text: str) -> int:
    """Return a time of the vectors."""
    at_ms = read_wire_time_ms(text, ZONE)
    assert at_ms is not None
    return at_ms


def stored_file(clarity: Clarity, name: str, size_bytes: int, server_type: ServerType = ServerType.PC) -> StoredFile:
    """Return a file of the video."""
    return StoredFile(
        clarity=clarity,
        server_type=server_type,
        width_px=640,
        height_px=360,
        bitrate_bps=412_000,
        size_bytes=size_bytes,
        key=f"{FOLDER}/{name}",
    )


ORIGINAL = stored_file(Clarity.ORIGINAL, "b.mp4", 5_384_542, ServerType.SOURCE)
ASSET = Asset(
    video_id=VIDEO_ID,
    duration_s=105.2,
    files=(ORIGINAL, stored_file(Clarity.LD, f"{VIDEO_ID}-01.m3u8", 929)),
    playlist_key=f"{FOLDER}/{VIDEO_ID}.m3u8",
    poster_key=f"{FOLDER}/{VIDEO_ID}.jpg",
    attempt=1,
)
VIDEO = Video(
    video_id=VIDEO_ID,
    account_id="a" * 32,
    account="demo-account",
    name="clip-1",
    encode_state=EncodeState.ENCODED,
    created_at_ms=wire_ms("2023-11-15 06:13:20"),
    uploaded_at_ms=wire_ms("2023-11-15 06:14:00"),
    updated_at_ms=wire_ms("2023-11-15 06:20:00"),
    duration_s=105.2,
    size_bytes=6_200_000,
    asset=ASSET,
    directory=DIRECTORY,
    job_id="j" * 32,
    batch_id="b" * 32,
    position=0,
    template="abr",
)


def stored_video(database: sa.Engine, key: NewKey, video: Video = VIDEO, *, stage: Stage = Stage.DONE) -> Video:
    """Insert a video of a key's account with the batch and the job that made it, and return it as it is kept."""
    mine = sa.select(tables.access_key.c.account_id).where(tables.access_key.c.access_key == key.access_key)
    with database.connect() as connection:
        account_id = connection.scalars(mine).one()
    batch = Batch(batch_id=new_id(0), account_id=account_id, trans_no=new_id(0), template=video.template)
    job = Job(
        job_id=new_id(0),
        batch_id=batch.batch_id,
        position=0,
        file_name=f"{video.name}.mp4",
        source_url="https://origin.example.test/a.mp4",
        md5="",
        video_id=video.video_id,
        directory=video.directory,
        stage=stage,
        pull_status=WireStatus.SUCCEEDED,
        cmd_status=WireStatus.SUCCEEDED,
        asset=video.asset,
        created_at_ms=video.created_at_ms,
    )
    store, kept = Store(database), replace(video, account_id=account_id, job_id=job.job_id)
    row = {column.name: getattr(kept, column.name) for column in tables.video.c if column.name != "folded_name"}
    numbers = {name: int(row[name]) for name in ("origin", "state", "encode_state")}
    with store.transaction() as connection:
        store.add_batch(connection, BatchView(batch=batch, jobs=(job,)), access_key=key.access_key)
        connection.execute(tables.video.insert().values(row | numbers | {"folded_name": video.name.casefold()}))
        stored = tables.account.c.stored_bytes + video.size_bytes
        account = tables.account.update().where(tables.account.c.account_id == account_id)
        connection.execute(account.values(stored_bytes=stored, peak_bytes=stored))
    return Library(database).find(video.video_id, account_id=None)


def another_video(video_id: str = "", **fields: Any) -> Video:
    """Return the video of the vectors under another id."""
    made = video_id or new_id(0)
    return replace(VIDEO, video_id=made, directory=new_id(0), **{"asset": replace(ASSET, video_id=made)} | fields)
