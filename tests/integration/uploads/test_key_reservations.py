from __future__ import annotations

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.clock import now_ms
from vodpull.errors import TooManyUploads
from vodpull.uploads.key_reservations import find_by_key, reserve, touch
from vodpull.uploads.upload_and_ticket import UploadKind, Wanted

HOUR_MS = 3_600_000


@pytest.fixture
def wanted(accounts: Accounts, key: NewKey) -> Wanted:
    account_id = accounts.account_named("acme")
    return Wanted(account_id=account_id, access_key=key.access_key, kind=UploadKind.VIDEO, file_name="a b.mp4")


def test_every_kind_has_keys_of_its_own(database: sa.Engine, wanted: Wanted) -> None:
    deadline_ms = now_ms() + HOUR_MS
    with database.begin() as connection:
        video = reserve(connection, wanted, deadline_ms=deadline_ms)
        material = reserve(
            connection, replace(wanted, kind=UploadKind.MATERIAL, file_name="x.VTT"), deadline_ms=deadline_ms
        )
    assert re.fullmatch(rf"video/[0-9]{{6}}/{video.upload_id}/{video.subject_id}-source\.mp4", video.key)
    assert re.fullmatch(rf"material/[0-9]{{6}}/{material.subject_id}\.vtt", material.key)
    with database.begin() as connection:
        assert find_by_key(connection, video.key) == video
        assert find_by_key(connection, "video/x") is None


def test_an_unfinished_upload_is_found_again_by_its_resume_id(database: sa.Engine, wanted: Wanted) -> None:
    again = replace(wanted, resume_id="r", options={"template": "abr"})
    with database.begin() as connection:
        first = reserve(connection, replace(wanted, resume_id="r"), deadline_ms=now_ms() + HOUR_MS)
        second = reserve(connection, again, deadline_ms=now_ms() + 2 * HOUR_MS)
        other = reserve(connection, replace(wanted, resume_id="s"), deadline_ms=now_ms() + HOUR_MS)
        assert (second.key, second.subject_id, second.options) == (first.key, first.subject_id, {"template": "abr"})
        assert second.deadline_ms > first.deadline_ms
        assert other.key != first.key

        touch(connection, first.upload_id, completed_at_ms=now_ms())
        fresh = reserve(connection, again, deadline_ms=now_ms() + HOUR_MS)
        assert fresh.key != first.key
        touch(connection, fresh.upload_id, completed_at_ms=now_ms())
        replaced = reserve(connection, replace(again, replaces=True), deadline_ms=now_ms() + HOUR_MS)
        assert replaced.key == fresh.key


def test_an_account_has_so_many_unfinished_uploads_and_no_more(database: sa.Engine, wanted: Wanted) -> None:
    with database.begin() as connection:
        first = reserve(connection, wanted, deadline_ms=now_ms() + HOUR_MS, most_open=1)
        with pytest.raises(TooManyUploads):
            reserve(connection, wanted, deadline_ms=now_ms() + HOUR_MS, most_open=1)
        touch(connection, first.upload_id, completed_at_ms=now_ms())
        reserve(connection, wanted, deadline_ms=now_ms() + HOUR_MS, most_open=1)
