"""Uploads that are encoded while they come, and whose token ends on the way: real FFmpeg, no engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.integration.workflows.attempts import Bench, bench
from tests.waiting import until_true

from vodpull.accounts.access_keys import Accounts
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import UploadTokenInvalid
from vodpull.storage import UPLOADS
from vodpull.uploads import uploads as uploads_module
from vodpull.uploads.abandoned_uploads import KEEP_MS
from vodpull.uploads.blocks.block_ctx import BlockPlace
from vodpull.uploads.limits import UploadTerms
from vodpull.uploads.upload_and_ticket import Completion, Upload, UploadKind, Wanted
from vodpull.uploads.upload_token import UploadKey
from vodpull.uploads.uploads import Uploads
from vodpull.workflows.attempt.ahead import arriving_uploads
from vodpull.workflows.attempt.ahead.arriving_uploads import Arrivals
from vodpull.workflows.attempt.produce import Production
from vodpull.workflows.requests.uploaded_videos import video_options
from vodpull.workflows.upkeep.abandoned_uploads import AbandonedUploads

HOUR_MS = 3_600_000
LIMIT_S = 30
"""Of every wait, on a busy machine."""


@pytest.fixture
def account_id(accounts: Accounts) -> str:
    """Return whose uploads these are."""
    accounts.create_key("acme")
    return accounts.account_named("acme")


@dataclass(kw_only=True)
class Sender:
    """A client whose upload is under way, one chunk of which is encoded."""

    made: Bench
    uploads: Uploads
    wanted: Wanted
    upload: Upload
    place: BlockPlace
    """Of the bytes that are missing."""
    followed: asyncio.Task[None]
    videos: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Return where its work lies."""
        return self.made.can.work_folder / f"{self.upload.upload_id}-1"

    def chunks(self) -> dict[str, int]:
        """Return the chunks that are encoded, and when each was."""
        return {path.name: path.stat().st_mtime_ns for path in self.folder.glob("results/chunk-*")}

    async def send(self, data: bytes, *, is_first: bool = False) -> None:
        """Send bytes with a token of now."""
        with self.made.can.store.transaction() as connection:
            token = self.uploads.token(self.uploads.reserve(connection, self.wanted))
        ticket = await self.uploads.admit(token)
        self.place, _ = await self.uploads.take_body(ticket, self.place, _body(data), is_first=is_first)


async def _body(data: bytes) -> AsyncIterator[bytes]:
    yield data


@asynccontextmanager
async def _half_sent(
    database: sa.Engine, tmp_path: Path, account_id: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Sender]:
    """Send most of a film, wait until some of it is encoded, and let the token end."""
    made, videos = bench(database, tmp_path, seconds=60, kind="mkv", rate=25), list[str]()
    completion = Completion(finish=lambda _connection, upload, _whole: videos.append(upload.subject_id))
    terms = UploadTerms(key=UploadKey(secret="of a test"), token_ms=HOUR_MS, max_bytes=10**9)
    uploads = Uploads(database, made.can.objects, terms=terms, completions={UploadKind.VIDEO: completion})
    wanted = Wanted(
        account_id=account_id,
        access_key="AK",
        kind=UploadKind.VIDEO,
        file_name="film.mkv",
        resume_id="one",
        options=video_options(template="abr"),
    )
    with made.can.store.transaction() as connection:
        upload = uploads.reserve(connection, wanted)
    old_token, data = uploads.token(upload), made.source.read_bytes()
    place = uploads.first_place(upload, series="s", number=0, size_bytes=len(data))
    follower = Arrivals(made.can, Production(made.can))
    followed = asyncio.create_task(_when_sent(follower, upload.upload_id, database))
    sender = Sender(
        made=made, uploads=uploads, wanted=wanted, upload=upload, place=place, followed=followed, videos=videos
    )
    await sender.send(data[: -len(data) // 4], is_first=True)
    await until_true(lambda: bool(sender.chunks()))
    monkeypatch.setattr(uploads_module, "now_ms", lambda: now_ms() + 2 * HOUR_MS)
    with pytest.raises(UploadTokenInvalid):
        await uploads.admit(old_token)
    yield sender
    async with asyncio.timeout(LIMIT_S):
        await followed


async def _when_sent(follower: Arrivals, upload_id: str, database: sa.Engine) -> None:
    def has_come() -> bool:
        with database.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(tables.upload_part)) == 1

    await until_true(has_come)
    await follower.follow(upload_id)


async def test_with_a_new_token_an_upload_goes_on_where_the_old_one_ended(
    database: sa.Engine, account_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _half_sent(database, tmp_path, account_id, monkeypatch) as sender:
        early, data = sender.chunks(), sender.made.source.read_bytes()
        await sender.send(data[sender.place.at :])
        ticket = await sender.uploads.admit(sender.uploads.token(await _fresh(sender)))
        for _ in range(2):
            await sender.uploads.completing.complete(ticket, series="s", size_bytes=len(data))
    assert sender.videos == [sender.upload.subject_id]
    assert sender.made.can.work_folder.joinpath(sender.folder.name, "source").read_bytes() == data
    assert early.items() <= sender.chunks().items()


async def _fresh(sender: Sender) -> Upload:
    found = await sender.uploads.find(sender.upload.upload_id)
    assert found is not None
    return found


@pytest.mark.parametrize("is_swept", [False, True], ids=["quiet", "swept"])
async def test_of_an_upload_that_nobody_goes_on_with_nothing_stays(
    *,
    is_swept: bool,
    database: sa.Engine,
    account_id: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _half_sent(database, tmp_path, account_id, monkeypatch) as sender:
        upkeep, objects = AbandonedUploads(database, sender.made.can.objects), sender.made.can.objects
        if not is_swept:
            monkeypatch.setattr(arriving_uploads, "QUIET_MS", 100)
            async with asyncio.timeout(LIMIT_S):
                await sender.followed
            assert len(await objects.list_keys(UPLOADS)) == 1, "a new token may come yet"
        _age(database, by_ms=KEEP_MS + HOUR_MS)
        assert await upkeep.drop_old() == 1
    assert not sender.folder.exists()
    assert await objects.list_keys(UPLOADS) == []
    assert sender.videos == []
    with database.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.upload)) == 0


def _age(database: sa.Engine, *, by_ms: int) -> None:
    then_ms = now_ms() - by_ms
    with database.begin() as connection:
        connection.execute(tables.upload.update().values(touched_at_ms=then_ms, deadline_ms=then_ms))
