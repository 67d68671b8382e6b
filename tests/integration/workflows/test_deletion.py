"""Deletion, expiry, sweep and rebuild on a real database and real stores."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.services.s3 import BUCKET
from tests.stored import ASSET, FAILURE, VAULT, accept, finish

from vodpull.accounts.access_keys import Accounts
from vodpull.database import tables
from vodpull.errors import NotFound
from vodpull.jobs.deletions import Deletions
from vodpull.jobs.job_folders import folder_of, manifest_of_job
from vodpull.jobs.model import BatchView, Job
from vodpull.jobs.owned_files import Holdings
from vodpull.jobs.store import next_attempt
from vodpull.jobs.store.abandoned_work_folders import work_is_over
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.storage import open_store
from vodpull.storage.object_store import ObstoreObjects
from vodpull.workflows.delivery.job_news import JobNews
from vodpull.workflows.delivery.outbox import Outbox
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Queues
from vodpull.workflows.requests.batch_deletion import BatchDeletion
from vodpull.workflows.requests.cancel_and_retry import Control
from vodpull.workflows.upkeep import orphans
from vodpull.workflows.upkeep.batch_retention import DAY_MS, expire
from vodpull.workflows.upkeep.manifest_writing import Archive
from vodpull.workflows.upkeep.orphans import ORPHAN_AGE_S, Sweep
from vodpull.workflows.upkeep.rebuild import Rebuild, Rebuilt


@dataclass(frozen=True, kw_only=True)
class House:
    database: sa.Engine
    store: Store
    accounts: Accounts
    objects: ObstoreObjects
    batch_deletion: BatchDeletion
    archive: Archive
    rebuild: Rebuild

    def accept(self, *, jobs: int = 1) -> BatchView:
        return accept(self.store, self.accounts, jobs=jobs)

    async def ingest(self, *, jobs: int = 1) -> BatchView:
        """Return a batch whose jobs are done, with two files each."""
        view = self.accept(jobs=jobs)
        for job in view.jobs:
            for name in ("a.mp4", f"{job.video_id}/1.m4s"):
                await self.objects.put_bytes(f"{folder(job)}/{name}", b"12345")
            file = replace(ASSET.files[0], key=f"{folder(job)}/a.mp4")
            finish(self.store, job, Outcome(asset=replace(ASSET, files=(file,))))
        await self.archive.keep_new()
        again = self.store.find_batch(view.batch.batch_id)
        assert again is not None
        return again

    def sweep(self) -> Sweep:
        return Sweep(
            Holdings(self.database), self.objects, uploads=self.objects, is_over=partial(work_is_over, self.database)
        )

    async def keys(self) -> list[str]:
        return await self.objects.list_keys("")


def folder(job: Job) -> str:
    return folder_of(directory=job.directory, created_at_ms=job.created_at_ms, origin=job.origin)


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObstoreObjects:
    if request.param == "folder":
        return open_store((tmp_path / "store").as_uri())
    for name, value in request.getfixturevalue("s3_environment").items():
        monkeypatch.setenv(name, value)
    return open_store(f"s3://{BUCKET}/{tmp_path.name}")


@pytest.fixture
def house(database: sa.Engine, objects: ObstoreObjects) -> Iterator[House]:
    engine = Engine(database)
    engine.attach()
    yield make_house(database, engine, objects)
    engine.shutdown()


def make_house(database: sa.Engine, engine: Engine, objects: ObstoreObjects) -> House:
    store, accounts = Store(database), Accounts(database, VAULT)
    queues = Queues.of(fetch_slots=1, encode_slots=1)
    outbox = Outbox(store, accounts, engine=engine, queues=queues)
    news = JobNews(store, accounts, outbox, engine=engine, queues=queues)
    control = Control(store, news, engine=engine, queues=queues)
    return House(
        database=database,
        store=store,
        accounts=accounts,
        objects=objects,
        batch_deletion=BatchDeletion(Deletions(database), control, objects),
        archive=Archive(database, VAULT, objects),
        rebuild=Rebuild(database, VAULT, objects),
    )


@pytest.fixture
def a_day_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make everything stored until now old enough to be swept."""
    monkeypatch.setattr(orphans, "now_s", lambda: time.time() + ORPHAN_AGE_S + 60)


