"""What begins before a step asks for it: real FFmpeg, a real database and shelf, and no steps yet."""

from __future__ import annotations

import asyncio
import errno
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import imageio_ffmpeg
import pytest
import sqlalchemy as sa
from tests.integration.jobs.test_store import FAILURE, accept
from tests.services.vodpull import processes_on

from vodpull import fetch, media
from vodpull.accounts.keys import Accounts
from vodpull.accounts.vault import Vault
from vodpull.database.connection import migrate, open_database
from vodpull.errors import Md5Mismatch, MediaTruncated, StorageError
from vodpull.jobs.model import Job
from vodpull.jobs.retries import SourceRetries
from vodpull.jobs.store import JobRef, Outcome, Store
from vodpull.jobs.templates import load_templates
from vodpull.media.tools.run import find_toolbox
from vodpull.storage import open_store
from vodpull.workflows.attempt import early
from vodpull.workflows.attempt.admission import Admission, Thresholds
from vodpull.workflows.attempt.context import Capabilities
from vodpull.workflows.attempt.early import EarlyEncoder, HeadStart
from vodpull.workflows.attempt.meters import Watch
from vodpull.workflows.attempt.planned import PLAN
from vodpull.workflows.attempt.produce import Production

LIMIT_S = 30
"""Of every wait, on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One job whose source is here."""

    can: Capabilities
    job: Job
    source: Path

    def results(self) -> list[str]:
        """Return what is complete, without the digests in the names."""
        folder = self.can.work_folder.joinpath(f"{self.job.directory}-1", "results")
        names = [path.name for path in folder.glob("*")]
        return sorted("-".join(name.split("-")[:2]) for name in names)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path / 'vodpull.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


def bench(database: sa.Engine, tmp_path: Path, *, seconds: int, kind: str = "mp4", is_shared: bool = False) -> Bench:
    source = tmp_path / f"source.{kind}"
    words = ["-v", "error", "-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d={seconds}", "-c:v", "mpeg4"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *words, str(source)], check=True, timeout=120)
    store = Store(database)
    can = Capabilities(
        store=store,
        objects=open_store(f"file://{tmp_path / 'objects'}"),
        is_shared=is_shared,
        guard=fetch.AddressGuard(),
        host_limits=fetch.HostLimits(),
        toolbox=find_toolbox("", sandbox="auto"),
        work_folder=tmp_path / "work",
        admission=Admission(tmp_path, Thresholds(min_free_bytes=0, max_backlog=9), backlog=lambda: 0),
        templates=load_templates(tmp_path / "templates"),
        fetch_limits=fetch.FetchLimits(max_bytes=10**9),
        source_retries=SourceRetries.parse(()),
        max_duration_s=3600,
        watch=Watch(),
        encode_slots=2,
    )
    [job] = accept(store, Accounts(database, Vault("a master key for tests")), jobs=1).jobs
    return Bench(can=can, job=job, source=source)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not holds():
            await asyncio.sleep(0.05)


async def begin(bench: Bench) -> HeadStart:
    started = HeadStart(bench.can, Production(bench.can))
    started.begin(bench.job, await media.probe(bench.source, toolbox=bench.can.toolbox), bench.source)
    return started


async def test_plan_and_first_chunk_are_made_before_any_step_asks(database: sa.Engine, tmp_path: Path) -> None:
    made = bench(database, tmp_path, seconds=60)
    started = await begin(made)
    await until(lambda: not started._watches)
    assert made.results() == ["chunk-0", PLAN]


async def test_an_attempt_that_is_over_ends_it(database: sa.Engine, tmp_path: Path) -> None:
    made = bench(database, tmp_path, seconds=600, kind="avi")  # which is not cut into chunks
    started = await begin(made)
    await until(lambda: bool(processes_on(made.can.work_folder)))
    with made.can.store.transaction() as connection:
        made.can.store.finish_job(connection, JobRef.of(made.job), Outcome(failure=FAILURE))
    await until(lambda: not started._watches)
    assert not processes_on(made.can.work_folder)
    assert "chunk-0" not in made.results()


async def test_where_others_take_chunks_nothing_is_begun(database: sa.Engine, tmp_path: Path) -> None:
    made = bench(database, tmp_path, seconds=1, is_shared=True)
    _started = await begin(made)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(until(made.can.work_folder.exists), timeout=1)


class Arriving:
    """A file of which something is here."""

    def __init__(self, path: Path) -> None:
        self.path, self.size_bytes, self.generation = path, path.stat().st_size, 0

    def spans(self) -> list[tuple[int, int]]:
        return [(0, self.size_bytes)]


FAILURES = [
    OSError(errno.EACCES, "not allowed"),
    MediaTruncated("cut"),
    sa.exc.OperationalError("", {}, Exception("away")),
    ZeroDivisionError("a defect"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
@pytest.mark.parametrize("place", ["probe_part", "foresee", "encode_chunk"])
async def test_whatever_fails_early_the_fetch_goes_on(
    database: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, place: str
) -> None:
    made = bench(database, tmp_path, seconds=1)
    failed = asyncio.Event()

    async def fail(*_: object, **__: object) -> None:
        failed.set()
        raise failure

    monkeypatch.setattr(early, "LOOK_S", 0.01)
    production = Production(made.can)
    info = await media.probe(made.source, toolbox=made.can.toolbox)

    async def foresee(*_: object, **__: object) -> media.Forecast:
        return media.Forecast(info=info, stop_bytes=None)

    monkeypatch.setattr(media, "probe_part", foresee)
    monkeypatch.setattr(media if place == "probe_part" else production, place, fail)
    async with asyncio.timeout(LIMIT_S), EarlyEncoder(made.can, production, made.job).encoding() as begin:
        begin(cast("Any", Arriving(made.source)))
        await failed.wait()


async def test_cleaning_up_stops_everything_and_hides_no_error_of_the_fetch(
    database: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(database, tmp_path, seconds=600, kind="avi", is_shared=True)
    production = Production(made.can)
    encoder = EarlyEncoder(made.can, production, made.job)
    info = await media.probe(made.source, toolbox=made.can.toolbox)

    async def refuse(*_: object) -> None:
        raise StorageError("the store refuses")

    async def whole(*_: object, **__: object) -> None:
        plan = await production.foresee(made.job, info)
        assert plan is not None
        made.can.workplace(made.job).open()
        await production.encode_chunk(made.job, plan, plan.chunks[0], part=made.source)

    with pytest.raises(Md5Mismatch):
        async with encoder.encoding():
            encoder._encodes.add(asyncio.create_task(whole()))
            await until(lambda: bool(processes_on(made.can.work_folder)))
            monkeypatch.setattr(early, "clear_shelf", refuse)
            raise Md5Mismatch("another file")
    assert not processes_on(made.can.work_folder)
