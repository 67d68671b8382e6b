from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import StorageFull
from vodpull.storage import UPLOADS, ObjectStore, open_store
from vodpull.uploads.abandoned_uploads import KEEP_MS, expired_uploads, forget_expired
from vodpull.uploads.limits import UploadTerms
from vodpull.uploads.upload_and_ticket import Completion, Upload, UploadKind, Wanted
from vodpull.uploads.upload_token import UploadKey
from vodpull.uploads.uploads import Uploads
from vodpull.workflows.upkeep.abandoned_uploads import AbandonedUploads

HOUR_MS = 3_600_000


async def body(data: bytes) -> AsyncIterator[bytes]:
    yield data


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return open_store((tmp_path / "store").as_uri())


Send = Callable[[bool], Upload]


@pytest.fixture
def send(database: sa.Engine, objects: ObjectStore, accounts: Accounts, key: NewKey) -> Send:
    """Send a block of a new upload, and complete it or not."""
    terms = UploadTerms(key=UploadKey(secret="of a test"), token_ms=HOUR_MS, max_bytes=10**9)
    completion = Completion(finish=lambda _connection, _upload, _whole: None)
    uploads = Uploads(database, objects, terms=terms, completions={UploadKind.VIDEO: completion})
    account_id = accounts.account_named("acme")

    async def act(*, complete: bool) -> Upload:
        wanted = Wanted(account_id=account_id, access_key=key.access_key, kind=UploadKind.VIDEO, file_name="a.mp4")
        with database.begin() as connection:
            upload = uploads.reserve(connection, wanted)
        ticket = await uploads.admit(uploads.token(upload))
        place = uploads.first_place(upload, series="s", number=0, size_bytes=5)
        await uploads.take_body(ticket, place, body(b"bytes"), is_first=True)
        if complete:
            await uploads.completing.complete(ticket, series="s", size_bytes=5)
        return upload

    return lambda complete: asyncio.run(act(complete=complete))


def uploads_of(database: sa.Engine) -> list[str]:
    with database.connect() as connection:
        return list(connection.scalars(sa.select(tables.upload.c.upload_id)))


def age(database: sa.Engine, upload: Upload, *, by_ms: int) -> None:
    then_ms = now_ms() - by_ms
    with database.begin() as connection:
        mine = tables.upload.c.upload_id == upload.upload_id
        connection.execute(tables.upload.update().where(mine).values(touched_at_ms=then_ms, deadline_ms=then_ms))


def test_unfinished_uploads_go_after_a_week_with_their_parts(
    database: sa.Engine, objects: ObjectStore, send: Send
) -> None:
    upload, parts = send(False), AbandonedUploads(database, objects)
    age(database, upload, by_ms=KEEP_MS - HOUR_MS)
    asyncio.run(parts.drop_old())
    assert uploads_of(database) == [upload.upload_id]
    assert len(asyncio.run(objects.list_keys(UPLOADS))) == 1
    age(database, upload, by_ms=KEEP_MS + HOUR_MS)
    asyncio.run(parts.drop_old())
    assert uploads_of(database) == []
    assert asyncio.run(objects.list_keys(UPLOADS)) == []


def test_an_upload_that_goes_on_while_it_is_forgotten_stays(
    database: sa.Engine, objects: ObjectStore, send: Send
) -> None:
    upload = send(False)
    age(database, upload, by_ms=KEEP_MS + HOUR_MS)
    with database.connect() as connection:
        [expired] = expired_uploads(connection, limit=1)
    age(database, upload, by_ms=0)
    with database.begin() as connection:
        assert forget_expired(connection, expired) == []
    assert uploads_of(database) == [upload.upload_id]


def test_objects_that_are_nobodys_go_and_those_of_uploads_stay(
    database: sa.Engine, objects: ObjectStore, send: Send, tmp_path: Path
) -> None:
    send(False)
    [mine] = asyncio.run(objects.list_keys(UPLOADS))
    for name in ("old", "young"):
        asyncio.run(objects.put_bytes(f"{UPLOADS}/20261101/{name}", b"x"))
    two_days_ago_s = time.time() - 2 * 86_400
    for key in (mine, f"{UPLOADS}/20261101/old"):
        os.utime(tmp_path / "store" / key, (two_days_ago_s, two_days_ago_s))
    assert asyncio.run(AbandonedUploads(database, objects).sweep()) == 1
    assert asyncio.run(objects.list_keys(UPLOADS)) == sorted([mine, f"{UPLOADS}/20261101/young"])


def test_a_complete_upload_is_complete_once_whoever_asks_at_the_same_moment(
    database: sa.Engine, objects: ObjectStore, accounts: Accounts, key: NewKey
) -> None:
    made: list[str] = []
    terms = UploadTerms(key=UploadKey(secret="of a test"), token_ms=HOUR_MS, max_bytes=10**9)
    completion = Completion(finish=lambda _connection, upload, _whole: made.append(upload.upload_id))
    uploads = Uploads(database, objects, terms=terms, completions={UploadKind.VIDEO: completion})
    wanted = Wanted(
        account_id=accounts.account_named("acme"),
        access_key=key.access_key,
        kind=UploadKind.VIDEO,
        file_name="a.mp4",
    )

    async def race() -> None:
        with database.begin() as connection:
            upload = uploads.reserve(connection, wanted)
        ticket = await uploads.admit(uploads.token(upload))
        place = uploads.first_place(upload, series="s", number=0, size_bytes=5)
        await uploads.take_body(ticket, place, body(b"bytes"), is_first=True)
        same = (uploads.completing.complete(ticket, series="s", size_bytes=5) for _ in range(8))
        assert len(set(await asyncio.gather(*same))) == 1

    asyncio.run(race())
    assert len(made) == 1


def test_room_is_promised_before_bytes_are_taken(database: sa.Engine, objects: ObjectStore) -> None:
    terms = UploadTerms(key=UploadKey(secret="of a test"), token_ms=HOUR_MS, max_bytes=10**9, room_bytes=lambda: 100)
    uploads = Uploads(database, objects, terms=terms, completions={})
    with uploads.room.promised(60):
        with pytest.raises(StorageFull), uploads.room.promised(60):
            pass
        with uploads.room.promised(40):
            pass
    with uploads.room.promised(100):
        pass