async def test_a_deleted_batch_leaves_nothing_in_the_store(house: House) -> None:
    gone, kept = await house.ingest(jobs=2), await house.ingest()
    assert await house.batch_deletion.delete(gone.batch.batch_id, account_id=gone.batch.account_id)
    [job] = kept.jobs
    assert [key for key in await house.keys() if job.directory not in key] == []
    assert len(await house.keys()) == 3


async def test_a_deleted_job_leaves_its_neighbours_alone(house: House) -> None:
    view = await house.ingest(jobs=2)
    assert await house.batch_deletion.delete(view.batch.batch_id, account_id=view.batch.account_id, position=0)
    assert {job.directory in key for job in view.jobs[:1] for key in await house.keys()} == {False}
    assert len(await house.keys()) == 3


async def test_what_is_under_way_is_stopped_first(house: House) -> None:
    view = house.accept(jobs=2)
    assert not await house.batch_deletion.delete(view.batch.batch_id, account_id=view.batch.account_id, position=1)
    found = house.store.find_batch(view.batch.batch_id)
    assert found is not None
    assert [job.stage.value for job in found.jobs] == ["waiting", "cancelled"]


async def test_deleting_again_is_the_same(house: House) -> None:
    batch = (await house.ingest()).batch
    for _ in range(2):
        assert await house.batch_deletion.delete(batch.batch_id, account_id=batch.account_id)


@pytest.mark.parametrize(("account", "position"), [("somebody else", None), ("", 7)])
async def test_what_the_account_does_not_have_is_not_found(house: House, account: str, position: int | None) -> None:
    batch = (await house.ingest()).batch
    with pytest.raises(NotFound):
        await house.batch_deletion.delete(batch.batch_id, account_id=account or batch.account_id, position=position)
    with pytest.raises(NotFound):
        await house.batch_deletion.delete("0" * 32, account_id=batch.account_id)


async def test_an_expired_batch_goes_with_its_files(house: House) -> None:
    batch = (await house.ingest()).batch
    now_ms = int(1000 * time.time())
    assert expire(Deletions(house.database), now_ms=now_ms, keep_days=1.0) == 0
    assert expire(Deletions(house.database), now_ms=now_ms + 2 * DAY_MS, keep_days=1.0) == 1
    await house.batch_deletion.remove_due()
    assert house.store.find_batch(batch.batch_id) is None
    assert await house.keys() == []


@pytest.mark.usefixtures("a_day_later")
async def test_only_what_no_job_owns_is_swept(house: House) -> None:
    await house.ingest()
    under_way = house.accept().jobs[0]
    await house.objects.put_bytes(f"{folder(under_way)}/a.mp4", b"x")
    await house.objects.put_bytes("pullvideo/note.txt", b"somebody's own")
    before = await house.keys()
    orphan = f"pullvideo/202601/{'0' * 32}/v/1.m4s"
    await house.objects.put_bytes(orphan, b"x")
    assert (await house.sweep().run()).removed == 1
    assert await house.keys() == before


async def test_what_is_younger_than_a_day_is_not_swept(house: House) -> None:
    house.accept()
    await house.objects.put_bytes(f"pullvideo/202601/{'0' * 32}/a.mp4", b"x")
    assert (await house.sweep().run()).removed == 0


async def give_up(house: House) -> str:
    """Leave a failed job with more than its original, and return the key of that."""
    job = house.accept().jobs[0]
    original = f"{folder(job)}/a.mp4"
    for key in (original, f"{folder(job)}/v/1.m4s"):
        await house.objects.put_bytes(key, b"x")
    asset = replace(ASSET, files=(replace(ASSET.files[0], key=original),))
    house.store.record_pulled(JobRef.of(job), asset)
    finish(house.store, job, Outcome(failure=FAILURE))
    return original


@pytest.mark.usefixtures("a_day_later")
async def test_what_a_job_that_was_given_up_holds_beyond_its_original_is_swept(house: House) -> None:
    original = await give_up(house)
    assert (await house.sweep().run()).removed == 1
    assert await house.keys() == [original]


