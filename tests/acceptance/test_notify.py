"""Final states reach the notifyUrl, at least once, with one id."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.origin import Origin
from tests.services.receiver import Receiver
from tests.services.vodpull import Vodpull
from vodpull.notify import sign_delivery

pytestmark = pytest.mark.waits


@pytest.fixture
def receiver(hook: Receiver) -> Receiver:
    """The receiver of the module, which has heard nothing yet."""
    hook.received.clear()
    return hook


@pytest.fixture(scope="module")
def notifier(tmp_path_factory: pytest.TempPathFactory, origin: Origin, hook: Receiver) -> Iterator[Vodpull]:
    service = Vodpull(tmp_path_factory.mktemp("notifier") / "data", origin=f"{origin.origin},{hook.url}")
    service.start()
    yield service
    service.stop()


def test_the_batch_is_announced_once_when_it_is_final(notifier: Vodpull, origin: Origin, receiver: Receiver) -> None:
    items = [{"fetchUrl": origin.url("flower_faststart.mp4")}, {"fetchUrl": origin.url("status/404")}]
    task_id = notifier.pull(items, workflowId="original", notifyUrl=f"{receiver.url}/cb?k=v")
    [notice] = receiver.wait_for(1)
    data = notifier.query(task_id)
    assert {**notice.data, "timestamp": 0} == {**data, "timestamp": 0}
    assert notice.data["status"] == 2
    assert notice.headers["content-type"] == "text/plain; charset=UTF-8"
    key = notifier._own_key()
    assert notice.headers["authorization"] == sign_delivery(
        url=f"{receiver.url}/cb?k=v", body=notice.body, access_key=key.access_key, secret_key=key.secret
    )


def test_each_item_is_announced_when_that_was_asked_for(notifier: Vodpull, origin: Origin, receiver: Receiver) -> None:
    items = [{"fetchUrl": origin.url("flower_faststart.mp4")}, {"fetchUrl": origin.url("status/404")}]
    notifier.pull(items, workflowId="original", notifyUrl=receiver.url, separate=1)
    notices = receiver.wait_for(2)
    assert sorted(notice.data["items"][0]["pullStatus"] for notice in notices) == [2, 3]
    assert all(len(notice.data["items"]) == 1 for notice in notices)


def test_a_receiver_that_fails_gets_the_same_event_again(notifier: Vodpull, origin: Origin, receiver: Receiver) -> None:
    receiver.answers += [500, 301]
    notifier.pull([{"fetchUrl": origin.url("status/404")}], notifyUrl=receiver.url)
    notices = receiver.wait_for(3)
    assert len({notice.body for notice in notices}) == 1
    assert len({notice.headers["webhook-id"] for notice in notices}) == 1


def test_an_undelivered_event_survives_a_kill(notifier: Vodpull, origin: Origin, receiver: Receiver) -> None:
    receiver.answers += [500, 500, 500]
    task_id = notifier.pull([{"fetchUrl": origin.url("status/404")}], notifyUrl=receiver.url)
    receiver.wait_for(1)
    notifier.kill()
    notifier.start()
    notices = receiver.wait_for(4)
    assert {notice.data["taskId"] for notice in notices} == {task_id}
