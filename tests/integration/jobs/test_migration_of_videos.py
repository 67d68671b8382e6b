"""What earlier releases have stored becomes videos, and their deliveries know whom they are for."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.stored import older_database

from vodpull.database.migrate import migrate
from vodpull.jobs.notices.deliveries import Deliveries
from vodpull.jobs.states_and_codes import EncodeState
from vodpull.videos.library import Library
from vodpull.videos.video_search import VideoFilter

BEFORE = "0004"


@pytest.fixture
def older(database_url: str) -> sa.Engine:
    """Give a database as the release before videos left it: with a batch, five jobs and a delivery that was tried."""
    engine = older_database(database_url, BEFORE)
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for name, rows in ROWS.items():
            connection.execute(tables.tables[name].insert(), rows)
    return engine


FILE = {
    "clarity": 1,
    "server_type": -1,
    "width_px": 640,
    "height_px": 360,
    "bitrate_bps": 1,
    "size_bytes": 7,
    "key": "pullvideo/202311/x/a.mp4",
}


def job(number: int, *, stage: str, pulled: int = 2, **more: object) -> dict[str, object]:
    asset = {"video_id": f"v{number}", "duration_s": 2.5, "files": [FILE]}
    return {
        "job_id": f"j{number}",
        "batch_id": "b",
        "position": number,
        "file_name": f"Épisode {number}.tar.mp4",
        "source_url": "http://o.test/",
        "md5": "",
        "video_id": f"v{number}",
        "directory": f"d{number}",
        "attempt": 1,
        "stage": stage,
        "stage_at_ms": 5,
        "pull_status": pulled,
        "cmd_status": 2,
        "asset": asset,
        "decisions": [],
        "bytes_done": 0,
        "percent": 0,
        "created_at_ms": 10 + number,
        "finished_at_ms": 20,
        "stored_bytes": 0,
        "archived_attempt": 0,
    } | more


NAMES = {"film": "film", ".mp4": ".mp4", "a.": "a", "...": "..", "": "", "Straße.MP4": "Straße", "影 ΣΑΣ.mp4": "影 ΣΑΣ"}
"""File names, and what the videos are called."""

PLAYABLE = {"video_id": "v0", "duration_s": 2.5, "files": [FILE], "playlist_key": "pullvideo/202311/x/v0.m3u8"}
ROWS: dict[str, list[dict[str, object]]] = {
    "account": [{"account_id": "a", "name": "alice", "sealed_notify_secret": "", "created_at_ms": 1}],
    "batch": [
        {
            "batch_id": "b",
            "account_id": "a",
            "access_key": "key",
            "trans_no": "t",
            "template": "abr",
            "notify_url": "",
            "separate": False,
            "fetch_ts": True,
            "priority": 100,
            "metadata": {},
            "created_at_ms": 1,
        }
    ],
    "job": [
        job(0, stage="done", asset=PLAYABLE, stored_bytes=99),
        job(1, stage="done"),
        job(2, stage="failed"),
        job(3, stage="encode"),
        job(4, stage="failed", pulled=3, asset=None),
        job(5, stage="done", deleted_at_ms=30, asset=None),
        *(job(6 + number, stage="done", file_name=name) for number, name in enumerate(NAMES)),
    ],
    "delivery": [
        {
            "delivery_id": "d",
            "batch_id": "b",
            "url": "http://r.test/",
            "body": "x",
            "state": "delivered",
            "created_at_ms": 1,
        }
    ],
    "delivery_attempt": [
        {"delivery_id": "d", "number": 0, "at_ms": 1, "latency_ms": 1, "error": "", "response_head": "ok"}
    ],
}


def test_stored_originals_become_videos(older: sa.Engine) -> None:
    migrate(older)
    videos, _ = Library(older).page(VideoFilter(account_id="a", oldest_first=True), limit=50)
    assert [(video.video_id, video.encode_state, video.size_bytes) for video in videos] == [
        ("v0", EncodeState.ENCODED, 99),
        ("v1", EncodeState.NOT_ENCODED, 7),
        ("v2", EncodeState.FAILED, 7),
        ("v3", EncodeState.ENCODING, 7),
        *((f"v{6 + number}", EncodeState.NOT_ENCODED, 7) for number in range(len(NAMES))),
    ]
    assert [video.name for video in videos[4:]] == list(NAMES.values())
    with older.connect() as connection:
        folded = connection.execute(sa.text("select name, folded_name from video")).all()
    assert all(row.folded_name == row.name.casefold() for row in folded)
    assert {(video.name, video.account, video.duration_s) for video in videos[:1]} == {("Épisode 0.tar", "alice", 2.5)}
    found, _ = Library(older).page(VideoFilter(account_id="a", text="ÉPISODE 2"), limit=10)
    assert [video.video_id for video in found] == ["v2"]
    older.dispose()


def test_deliveries_keep_their_attempts_and_learn_whom_they_are_for(older: sa.Engine) -> None:
    migrate(older)
    found = Deliveries(older).find("d")
    assert found is not None
    assert (found.access_key, found.delivery.account_id, found.delivery.kind) == ("key", "a", "pull")
    [(_, [attempt])] = Deliveries(older).list_for("b")
    assert attempt.response_head == "ok"
    older.dispose()


def test_user_and_password_go_from_addresses_that_were_kept(older: sa.Engine) -> None:
    kept = {"j0": "http://ann:hunter2@o.test/a.mp4?x=1", "j1": "http://o.test/a@b.mp4"}
    tables = sa.MetaData()
    tables.reflect(older, only=["job"])
    job = tables.tables["job"]
    with older.begin() as connection:
        for job_id, url in kept.items():
            connection.execute(job.update().where(job.c.job_id == job_id).values(source_url=url))
    migrate(older)
    query = sa.select(job.c.source_url).where(job.c.job_id.in_(kept)).order_by(job.c.job_id)
    with older.connect() as connection:
        urls = list(connection.scalars(query))
    older.dispose()
    assert urls == ["http://***@o.test/a.mp4?x=1", "http://o.test/a@b.mp4"]
