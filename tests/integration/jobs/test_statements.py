"""Lists ask the database a fixed number of times, however long they are."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.statements import statements
from tests.stored import VAULT, accepted

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.clock import now_ms
from vodpull.database.connection import open_database
from vodpull.jobs.deletions import Deletions
from vodpull.jobs.manifests.records import Records
from vodpull.jobs.notices.deliveries import Attempt, Deliveries, DeliveryState, new_delivery
from vodpull.jobs.owned_files import Holdings
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.status.listing import Filter, Listing
from vodpull.jobs.store.abandoned_work_folders import work_is_over
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.remembered_requests import forget_old
from vodpull.notify import INSPECTOR_URL
from vodpull.videos.deferred_calls import DeferredCalls, DeferredKind
from vodpull.workflows.delivery.built_in_receiver import Inspector

HEADERS = '{"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,x"}'


def fill(database: sa.Engine, key: NewKey, count: int) -> str:
    deliveries = Deliveries(database)
    for _ in range(count):
        view = accepted(database, key, jobs=3, notify_url=f"{INSPECTOR_URL}a")
        with database.begin() as connection:
            sent = [new_delivery(view, job=None, body="x"), new_delivery(view, job=view.jobs[0], body="x")]
            for delivery in sent:
                deliveries.add(connection, delivery)
                attempt = Attempt(number=0, at_ms=now_ms(), status=200, latency_ms=1, error="", response_head=HEADERS)
                for number in range(2):
                    deliveries.record(
                        connection,
                        delivery.delivery_id,
                        replace(attempt, number=number),
                        state=DeliveryState.DELIVERED,
                    )
    return view.batch.batch_id


def test_lists_take_the_same_few_statements_for_any_length(database: sa.Engine, key: NewKey) -> None:
    listing, deliveries = Listing(database), Deliveries(database)
    mine = Accounts(database, VAULT).account_named("acme")
    inspector = Inspector(deliveries, Accounts(database, VAULT))
    lists: dict[str, tuple[int, Callable[[], object]]] = {
        "page": (2, lambda: listing.page(Filter(account_id=None), limit=100)),
        "own": (2, lambda: listing.briefs(Filter(account_id=mine), limit=100)),
        "running": (2, lambda: listing.page(Filter(account_id=mine, is_final=False), limit=100)),
        "waiting": (3, lambda: listing.page(Filter(account_id=None, stage=Stage.WAITING), limit=100)),
        "transNo": (2, lambda: listing.page(Filter(account_id=mine, trans_no="t"), limit=100)),
        "search": (3, lambda: listing.page(Filter(account_id=None, text="o.test"), limit=100)),
        "id": (2, lambda: listing.page(Filter(account_id=None, text=newest), limit=100)),
        "deliveries": (2, lambda: deliveries.list_for(newest)),
        # The attempts, and once the account's secret and the key that asked.
        "inspector": (3, inspector.newest),
    }
    for count in (2, 12):
        newest = fill(database, key, count)
        found = {name: statements(database, call) for name, (_, call) in lists.items()}
        assert found == {name: most for name, (most, _) in lists.items()}
    assert len(listing.page(Filter(account_id=None), limit=100)[0]) == 14
    assert len(inspector.newest()) == 50


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Filter(account_id=None), "ix_batch_created"),
        (Filter(account_id="a"), "ix_batch_account_created"),
        (Filter(account_id=None, is_final=False), "ix_batch_finished"),
        (Filter(account_id="a", is_final=False), "ix_batch_account_open"),
        (Filter(account_id="a", trans_no="t"), "ix_batch_account_trans_no"),
        (Filter(account_id=None, stage=Stage.FAILED), "ix_job_stage_batch"),
        (Filter(account_id=None, text="o.test"), "ix_batch_created"),
    ],
)
def test_every_filter_has_an_index_in_the_order_of_the_list(
    planned: tuple[sa.Engine, list[str]], wanted: Filter, index: str
) -> None:
    database, plans = planned
    Listing(database).page(wanted, limit=20)
    assert any(index in plan for plan in plans), plans
    assert not scans(plans)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "ix_delivery_account"),
        ({"batch_id": "b"}, "ix_delivery_batch_position"),
        ({"state": DeliveryState.PENDING}, "ix_delivery_state"),
    ],
)
def test_every_filter_of_deliveries_has_an_index(
    planned: tuple[sa.Engine, list[str]], wanted: dict[str, Any], index: str
) -> None:
    database, plans = planned
    Deliveries(database).page("a", limit=20, **wanted)
    assert index in plans[0], plans


HOUSEKEEPING: dict[str, Callable[[sa.Engine], object]] = {
    "manifests": lambda database: Records(database).unarchived(limit=9),
    "expired": lambda database: Deletions(database).expired(finished_before_ms=1, limit=9),
    "removals": lambda database: Deletions(database).due(limit=9),
    "superseded": lambda database: Holdings(database).superseded(limit=9),
    "holdings": lambda database: Holdings(database).of(["a"], settled_before_ms=1),
    "deletions": lambda database: DeferredCalls(database).unfinished(DeferredKind.DELETE, limit=9),
    "requests": forget_old,
    "work folders": lambda database: work_is_over(database, "a-1"),
    "waiting": lambda database: Store(database).count_waiting_for_encoder(),
}


@pytest.mark.parametrize("chore", HOUSEKEEPING)
def test_housekeeping_does_not_grow_with_what_is_finished(planned: tuple[sa.Engine, list[str]], chore: str) -> None:
    database, plans = planned
    HOUSEKEEPING[chore](database)
    assert plans
    assert not scans(plans)


@pytest.fixture
def planned(tmp_path: Path, sqlite_with_tables: Path) -> Iterator[tuple[sa.Engine, list[str]]]:
    """Give an empty database, and how it answers each statement."""
    file, plans = shutil.copyfile(sqlite_with_tables, tmp_path / "plans.db"), list[str]()
    database = open_database(f"sqlite:///{file}")

    def explain(_connection: object, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            asked = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append("; ".join(row[3] for row in asked))

    sa.event.listen(database, "before_cursor_execute", explain)
    yield database, plans
    database.dispose()


def scans(plans: list[str]) -> list[str]:
    """Return those that read a whole table; a whole index in its order is read until enough is found."""
    return [plan for plan in plans if re.search(r"SCAN (?!anon)\w+(;|$)", plan)]


def test_a_search_looks_through_so_many_batches_a_page_and_goes_on(
    database: sa.Engine, key: NewKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vodpull.jobs.status.listing.SEARCHED", 2)
    listing = Listing(database)
    oldest = accepted(database, key, trans_no="needle")
    for _ in range(4):
        accepted(database, key)
    wanted, cursor = Filter(account_id=None, text="needle"), ""
    pages: list[list[str]] = []
    while not pages or cursor:
        views, cursor = listing.page(wanted, limit=10, cursor=cursor)
        pages.append([view.batch.batch_id for view in views])
    assert pages == [[], [], [oldest.batch.batch_id]]
    for text in (oldest.batch.batch_id, oldest.jobs[0].job_id):
        [found] = listing.page(Filter(account_id=None, text=text), limit=10)[0]
        assert found.batch == oldest.batch
