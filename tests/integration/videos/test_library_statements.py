"""A page of videos costs the same with ten thousand of them as with one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from tests.integration.jobs.test_statements import counted
from tests.videos import another_video, stored_video

from vodpull.accounts.keys import NewKey
from vodpull.database import tables
from vodpull.jobs.model import EncodeState, VideoState
from vodpull.videos.library import Library, VideoFilter
from vodpull.videos.model import Video

MANY = 10_000
IDS = {"batch_id", "job_id", "video_id", "directory", "trans_no"}

FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"state": VideoState.ENABLED},
    {"encode_state": EncodeState.ENCODED},
    {"oldest_first": True},
    {"text": "CLIP"},
    {"account_id": None},
)


def multiply(database: sa.Engine, video: Video) -> None:
    """Insert the rows of a video many times under other ids."""
    with database.begin() as connection:
        for table, name in ((tables.batch, "batch_id"), (tables.job, "job_id"), (tables.video, "video_id")):
            mine = table.c[name] == getattr(video, name)
            row = dict(connection.execute(table.select().where(mine)).mappings().one())
            copies = [row | dict.fromkeys(IDS & row.keys(), f"{number:032x}") for number in range(MANY)]
            connection.execute(table.insert(), copies)


def test_a_page_takes_two_statements_and_sorts_nothing(database: sa.Engine, key: NewKey) -> None:
    library, video = Library(database), stored_video(database, key, another_video())
    multiply(database, video)
    assert library.count(VideoFilter(account_id=video.account_id)) == MANY + 1
    for wanted in FILTERS:
        with counted(database) as seen:
            page, cursor = library.page(VideoFilter(**{"account_id": video.account_id} | wanted), limit=50)
        assert (len(page), bool(cursor), len(seen)) == (50, True, 2), wanted
        if database.dialect.name == "sqlite":
            assert "SORT" not in plan_of(database, seen[0]), wanted


def plan_of(database: sa.Engine, statement: str) -> str:
    with database.connect() as connection:
        values = (0,) * statement.count("?")
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return " ".join(str(row[3]).replace("USE TEMP B-TREE", "SORT") for row in rows)
