"""A page of videos costs the same with ten thousand of them as with one."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from tests.statements import counted
from tests.videos import another_video, stored_video

from vodpull.accounts.access_keys import NewKey
from vodpull.database import tables
from vodpull.jobs.states_and_codes import EncodeState, VideoOrigin, VideoState
from vodpull.videos.library import Library, VideoEdit
from vodpull.videos.video import Video
from vodpull.videos.video_search import VideoFilter

MANY = 10_000
IDS = {"batch_id", "job_id", "video_id", "directory", "trans_no"}

FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"state": VideoState.ENABLED},
    {"encode_state": EncodeState.ENCODED},
    {"oldest_first": True},
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


SEARCHES: tuple[dict[str, Any], ...] = (
    {"text": "CLIP"},
    {"text": "CLIP", "oldest_first": True},
    {"origin": VideoOrigin.PULLED},
    {"is_encrypted": False},
    {"account_id": None, "state": VideoState.ENABLED},
)


def test_a_page_takes_two_statements_a_search_three_and_both_read_only_what_they_show(
    database: sa.Engine, key: NewKey
) -> None:
    library, video = Library(database), stored_video(database, key, another_video())
    multiply(database, video)
    assert library.count(VideoFilter(account_id=video.account_id)) == MANY + 1
    for wanted in (*FILTERS, *SEARCHES):
        with counted(database) as seen:
            page, cursor = library.page(VideoFilter(**{"account_id": video.account_id} | wanted), limit=50)
        assert (len(page), bool(cursor), len(seen)) == (50, True, 3 if wanted in SEARCHES else 2), wanted
        if database.dialect.name == "sqlite":
            assert "SORT" not in plan_of(database, seen[0]) + plan_of(database, seen[-2]), wanted
            found_by = plan_of(database, seen[-2]).partition("LIST SUBQUERY")[2]
            assert "video USING COVERING INDEX" in found_by, wanted  # no row is read of what does not fit


@pytest.mark.parametrize("oldest_first", [False, True])
def test_a_search_looks_through_so_many_videos_a_page_and_goes_on(
    database: sa.Engine, key: NewKey, monkeypatch: pytest.MonkeyPatch, oldest_first: bool
) -> None:
    monkeypatch.setattr("vodpull.videos.library.LOOKED_THROUGH", 2)
    videos = [stored_video(database, key, another_video()) for _ in range(5)]
    needle = (max if oldest_first else min)(videos, key=lambda video: (video.created_at_ms, video.video_id))
    library = Library(database)
    library.edit(needle.video_id, VideoEdit(name="Needle"), account_id=None)
    wanted, cursor = VideoFilter(account_id=None, text="needle", oldest_first=oldest_first), ""
    pages: list[list[str]] = []
    while not pages or cursor:
        found, cursor = library.page(wanted, limit=10, cursor=cursor)
        pages.append([video.video_id for video in found])
    assert pages == [[], [], [needle.video_id]]
    assert [video.video_id for video in library.part(wanted, limit=10, offset=0)] == [needle.video_id]


NAMES = (
    "Clip 1.mp4",
    "clip_1.mp4",
    "CLIP%.mp4",
    "Straße.mp4",
    "STRASSE 2.mp4",
    "影 77 0.mp4",
    "影77.mp4",
    "a",
    "ﬁ.mp4",
)
TEXTS = ("", "clip", "P_1", "%", "strasse", "影 77", "影", "fi", "A", "/", "nothing")


def test_a_search_finds_what_looking_at_every_video_would_find(database: sa.Engine, key: NewKey) -> None:
    videos = [stored_video(database, key, another_video()) for _ in NAMES]
    library, video = Library(database), tables.video.c
    with database.begin() as connection:
        for number, (name, stored) in enumerate(zip(NAMES, videos, strict=True)):
            values = {
                "name": name,
                "folded_name": name.casefold(),
                "origin": (1, 3)[number % 3 > 0],
                "state": number % 2,
            }
            values["created_at_ms"] = 1000 + number // 2  # of two at one time, the id decides
            connection.execute(tables.video.update().where(video.video_id == stored.video_id).values(**values))
    account_id = videos[0].account_id
    everything = library.remaining([each.video_id for each in videos], account_id=account_id)
    whole = sorted(everything, key=lambda each: (each.created_at_ms, each.video_id))
    accounts, states, origins = (None, account_id), (None, VideoState.BLOCKED), (None, VideoOrigin.PULLED)
    for text, account, state, origin in product(TEXTS, accounts, states, origins):
        wanted = VideoFilter(account_id=account, text=text, state=state, origin=origin, oldest_first=text == "a")
        fitting = [
            each.video_id
            for each in (whole if wanted.oldest_first else reversed(whole))
            if text.casefold() in each.name.casefold() and state in {None, each.state} and origin in {None, each.origin}
        ]
        pages, cursor = list[str](), None
        while cursor != "":
            page, cursor = library.page(wanted, limit=4, cursor=cursor or "")
            pages += [each.video_id for each in page]
        assert pages == fitting, wanted
        assert [each.video_id for each in library.part(wanted, limit=3, offset=1)] == fitting[1:4], wanted
        assert library.count(wanted) == len(fitting), wanted


def plan_of(database: sa.Engine, statement: str) -> str:
    with database.connect() as connection:
        values = (0,) * statement.count("?")
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return " ".join(str(row[3]).replace("USE TEMP B-TREE", "SORT") for row in rows)
