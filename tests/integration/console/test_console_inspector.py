"""The built-in receiver, from a job's end to the page."""

from __future__ import annotations

import asyncio
import json

import sqlalchemy as sa
from tests.integration.console.conftest import Console

from vodpull.database import tables
from vodpull.errors import Failure, Md5Mismatch
from vodpull.fetch import AddressGuard
from vodpull.jobs.model import BatchView
from vodpull.jobs.notices.deliveries import Attempt, DeliveryState
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef

URL = "https://inspector.invalid/try-out"


def told(console: Console, url: str = URL, *, access_key: str = "") -> BatchView:
    """Let a job fail, and deliver the news."""
    key = access_key or console.context.accounts.list_keys()[0].access_key
    view = console.add_batch("a.mp4", notify_url=url, access_key=key)
    failure = Failure.of(Md5Mismatch("expected a, got b"))
    console.finish(JobRef.of(view.jobs[0]), Outcome(failure=failure))
    [(delivery, _)] = console.context.deliveries.list_for(view.batch.batch_id)
    asyncio.run(console.context.outbox.deliver(delivery.delivery_id, 0, guard=AddressGuard()))
    return view


def change(console: Console, table: sa.Table, **values: object) -> None:
    with console.context.store.transaction() as connection:
        connection.execute(table.update().values(values))


def page(console: Console) -> str:
    return console.browser.get("/console/inspector").text


def test_an_empty_inspector_teaches(operator: Console) -> None:
    assert "Nothing came yet." in page(operator)
    assert URL in operator.browser.get("/console/?notify_url=https%3A%2F%2Finspector.invalid%2Ftry-out").text


def test_a_notification_is_shown_as_a_receiver_gets_it(operator: Console) -> None:
    view = told(operator)
    shown = page(operator)
    assert "webhook signature holds" in shown
    assert "key signature holds" in shown
    assert f"webhook-id: {view.batch.batch_id}-batch-1" in shown
    assert "&#34;pullStatus&#34;: 3" in shown
    assert operator.browser.get("/console/inspector/newest").text.count("<article") == 1
    [(delivery, [attempt])] = operator.context.deliveries.list_for(view.batch.batch_id)
    assert (delivery.state, attempt.status) == (DeliveryState.DELIVERED, 200)
    assert "webhook-signature" in json.loads(attempt.response_head)


def test_a_changed_body_is_noticed(operator: Console) -> None:
    told(operator)
    change(operator, tables.delivery, body="e30=")
    assert "webhook signature does not hold" in page(operator)
    assert "key signature does not hold" in page(operator)


def test_without_a_live_key_there_is_one_signature(operator: Console) -> None:
    told(operator, access_key="AKGONE")
    assert "no live key to sign with" in page(operator)


def test_a_hostile_address_stays_text(operator: Console) -> None:
    told(operator, f"{URL}/<img src=x onerror=alert(1)>\u202egpj")
    assert "<img" not in page(operator)
    assert "\u202e" not in page(operator)


def test_only_the_newest_fifty_of_a_day_are_shown(operator: Console) -> None:
    view = told(operator)
    [(delivery, [first])] = operator.context.deliveries.list_for(view.batch.batch_id)
    with operator.context.store.transaction() as connection:
        for number in range(1, 60):
            again = Attempt(**{**first.__dict__, "number": number, "at_ms": first.at_ms + number})
            operator.context.deliveries.record(connection, delivery.delivery_id, again, state=DeliveryState.DELIVERED)
    assert page(operator).count("<article") == 50
    change(operator, tables.batch, created_at_ms=first.at_ms - 25 * 3600 * 1000)
    assert page(operator).count("<article") == 0


def test_other_receivers_are_not_the_inspectors(operator: Console) -> None:
    told(operator, "https://inspector.invalid.example.test/hook")
    assert "Nothing came yet." in page(operator)
