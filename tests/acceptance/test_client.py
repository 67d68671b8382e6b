"""The Python client against a running service: both APIs, both colours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.origin import Origin
from tests.services.receiver import Receiver
from tests.services.vodpull import Vodpull
from vodpull.client import AsyncClient, Batch, Client, Source, verify_notification
from vodpull.errors import (
    AuthenticationError,
    NotAllowedNow,
    NotFound,
    NotificationInvalid,
    ParameterError,
    PermissionDenied,
    ServiceUnreachable,
)

CLIP = "flower_faststart.mp4"
CLIP_MD5 = "a2b96faeb02581770a4736f61bd3b6b7"


pytestmark = pytest.mark.in_process


@pytest.fixture(scope="module")
def client(service: Vodpull) -> Iterator[Client]:
    key = service.own_key
    with Client(service.url, key.access_key, key.secret) as client:
        yield client


def test_a_submitted_batch_is_followed_to_its_end(client: Client, origin: Origin) -> None:
    seen: list[Batch] = []
    source = Source(url=origin.url(CLIP), name="a.mp4", md5=CLIP_MD5)
    batch = client.submit([source, origin.url("status/404")], template="original", trans_no="followed")
    assert (batch.trans_no, batch.is_final) == ("followed", False)
    final = client.wait(batch.batch_id, on_progress=seen.append, timeout_s=60)
    assert seen[-1] == final == client.query(batch.batch_id)
    good, bad = final.jobs
    assert (good.succeeded, good.file_name, good.md5, good.files[0].size_bytes) == (True, "a.mp4", CLIP_MD5, 1_128_375)
    assert bad.error is not None
    assert (bad.error.code, bad.error.origin_status, final.succeeded) == ("origin_missing", 404, False)


def test_changes_are_streamed_until_the_end(client: Client, origin: Origin) -> None:
    batch = client.submit([origin.url("world_vp9_opus.webm")])
    states = list(client.watch(batch.batch_id))
    assert [state.is_final for state in states] == [False] * (len(states) - 1) + [True]
    assert states[-1].succeeded


def test_the_wire_contract_is_spoken_as_it_is(client: Client, origin: Origin) -> None:
    reply = client.pull_video([{"fetchUrl": origin.url(CLIP)}], transNo="by wire", workflowId="original")
    task_id = reply["data"]["taskId"]
    assert client.wait(task_id).succeeded
    for asked in (client.pull_video_query(task_id=task_id), client.pull_video_query(trans_no="by wire")):
        assert (asked["code"], asked["data"]["status"], asked["data"]["items"][0]["pullStatus"]) == (200, 2, 2)


def test_a_running_batch_is_cancelled_and_retried(client: Client, origin: Origin) -> None:
    batch = client.submit([origin.url("never")])
    with pytest.raises(TimeoutError):
        client.wait(batch.batch_id, timeout_s=0.2)
    assert client.cancel(batch.batch_id).is_final
    with pytest.raises(NotAllowedNow):
        client.cancel(batch.batch_id, 0)
    assert client.retry(batch.batch_id, 0).jobs[0].attempt == 2
    client.cancel(batch.batch_id)


def test_a_deleted_batch_is_gone(client: Client) -> None:
    batch_id = client.submit(["http://127.0.0.1/x", "http://127.0.0.1/y"]).batch_id
    client.delete(batch_id, 1)
    client.delete(batch_id)
    with pytest.raises(NotFound):
        client.query(batch_id)


def test_batches_and_events_are_listed(service: Vodpull) -> None:
    key = service.key("client lists")
    with Client(service.url, key.access_key, key.secret) as client:
        made = [client.wait(client.submit(["http://127.0.0.1/x"]).batch_id).batch_id for _ in range(3)]
        first = client.list_batches(limit=2, state="completed")
        second = client.list_batches(limit=2, cursor=first.next_cursor)
        assert [batch.batch_id for batch in (*first.batches, *second.batches)] == made[::-1]
        events = client.events(wait_s=5)
        assert {event.batch_id for event in events} == set(made)
        assert client.acknowledge([event.event_id for event in events]) == len(events)


def test_the_audit_log_is_read_page_by_page(service: Vodpull) -> None:
    key = service.key("client audit")
    with Client(service.url, key.access_key, key.secret) as client:
        for _ in range(2):
            with pytest.raises(NotFound):
                client.delete("0" * 32)
        client.acknowledge(["none"])
        newer = client.audit(limit=1, action="DELETE")
        older = client.audit(limit=1, action="DELETE", cursor=newer.next_cursor)
        [line] = older.lines
        assert (line.who, line.outcome, line.subject) == (key.access_key, "not_found", f"batch_id={'0' * 32}")
        assert (len(newer.lines), older.next_cursor) == (1, "")
        assert client.audit(who="nobody").lines == client.audit(until_ms=line.at_ms).lines == ()


def test_errors_are_those_of_the_catalogue(client: Client, service: Vodpull) -> None:
    with pytest.raises(ParameterError) as named:
        client.submit(["http://127.0.0.1/x"], template="nope")
    assert (named.value.field, len(named.value.request_id or "")) == ("template", 32)
    with pytest.raises(NotFound):
        client.query("0" * 32)
    with pytest.raises(ParameterError, match="taskId"):
        client.pull_video_query()
    with Client(service.url, "AK", "wrong") as stranger, pytest.raises(AuthenticationError):
        stranger.query("0" * 32)
    other = service.key("stranger to clients")
    task = client.submit(["http://127.0.0.1/x"]).batch_id
    with Client(service.url, other.access_key, other.secret) as stranger, pytest.raises(PermissionDenied):
        stranger.pull_video_query(task_id=task)


async def test_the_asyncio_client_does_the_same(service: Vodpull, origin: Origin) -> None:
    key = service.own_key
    async with AsyncClient(service.url, key.access_key, key.secret) as client:
        batch = await client.submit([origin.url(CLIP)], template="original")
        states = [state async for state in client.watch(batch.batch_id)]
        assert states[-1] == await client.wait(batch.batch_id)
        with pytest.raises(NotFound):
            await client.query("0" * 32)


def test_a_notification_is_verified(service: Vodpull, receiver: Receiver, tmp_path: Path) -> None:
    told = Vodpull(tmp_path / "data", origin=receiver.url)
    told.start()
    key = told.own_key
    with Client(told.url, key.access_key, key.secret) as client:
        batch = client.submit(["http://127.0.0.1:9/x"], notify_url=receiver.url)
        [notice] = receiver.wait_for(1)
        notification = verify_notification(notice.headers, notice.body, told.webhook_secret())
        assert notification.task["taskId"] == batch.batch_id
        [delivery] = client.deliveries(batch.batch_id)
        assert (delivery.delivery_id, delivery.attempts[0].status) == (notification.delivery_id, 200)
        assert client.replay(delivery.delivery_id) == delivery.delivery_id
        assert receiver.wait_for(2)[1].headers["webhook-id"] == delivery.delivery_id
    told.stop()
    with pytest.raises(NotificationInvalid):
        verify_notification(notice.headers, notice.body + "x", service.webhook_secret())


def test_a_restart_of_the_service_is_waited_out(tmp_path: Path, origin: Origin) -> None:
    service = Vodpull(tmp_path / "data", origin=origin.origin)
    service.start()
    key = service.own_key
    with Client(service.url, key.access_key, key.secret) as client:
        batch = client.submit([origin.url("never")])
        watched = client.watch(batch.batch_id)
        assert not next(watched).is_final
        service.kill()
        with pytest.raises(ServiceUnreachable), Client(service.url, "AK", "x", patience_s=0) as hasty:
            hasty.query(batch.batch_id)
        starting = threading.Thread(target=service.start)
        starting.start()
        assert client.query(batch.batch_id).batch_id == batch.batch_id
        starting.join()
        client.cancel(batch.batch_id)
        assert list(watched)[-1].is_final
    service.stop()
