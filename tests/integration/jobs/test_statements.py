"""Lists ask the database a fixed number of times, however long they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import sqlalchemy as sa
from tests.stored import VAULT, accepted

from vodpull.accounts.keys import Accounts, NewKey
from vodpull.clock import now_ms
from vodpull.jobs.deliveries import Attempt, Deliveries, DeliveryState, new_delivery
from vodpull.jobs.listing import Filter, Listing
from vodpull.notify import INSPECTOR_URL
from vodpull.workflows.delivery.inspector import Inspector

HEADERS = '{"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,x"}'


@contextmanager
def counted(database: sa.Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sa.event.listen(database, "before_cursor_execute", note)
    yield seen
    sa.event.remove(database, "before_cursor_execute", note)


def statements(database: sa.Engine, call: Callable[[], object]) -> int:
    with counted(database) as seen:
        call()
    return len(seen)


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
    inspector = Inspector(deliveries, Accounts(database, VAULT))
    lists: dict[str, tuple[int, Callable[[], object]]] = {
        "page": (2, lambda: listing.page(Filter(account_id=None), limit=100)),
        "search": (2, lambda: listing.page(Filter(account_id=None, text="o.test"), limit=100)),
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
