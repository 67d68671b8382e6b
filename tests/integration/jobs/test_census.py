"""The census on both databases, beside the real tables of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa
from tests.stored import VAULT

from vodpull.accounts.access_keys import Accounts
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.connection import database_time_s
from vodpull.database.ids import new_id
from vodpull.jobs.figures.census import QueueLength, take_census
from vodpull.jobs.model import Batch, BatchView, Job
from vodpull.jobs.notices.deliveries import Deliveries, Delivery, DeliveryState
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.store import Store
from vodpull.workflows.engine.engine import Call, Engine
from vodpull.workflows.engine.queue_lengths import measure_queues
from vodpull.workflows.engine.slot_claims import Queue

WORK = Queue(name="work", slots=1)

HOUR_MS = 3_600_000


@pytest.fixture
def engine(database: sa.Engine) -> Iterator[Engine]:
    engine = Engine(database)
    engine.attach()
    yield engine
    engine.shutdown()


def accept(database: sa.Engine, stages: list[Stage]) -> BatchView:
    accounts = Accounts(database, VAULT)
    made = accounts.create_key("alice")
    batch = Batch(batch_id=new_id(0), account_id=accounts.account_named("alice"), trans_no="t", template="abr")
    jobs = tuple(
        Job(
            job_id=new_id(0),
            batch_id=batch.batch_id,
            position=position,
            file_name="a.mp4",
            source_url="http://origin.test/a.mp4",
            md5="",
            video_id=new_id(0),
            directory=new_id(0),
            stage=stage,
        )
        for position, stage in enumerate(stages)
    )
    view = BatchView(batch=batch, jobs=jobs)
    store = Store(database)
    with store.transaction() as connection:
        store.add_batch(connection, view, access_key=made.access_key)
    return view


@pytest.mark.usefixtures("engine")
def test_an_empty_database_has_every_figure_at_zero(database: sa.Engine) -> None:
    census = take_census(database, queues=partial(measure_queues, database, ["work"]), alive_s=30)
    assert census.jobs == dict.fromkeys(Stage, 0)
    assert census.deliveries == dict.fromkeys(DeliveryState, 0)
    assert census.queues == {"work": QueueLength()}
    assert (census.oldest_pending_delivery_s, census.executors) == (0, 0)


@pytest.mark.usefixtures("engine")
def test_jobs_are_counted_by_stage(database: sa.Engine) -> None:
    accept(database, [Stage.WAITING, Stage.WAITING, Stage.DONE])
    counted = take_census(database, queues=dict, alive_s=30).jobs
    assert {stage: count for stage, count in counted.items() if count} == {Stage.WAITING: 2, Stage.DONE: 1}


def test_a_queue_counts_what_waits_now_and_not_what_is_planned(database: sa.Engine, engine: Engine) -> None:
    call = Call(workflow="toil", queue=WORK, workflow_id="a", argument={})
    planned = replace(call, workflow_id="b", delay_s=600.0)
    elsewhere = replace(call, workflow_id="c", queue=Queue(name="elsewhere", slots=1))
    with database.begin() as connection:
        for each in (call, planned, elsewhere):
            engine.start(connection, each)
    queues = take_census(database, queues=partial(measure_queues, database, ["work"]), alive_s=30).queues
    assert queues.keys() == {"work"}
    assert queues["work"].waiting == 1
    assert 0 <= queues["work"].oldest_s < 600


@pytest.mark.usefixtures("engine")
def test_the_oldest_notification_that_may_still_arrive_gives_the_lag(database: sa.Engine) -> None:
    batch = accept(database, [Stage.DONE]).batch
    pending = Delivery(
        delivery_id="a",
        account_id=batch.account_id,
        batch_id=batch.batch_id,
        position=None,
        url="http://receiver.test/",
        body="x",
        state=DeliveryState.PENDING,
        created_at_ms=now_ms() - HOUR_MS,
    )
    given_up = replace(pending, delivery_id="b", state=DeliveryState.GIVEN_UP, created_at_ms=0)
    with database.begin() as connection:
        for delivery in (pending, given_up):
            Deliveries(database).add(connection, delivery)
    census = take_census(database, queues=dict, alive_s=30)
    assert (census.deliveries[DeliveryState.PENDING], census.deliveries[DeliveryState.GIVEN_UP]) == (1, 1)
    assert 3600 <= census.oldest_pending_delivery_s < 7200


@pytest.mark.usefixtures("engine")
def test_only_processes_that_were_heard_of_lately_are_alive(database: sa.Engine) -> None:
    now_s = database_time_s(database)
    rows = [
        {"executor_id": name, "application_version": "1", "seen_at_s": now_s - silent_s}
        for name, silent_s in (("live", 1), ("dead", 60), ("stopped", now_s))
    ]
    with database.begin() as connection:
        connection.execute(tables.executor.insert(), rows)
    assert take_census(database, queues=dict, alive_s=30).executors == 1