async def test_a_job_that_was_given_up_keeps_its_original_only(house: House) -> None:
    original = await give_up(house)
    await house.archive.keep_new()
    assert [key for key in await house.keys() if not key.startswith("manifests/")] == [original]


@pytest.mark.usefixtures("a_day_later")
async def test_intermediate_results_of_ended_attempts_are_swept(house: House) -> None:
    done = (await house.ingest()).jobs[0]
    under_way = house.accept().jobs[0]
    kept = f"work/{under_way.directory}-1/plan/index.json"
    await house.objects.put_bytes(kept, b"x")
    await house.objects.put_bytes(f"work/{done.directory}-1/plan/index.json", b"x")
    assert (await house.sweep().run()).removed == 1
    assert await house.objects.list_keys("work") == [kept]


@pytest.mark.usefixtures("a_day_later")
async def test_an_empty_database_judges_nothing(house: House) -> None:
    orphan = f"pullvideo/202601/{'0' * 32}/a.mp4"
    await house.objects.put_bytes(orphan, b"x")
    assert (await house.sweep().run()).removed == 0
    assert await house.keys() == [orphan]


@pytest.mark.usefixtures("a_day_later")
async def test_a_folder_with_a_manifest_is_kept_although_the_database_lacks_it(house: House) -> None:
    await house.ingest()
    lose(house.database)
    house.accept()
    before = await house.keys()
    swept = await house.sweep().run()
    assert (swept.removed, swept.unknown) == (0, 1)
    assert await house.keys() == before


async def test_unfinished_uploads_to_a_folder_are_swept(tmp_path: Path, house: House) -> None:
    folder_store = open_store((tmp_path / "other").as_uri())
    part = tmp_path / "other" / "a.mp4#1"
    part.write_bytes(b"cut off")
    os.utime(part, (1000, 1000))
    assert (await replace(house, objects=folder_store).sweep().run()).parts == 1


async def test_a_lost_database_is_made_again_from_the_manifests(house: House) -> None:
    view = await house.ingest(jobs=2)
    lose(house.database)
    assert await house.rebuild.run() == Rebuilt(added=2, known=0, unreadable=0)
    assert await house.rebuild.run() == Rebuilt(added=0, known=2, unreadable=0)
    found = house.store.find_batch(view.batch.batch_id)
    assert found is not None
    assert found.jobs == view.jobs
    assert house.accounts.account_named("alice") == view.batch.account_id


async def test_an_account_that_was_made_again_gets_its_batches_back(house: House) -> None:
    view = await house.ingest()
    lose(house.database)
    fresh = house.accounts.find_live(house.accounts.create_key("alice").access_key)
    assert fresh is not None
    await house.rebuild.run()
    found = house.store.find_batch(view.batch.batch_id)
    assert found is not None
    assert found.batch.account_id == fresh.account_id


async def test_strange_manifests_are_counted_and_left_alone(house: House) -> None:
    job = (await house.ingest()).jobs[0]
    key = manifest_of_job(directory=job.directory, created_at_ms=job.created_at_ms)
    await house.objects.put_bytes("manifests/202601/x.json", await house.objects.get_bytes(key))
    await house.objects.put_bytes("manifests/202601/y.json", b"{")
    assert await house.rebuild.run() == Rebuilt(added=0, known=1, unreadable=2)


async def test_the_manifest_of_a_retried_job_follows(house: House) -> None:
    job = house.accept().jobs[0]
    finish(house.store, job, Outcome(failure=FAILURE))
    assert await house.archive.keep_new() == 1
    with house.store.transaction() as connection:
        again = next_attempt.reset_job(connection, JobRef.of(job))
    assert again is not None
    assert await house.archive.keep_new() == 0
    with house.store.transaction() as connection:
        house.store.finish_job(connection, again, Outcome(asset=ASSET))
    assert await house.archive.keep_new() == 1


def lose(database: sa.Engine) -> None:
    """Forget every batch and account."""
    with database.begin() as connection:
        for table in (
            tables.removal,
            tables.event,
            tables.job_stage,
            tables.job,
            tables.batch,
            tables.access_key,
            tables.account,
        ):
            connection.execute(table.delete())
