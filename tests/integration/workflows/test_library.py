"""The life of videos on a real database and real stores: encoded again, blocked, deleted, made again from manifests."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.stored import ASSET, FAILURE, VAULT, accept, finish
from tests.waiting import until_true

from vodpull.accounts.access_keys import Accounts
from vodpull.accounts.playback_keys import MAX_LIVE, PlaybackKeys
from vodpull.database import tables
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate
from vodpull.errors import NotAllowedNow, NotFound, Occupied
from vodpull.imports.entries import Entry
from vodpull.imports.import_rows import ImportRows, brought_before, insert_entries, insert_import
from vodpull.imports.import_states import EntryState, Import, ImportOptions, ImportState, ListedEntry
from vodpull.imports.old_ids import video_of_old_id
from vodpull.jobs.deletions import Deletions
from vodpull.jobs.job_folders import folder_of
from vodpull.jobs.kept_files import keeps
from vodpull.jobs.manifests.records import Records
from vodpull.jobs.model import Asset, Job
from vodpull.jobs.owned_files import Holdings
from vodpull.jobs.states_and_codes import EncodeState, Stage, VideoState
from vodpull.jobs.store import replaced_files, replaced_poster
from vodpull.jobs.store.caption_rows import Caption, CaptionOrigin, CaptionRows, insert_caption
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.template_registry import TEMPLATES
from vodpull.storage import exists, open_store, own_poster_key
from vodpull.storage.object_store import ObstoreObjects
from vodpull.videos.blocking import block
from vodpull.videos.callback_addresses import CallbackKind, Callbacks
from vodpull.videos.category_tree import Categories
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.library import Library, VideoEdit
from vodpull.videos.playback.handed_out_tokens import Signer
from vodpull.videos.playback.public_or_signed import PlaybackPolicy
from vodpull.videos.storage_peaks import StorageDays
from vodpull.videos.video import Video
from vodpull.videos.video_search import VideoFilter
from vodpull.workflows.attempt.asset_files import alone
from vodpull.workflows.attempt.stable_playlist_names import make_known
from vodpull.workflows.delivery.job_news import JobNews
from vodpull.workflows.delivery.outbox import DeliveryOptions, Outbox
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Queues
from vodpull.workflows.requests.batch_deletion import BatchDeletion
from vodpull.workflows.requests.cancel_and_retry import Control
from vodpull.workflows.requests.encode_again import Encoding
from vodpull.workflows.requests.video_deletion import VideoDeletion
from vodpull.workflows.upkeep.manifest_writing import Archive
from vodpull.workflows.upkeep.rebuild import Rebuild
from vodpull.workflows.upkeep.replaced_output_removal import Leftovers


@dataclass(frozen=True, kw_only=True)
class Place:
    database: sa.Engine
    store: Store
    accounts: Accounts
    objects: ObstoreObjects
    library: Library
    encoding: Encoding
    news: JobNews
    video_deletion: VideoDeletion
    batch_deletion: BatchDeletion
    archive: Archive
    leftovers: Leftovers

    async def ingest(self, *, attempt: int = 1) -> Video:
        """Return a video that is encoded: an original, a playlist and a segment."""
        [job] = accept(self.store, self.accounts, jobs=1).jobs
        self.store.record_pulled(JobRef.of(job), await self.stored(job))
        finish(self.store, job, Outcome(asset=await self.encoded(job, attempt=attempt)))
        await self.archive.keep_new()
        return self.library.find(job.video_id, account_id=None)

    async def stored(self, job: Job) -> Asset:
        key = f"{folder(job)}/a.mp4"
        await self.objects.put_bytes(key, b"12345")
        return replace(ASSET, video_id=job.video_id, files=(replace(ASSET.files[0], key=key, size_bytes=5),))

    async def encoded(self, job: Job, *, attempt: int) -> Asset:
        """Store what an attempt makes, and return the asset with it."""
        name = job.video_id if attempt == 1 else f"{job.video_id}-r{attempt}"
        keys = [f"{folder(job)}/{each}" for each in (f"{job.video_id}.m3u8", f"{name}.jpg", f"{name}/01/1.m4s")]
        for key in keys:
            await self.objects.put_bytes(key, b"12345")
        asset = await self.stored(job)
        return replace(asset, playlist_key=keys[0], poster_key=keys[1], outputs=tuple(keys[:2]), attempt=attempt)

    def job(self, video: Video) -> Job:
        return self.store.find_job(video.job_id)[1]

    def again(self, video: Video) -> Video:
        return self.library.find(video.video_id, account_id=video.account_id)

    async def names(self, video: Video) -> set[str]:
        prefix = f"{folder(self.job(video))}/"
        return {key.removeprefix(prefix) for key in await self.objects.list_keys(prefix)}

    def events(self) -> list[str]:
        query = sa.select(tables.event.c.kind).where(tables.event.c.video_id.is_not(None))
        with self.database.connect() as connection:
            return sorted(connection.scalars(query))

    def sent(self) -> list[Any]:
        with self.database.connect() as connection:
            bodies = connection.scalars(sa.select(tables.delivery.c.body)).all()
        return [json.loads(base64.urlsafe_b64decode(body)) for body in bodies]


def folder(job: Job) -> str:
    return folder_of(directory=job.directory, created_at_ms=job.created_at_ms, origin=job.origin)


@pytest.fixture
def place(database: sa.Engine, tmp_path: Path) -> Iterator[Place]:
    engine = Engine(database)
    engine.attach()
    store, accounts, library = Store(database), Accounts(database, VAULT), Library(database)
    objects = open_store((tmp_path / "store").as_uri())
    queues = Queues.of(fetch_slots=1, encode_slots=1)
    keys = PlaybackKeys(database, VAULT)
    signer = Signer(keys, PlaybackPolicy("public", TEMPLATES), makes_keys=False)
    manner = DeliveryOptions(urls=FileUrls(public_url="", sign=signer.handed_out), make_key=keys.create_first)
    outbox = Outbox(store, accounts, engine=engine, queues=queues, manner=manner)
    news = JobNews(store, accounts, outbox, engine=engine, queues=queues)
    deletions = Deletions(database)
    batch_deletion = BatchDeletion(deletions, Control(store, news, engine=engine, queues=queues), objects)
    yield Place(
        database=database,
        store=store,
        accounts=accounts,
        objects=objects,
        library=library,
        encoding=Encoding(store, engine, queues, templates=TEMPLATES),
        news=news,
        video_deletion=VideoDeletion(library, store, batch_deletion=batch_deletion, outbox=outbox, objects=objects),
        batch_deletion=batch_deletion,
        archive=Archive(database, VAULT, objects),
        leftovers=Leftovers(Holdings(database), objects),
    )
    engine.shutdown()


async def test_what_a_video_had_stays_until_it_is_encoded_again_and_goes_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = await place.ingest()
    place.encoding.start([video], template="mp4")
    under_way = place.again(video)
    assert (under_way.encode_state, under_way.asset, under_way.template) == (EncodeState.ENCODING, video.asset, "mp4")
    batch, job = place.store.find_job(video.job_id)
    assert (batch.template, job.attempt, job.stage, int(job.pull_status)) == ("mp4", 2, Stage.WAITING, 2)
    monkeypatch.setattr(replaced_files, "REPLACED_STAYS_MS", 0)
    finish(place.store, job, Outcome(asset=await place.encoded(job, attempt=2)))
    assert place.again(video).encode_state is EncodeState.ENCODED
    before = await place.names(video)
    assert await place.leftovers.remove_superseded() == 1
    assert before - await place.names(video) == {f"{video.video_id}.jpg", f"{video.video_id}/01/1.m4s"}
    assert await place.leftovers.remove_superseded() == 0
    await place.archive.keep_new()
    assert place.again(video).size_bytes == 5 * len(await place.names(video))


async def test_a_picture_that_came_with_a_video_stays_until_another_one_comes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaced_files, "REPLACED_STAYS_MS", 0)
    video = await place.ingest()
    first, second = (own_poster_key(folder(place.job(video)), video.video_id, mark) for mark in "ab")
    for key in (first, second):
        await place.objects.put_bytes(key, b"picture")
        with place.store.transaction() as connection:
            assert replaced_poster.show_poster(connection, video.job_id, key)
        assert place.again(video).asset.poster_key == key
    assert await place.leftovers.remove_superseded() == 1
    assert not await exists(place.objects, first)
    assert await exists(place.objects, second)
    assert alone(place.again(video).asset).poster_key == second
    place.encoding.start([video], template="mp4")
    with place.store.transaction() as connection:
        assert not replaced_poster.show_poster(connection, video.job_id, first), "it is encoded just now"


async def test_what_is_replaced_stays_for_an_hour(place: Place) -> None:
    video = await place.ingest()
    place.encoding.start([video], template="mp4")
    finish(place.store, place.job(video), Outcome(asset=await place.encoded(place.job(video), attempt=2)))
    assert await place.leftovers.remove_superseded() == 0


async def test_an_encode_that_fails_leaves_what_there_was(place: Place) -> None:
    video = await place.ingest()
    whole = await place.names(video)
    place.encoding.start([video], template="mp4")
    job = place.job(video)
    await place.encoded(job, attempt=2)
    finish(place.store, job, Outcome(failure=FAILURE))
    await place.archive.keep_new()
    failed = place.again(video)
    assert (failed.encode_state, failed.asset) == (EncodeState.FAILED, video.asset)
    assert await place.names(video) == whole
    place.encoding.start([failed], template="abr")
    assert place.again(video).encode_state is EncodeState.ENCODING


async def test_what_a_job_names_is_there_before_it_says_so(place: Place, tmp_path: Path) -> None:
    video = await place.ingest()
    place.encoding.start([video], template="mp4")
    job = place.job(video)
    names = [f"{video.video_id}-r2{end}.m3u8" for end in ("", "-01")]
    for name in names:
        (tmp_path / name).write_bytes(b"new")
    await make_known(place.objects, job, tmp_path, names=[*names, "segment.m4s"])
    prefix = f"{folder(job)}/{video.video_id}"
    assert await place.objects.get_bytes(f"{prefix}.m3u8") == b"12345", "what it leads to plays until the job is final"
    assert await place.objects.get_bytes(f"{prefix}-01.m3u8") == b"new"
    bare = replace(job, asset=await place.stored(job))
    await make_known(place.objects, bare, tmp_path, names=names)
    assert await place.objects.get_bytes(f"{prefix}.m3u8") == b"new"


async def test_all_are_encoded_again_or_none(place: Place) -> None:
    one, busy = await place.ingest(), await place.ingest()
    place.encoding.start([busy], template="mp4")
    with pytest.raises(NotAllowedNow, match=busy.video_id):
        place.encoding.start([one, busy], template="mp4")
    assert place.again(one).encode_state is EncodeState.ENCODED
    assert place.job(one).attempt == 1


async def test_outputs_of_an_older_release_are_told_from_those_of_later_attempts(place: Place) -> None:
    video = await place.ingest()
    old = replace(video.asset, attempt=0, outputs=())
    prefix = f"{folder(place.job(video))}/{video.video_id}"
    held = [f"{prefix}.m3u8", f"{prefix}-02.m3u8", f"{prefix}-02.mp4", f"{prefix}/01/1.m4s", f"{prefix}-a1.m3u8"]
    later = [f"{prefix}-r2.m3u8", f"{prefix}-r2/01/1.m4s", f"{prefix}-r12-02.mp4"]
    assert [keeps(old, key) for key in (*held, *later)] == [True] * len(held) + [False] * len(later)


async def test_a_deleted_video_leaves_nothing(place: Place) -> None:
    video, other = await place.ingest(), await place.ingest()
    assert await place.video_deletion.delete(video) is None
    with pytest.raises(NotFound):
        place.again(video)
    assert await place.names(video) == set()
    assert place.again(other).video_id == other.video_id
    assert place.events().count("video.deleted") == 1


async def test_a_video_that_comes_with_the_id_of_a_deleted_one_stays(place: Place) -> None:
    """An import keeps the ids of its videos, and a deletion goes on until the store holds nothing any more."""
    video, later = await place.ingest(), await place.ingest()
    task = place.video_deletion._commit(video, access_key="k", only_original=False, notify_url="")
    with place.database.begin() as connection:
        for table in (tables.job, tables.video):
            connection.execute(table.update().where(table.c.job_id == later.job_id).values(video_id=video.video_id))
    await place.video_deletion._advance(task)
    await place.video_deletion.carry_out()
    assert place.again(video).job_id == later.job_id
    assert await place.names(later) != set()


async def test_a_deletion_that_is_not_waited_for_tells_when_the_files_are_gone(place: Place) -> None:
    video = await place.ingest()
    task_id = await place.video_deletion.delete(video, wait=False, notify_url="http://receiver.test/", access_key="k")
    with pytest.raises(NotFound):
        place.again(video)
    assert place.sent() == [], "the files are there"
    await until_true(place.sent)
    await place.video_deletion.carry_out()
    [told] = place.sent()
    assert told | {"timestamp": 0} == {
        "taskId": str(task_id),
        "status": 2,
        "items": [{"videoId": video.video_id, "status": 2}],
        "timestamp": 0,
    }


async def test_a_video_in_use_is_deleted_only_on_demand(place: Place) -> None:
    video = await place.ingest()
    place.encoding.start([video], template="mp4")
    with pytest.raises(Occupied):
        await place.video_deletion.delete(video)
    await place.video_deletion.delete(video, stop_use=True)
    with pytest.raises(NotFound):
        place.again(video)


async def test_the_original_alone_can_go(place: Place) -> None:
    video = await place.ingest()
    assert await place.video_deletion.delete(video, only_original=True) is None
    rest = place.again(video)
    assert rest.updated_at_ms > video.updated_at_ms
    assert (rest.asset.original, rest.asset.playlist_key) == (None, video.asset.playlist_key)
    assert "a.mp4" not in await place.names(video)
    with pytest.raises(NotAllowedNow):
        await place.video_deletion.delete(rest, only_original=True)
    with pytest.raises(NotAllowedNow, match="no original"):
        place.encoding.start([rest], template="mp4")


async def test_all_videos_of_a_category_go(place: Place) -> None:
    videos = [await place.ingest() for _ in range(3)]
    account_id = videos[0].account_id
    tree = Categories(place.database)
    parent = tree.create(account_id, "课程")
    child = tree.create(account_id, "第一季", parent_id=parent.node_id)
    for video, node in zip(videos[:2], (parent, child), strict=True):
        place.library.edit(video.video_id, VideoEdit(labels=[node.node_id]), account_id=account_id)
    place.video_deletion.delete_category(account_id, parent.node_id, notify_url="http://receiver.test/")
    for video in videos[:2]:
        with pytest.raises(NotFound):
            place.again(video)
    await place.video_deletion.carry_out()
    await place.batch_deletion.remove_due()
    await place.video_deletion.carry_out()
    left, _ = place.library.page(VideoFilter(account_id=account_id), limit=10)
    assert [video.video_id for video in left] == [videos[2].video_id]
    assert {item["videoId"] for item in place.sent()[0]["items"]} == {video.video_id for video in videos[:2]}
    assert [each.node_id for each in tree.tree(account_id)] == [parent.node_id, child.node_id]
    tree.delete(account_id, parent.node_id)
    assert tree.create(account_id, "课程").node_id > child.node_id, "an old id must not lead to new videos"


async def test_a_lost_library_is_made_again_from_its_manifests(place: Place, tmp_path: Path) -> None:
    video = await place.ingest()
    tree = Categories(place.database)
    parent = tree.create(video.account_id, "课程")
    child = tree.create(video.account_id, "第一季", parent_id=parent.node_id)
    labels = VideoEdit(name="Émile", description="d", player_id="p", labels=[child.node_id])
    place.library.edit(video.video_id, labels, account_id=video.account_id)
    block(place.library, place.again(video))
    caption = caption_of(video)
    with place.store.transaction() as connection:
        insert_caption(connection, video.video_id, caption)
        moved_in(connection, video)
        assert replaced_poster.show_poster(connection, video.job_id, f"{folder(place.job(video))}/own.jpg")
    await place.archive.keep_new()
    before = place.again(video)
    new = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    migrate(new)
    await Rebuild(new, VAULT, place.objects).run()
    assert Library(new).find(video.video_id, account_id=None) == before
    assert (before.state, before.created_at_ms) == (VideoState.BLOCKED, 123)
    assert before.asset.poster_key.endswith("/own.jpg")
    for database in (place.database, new):
        assert CaptionRows(database).of_video(video.video_id) == [caption]
        with database.connect() as connection:
            led_to = [video_of_old_id(connection, old_id) for old_id in ("old-1", "old-2", "old-3")]
            assert led_to == [video.video_id, video.video_id, None]
            again = Import(**IMPORT | {"import_id": "9" * 32, "account_id": before.account_id})
            known = brought_before(connection, again, ["old-1"])["old-1"]
            assert (known.video_id, known.revision, known.is_here) == (video.video_id, "r", True)
    assert [each.listed for each in ImportRows(new).page(None, limit=9)[0]] == [2]
    tallies, _ = ImportRows(new).figures(["1" * 32])["1" * 32]
    assert {state: tally.entries for state, tally in tallies.items()} == {EntryState.DONE: 1, EntryState.EXISTS: 1}
    found, _ = Library(new).page(VideoFilter(account_id=None, text="éMI", category_names=["第一季"]), limit=9)
    new.dispose()
    assert found == [before]


IMPORT: dict[str, Any] = {
    "import_id": "1" * 32,
    "access_key": "k",
    "kind": "mux",
    "source": "s" * 64,
    "place": {"token_id": "t"},
    "options": ImportOptions(),
    "state": ImportState.DONE,
    "listed": 3,
    "created_at_ms": 5,
}


def moved_in(connection: sa.Connection, video: Video) -> None:
    """Let a video be one that an import brought, and found by another id again; a third id was none."""
    made = Import(**IMPORT, account_id=video.account_id)
    insert_import(connection, made)
    states = {"old-1": EntryState.DONE, "old-2": EntryState.EXISTS, "old-3": EntryState.FAILED}
    listed = [
        ListedEntry(
            number=number,
            origin_id=origin_id,
            revision="r",
            state=state,
            entry=Entry(origin_id, "https://o.test/?token=hush"),
            size_bytes=None,
            duration_ms=None,
            video_id=video.video_id,
            job_id=video.job_id if state is EntryState.DONE else None,
            failure=None,
            at_ms=number,
        )
        for number, (origin_id, state) in enumerate(states.items(), 1)
    ]
    insert_entries(connection, made, listed)
    connection.execute(tables.video.update().values(created_at_ms=123))


def caption_of(video: Video) -> Caption:
    return Caption(
        language="zh-CN",
        label="中文（导演）",
        is_default=True,
        is_forced=False,
        origin=CaptionOrigin.ADDED,
        folder=f"{video.video_id[:4]}-1",
        cues=3,
        left_out=0,
        size_bytes=9,
        updated_at_ms=7,
    )


async def test_an_edit_while_a_manifest_is_written_is_not_lost(place: Place) -> None:
    video = await place.ingest()
    place.library.edit(video.video_id, VideoEdit(name="one"), account_id=video.account_id)
    records = Records(place.database)
    place.library.edit(video.video_id, VideoEdit(name="two"), account_id=video.account_id)
    for record in records.unarchived(limit=9):
        assert record.video is not None
        place.library.edit(video.video_id, VideoEdit(name="three"), account_id=video.account_id)
        records.archived(record, stored_bytes=1)
    [left] = records.unarchived(limit=9)
    assert left.video is not None
    assert left.video.name == "three"


async def test_nothing_is_told_of_an_encode_that_was_called_off(place: Place) -> None:
    video = await place.ingest()
    Callbacks(place.database).set(video.account_id, CallbackKind.TRANSCODE, "http://receiver.test/")
    place.encoding.start([video], template="mp4")
    await place.video_deletion.delete(video, stop_use=True)
    assert place.sent() == []


async def test_no_name_is_as_long_as_some_searches(place: Place) -> None:
    video = await place.ingest()
    assert place.library.page(VideoFilter(account_id=video.account_id, text="%" * 60_000), limit=9) == ([], "")


async def test_an_account_is_told_when_an_encode_ends(place: Place) -> None:
    video = await place.ingest()
    Callbacks(place.database).set(video.account_id, CallbackKind.TRANSCODE, "http://receiver.test/")
    assert place.sent() == []
    for outcome, code in ((None, 200), (FAILURE, 300)):
        place.encoding.start([place.again(video)], template="mp4")
        job = place.job(video)
        asset = None if outcome else await place.encoded(job, attempt=job.attempt)
        place.news.finish_job(JobRef.of(job), Outcome(asset=asset, failure=outcome))
        told = place.sent()[-1]
        assert (told["code"], told["data"]["videoId"]) == (code, video.video_id)
    assert [body["code"] for body in place.sent()] == [200, 300]


def a_public_key() -> str:
    """Return a new Ed25519 public key in PEM."""
    public = Ed25519PrivateKey.generate().public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("own_keys", [0, MAX_LIVE], ids=["none", "most"])
async def test_news_are_signed_by_a_key_that_is_made_for_them(place: Place, own_keys: int) -> None:
    video = await place.ingest()
    for _ in range(own_keys):  # which sign what the account makes, and nothing here
        PlaybackKeys(place.database, VAULT).add_public(video.account_id, a_public_key())
    Callbacks(place.database).set(video.account_id, CallbackKind.TRANSCODE, "http://receiver.test/")
    place.library.edit(video.video_id, VideoEdit(playback="signed"), account_id=None)
    place.encoding.start([place.again(video)], template="mp4")
    job = place.job(video)
    asset = await place.encoded(job, attempt=job.attempt)
    assert place.news.finish_job(JobRef.of(job), Outcome(asset=asset))
    [told] = place.sent()
    assert told["data"]["autoCode"].startswith("/play/")
    assert len(PlaybackKeys(place.database, VAULT).listed(video.account_id)) == own_keys + 1
    assert not place.news.finish_job(JobRef.of(job), Outcome(asset=asset)), "it is over"


async def test_the_most_of_a_day_is_kept(place: Place) -> None:
    video = await place.ingest()
    days = StorageDays(place.database)
    assert days.peaks(video.account_id, first=days.today(), last=days.today()) == {days.today(): 20}
    await place.video_deletion.delete(await place.ingest())
    await place.video_deletion.delete(video)
    await place.ingest()
    assert days.peaks(video.account_id, first=days.today(), last=days.today()) == {days.today(): 40}
    assert days.peaks("nobody", first=days.today(), last=days.today()) == {days.today(): 0}
