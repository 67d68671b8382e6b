"""What begins before a step asks for it: real FFmpeg, a real database and store, and no steps yet."""

from __future__ import annotations

import asyncio
import errno
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from tests.integration.workflows.attempts import Bench, bench, pulled
from tests.services.vodpull import processes_on
from tests.stored import FAILURE
from tests.waiting import until_true

from vodpull import media
from vodpull.errors import Md5Mismatch, MediaTruncated, StorageError
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef
from vodpull.media.confined.comparison.source_fingerprints import SIGHTS
from vodpull.media.verify.compared_instants import picture_instants
from vodpull.workflows.attempt.ahead import early_chunks, head_start
from vodpull.workflows.attempt.ahead.early_chunks import EarlyEncoder
from vodpull.workflows.attempt.ahead.foreseen_plans import ForeseenPlans
from vodpull.workflows.attempt.ahead.head_start import HeadStart
from vodpull.workflows.attempt.produce import Production
from vodpull.workflows.attempt.proof_looks import SeenAhead
from vodpull.workflows.attempt.workspace.pieces import PLAN
from vodpull.workflows.attempt.workspace.preview_note import read_note

LIMIT_S = 120
"""Of every wait, on a busy machine."""


async def begin(bench: Bench) -> HeadStart:
    started = HeadStart(bench.can, Production(bench.can))
    started.begin(bench.job, await media.probe(bench.source, toolbox=bench.can.toolbox), bench.source)
    return started


async def test_plan_and_first_chunk_are_made_before_any_step_asks(database: sa.Engine, tmp_path: Path) -> None:
    made = bench(database, tmp_path, seconds=60)
    started = await begin(made)
    await until_true(lambda: not started._watches)
    assert made.results() == ["chunk-0", PLAN]


async def test_meanwhile_the_source_is_seen_for_the_proof(database: sa.Engine, tmp_path: Path) -> None:
    made = bench(database, tmp_path, seconds=12)
    production = Production(made.can)
    info = await media.probe(made.source, toolbox=made.can.toolbox)
    started = HeadStart(made.can, production)
    started.begin(made.job, info, made.source)
    seen = made.can.workspace(made.job).seen / SIGHTS
    plan = (await production.plan(made.job, info, source=made.source)).plan
    await until_true(lambda: seen.exists() and len(seen.read_text().splitlines()) == 1 + len(picture_instants(plan)))
    assert await production.seen_ahead.take(made.job) == seen.parent
    await until_true(lambda: not started._watches)


async def test_so_it_is_beside_the_encode_of_one_chunk_wherever_that_is_made(
    database: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, info = await pulled(bench(database, tmp_path, seconds=2, is_shared=True))
    production, folders = Production(made.can), list[Path]()

    async def look(_plan: object, original: media.Original, folder: Path, **_: object) -> None:
        assert original.path == made.can.workspace(made.job).source
        folders.append(folder)
        await asyncio.Event().wait()  # it never ends by itself

    monkeypatch.setattr(media, "look_ahead", look)
    async with asyncio.timeout(LIMIT_S):
        await production.make_all(made.job, info)
        assert folders == [await production.seen_ahead.take(made.job)]
        await production.make_all(made.job, info)
    assert len(folders) == 1, "once"


async def test_a_proof_waits_for_nothing_that_is_still_to_be_seen(database: sa.Engine, tmp_path: Path) -> None:
    made = bench(database, tmp_path, seconds=600)
    info, ahead = await media.probe(made.source, toolbox=made.can.toolbox), SeenAhead(made.can)
    plan = (await Production(made.can).plan(made.job, info, source=made.source)).plan
    original = media.Original(path=made.source, info=info)
    assert await ahead.take(made.job) is None, "nothing was begun"
    other = replace(made.job, directory="other")
    first, second = (asyncio.create_task(ahead.look(job, plan, original)) for job in (made.job, other))
    folder = made.can.workspace(made.job).seen
    await until_true((folder / SIGHTS).exists)
    assert await ahead.take(other) is None, "one at a time"
    assert await ahead.take(made.job) == folder
    assert not processes_on(made.can.work_folder)
    await asyncio.gather(first, second)


async def test_an_attempt_that_is_over_ends_it(database: sa.Engine, tmp_path: Path) -> None:
    made = bench(database, tmp_path, seconds=600, kind="avi")  # which is not cut into chunks
    started = await begin(made)
    await until_true(lambda: bool(processes_on(made.can.work_folder)))
    with made.can.store.transaction() as connection:
        made.can.store.finish_job(connection, JobRef.of(made.job), Outcome(failure=FAILURE))
    await until_true(lambda: not started._watches)
    assert not processes_on(made.can.work_folder)
    assert "chunk-0" not in made.results()


async def test_it_is_asked_once_to_end_however_long_that_takes(
    database: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head_start, "LOOK_S", 0.001)
    made = bench(database, tmp_path, seconds=1)
    cleaned_up: list[bool] = []

    async def clean_up_slowly(_self: HeadStart, *_: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned_up.append(False)
            for _turn in range(200):
                await asyncio.sleep(0.001)
            cleaned_up.append(True)

    monkeypatch.setattr(HeadStart, "_run", clean_up_slowly)
    started = await begin(made)
    with made.can.store.transaction() as connection:
        made.can.store.finish_job(connection, JobRef.of(made.job), Outcome(failure=FAILURE))
    await until_true(lambda: not started._watches)
    assert cleaned_up == [False, True]


async def test_where_others_take_chunks_nothing_is_begun(database: sa.Engine, tmp_path: Path) -> None:
    made = bench(database, tmp_path, seconds=1, is_shared=True)
    _started = await begin(made)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(until_true(made.can.work_folder.exists), timeout=1)


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

    monkeypatch.setattr(early_chunks, "LOOK_S", 0.01)
    production = Production(made.can)
    info = await media.probe(made.source, toolbox=made.can.toolbox)

    async def foresee(*_: object, **__: object) -> media.Forecast:
        return media.Forecast(info=info, stop_bytes=None)

    monkeypatch.setattr(media, "probe_part", foresee)
    owner = {"probe_part": media, "foresee": ForeseenPlans, "encode_chunk": production}[place]
    monkeypatch.setattr(owner, place, fail)
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
        plan = await ForeseenPlans(made.can, production.planning).foresee(made.job, info)
        assert plan is not None
        made.can.workspace(made.job).open()
        await production.encode_chunk(made.job, plan, plan.chunks[0], part=made.source)

    with pytest.raises(Md5Mismatch):
        async with encoder.encoding():
            encoder._encodes.add(asyncio.create_task(whole()))
            await until_true(lambda: bool(processes_on(made.can.work_folder)))
            monkeypatch.setattr(early_chunks, "clear_pieces", refuse)
            raise Md5Mismatch("another file")
    assert not processes_on(made.can.work_folder)


async def test_a_preview_shows_what_is_here_already_and_no_less_after_it(database: sa.Engine, tmp_path: Path) -> None:
    made, info = await pulled(bench(database, tmp_path, seconds=42))
    production, folder = Production(made.can), made.can.workspace(made.job).preview
    for number in (0, 1):
        await production.make_chunk(made.job, info, number)
    assert await production.preview(made.job, info, chunks=1) is not None
    shown = read_note(folder)
    assert (shown.chunks, shown.segments) == (2, 6)
    assert await production.preview(made.job, info, chunks=1) is None
    await production.make_chunk(made.job, info, 2)
    assert await production.preview(made.job, info, chunks=2) is None, "the whole comes next"
    assert read_note(folder) == shown
