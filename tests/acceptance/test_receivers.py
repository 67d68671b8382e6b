"""Receivers that fail, hang, flood and leave: every attempt is recorded, nobody else waits, and a replay works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.services.rude_receiver import LONG_ANSWER, RETRY_AFTER_S, RudeReceiver, running_rude_receiver
from tests.services.vodpull import Vodpull
from tests.waiting import until
from vodpull.request_signing import SigningKey

pytestmark = pytest.mark.waits

AT_ONCE = 4
"""Attempts of the schedule before the first long wait."""

HANGING = 20


@pytest.fixture(scope="module")
def rude() -> Iterator[RudeReceiver]:
    with running_rude_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def announcer(tmp_path_factory: pytest.TempPathFactory, rude: RudeReceiver) -> Iterator[Vodpull]:
    service = Vodpull(tmp_path_factory.mktemp("announcer") / "data", origin=rude.url)
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module", autouse=True)
def hanging(announcer: Vodpull, rude: RudeReceiver) -> str:
    """A batch whose receiver hangs for each of its items, from the first test to the last."""
    urls = [f"http://127.0.0.1/{number}" for number in range(HANGING)]
    batch = announcer.create(*urls, notify_url=f"{rude.url}/hang/all", separate=True)
    until(lambda: len(rude.at("/hang/all")) == HANGING)
    return str(batch["batch_id"])


def announce(service: Vodpull, rude: RudeReceiver, path: str, *, key: SigningKey | None = None) -> str:
    """Make a batch that fails at once and is announced to a path; return its id."""
    batch = service.create("http://127.0.0.1/x", key=key, notify_url=rude.url + path)
    return str(batch["batch_id"])


def delivery(service: Vodpull, batch_id: str) -> dict[str, Any]:
    deliveries = service.api("GET", f"/batches/{batch_id}/deliveries").json()
    found: dict[str, Any] = deliveries[0] if deliveries else {"attempts": [], "state": ""}
    return found


def after_attempts(service: Vodpull, batch_id: str, count: int) -> dict[str, Any]:
    until(lambda: len(delivery(service, batch_id)["attempts"]) >= count)
    return delivery(service, batch_id)


def wait_delivered(service: Vodpull, batch_id: str) -> None:
    until(lambda: delivery(service, batch_id)["state"] == "delivered")


def test_hanging_receivers_delay_nobody(announcer: Vodpull, rude: RudeReceiver, hanging: str) -> None:
    """Comes first, while all of them hang."""
    for batch_id in [announce(announcer, rude, f"/ok/beside-{number}") for number in range(5)]:
        wait_delivered(announcer, batch_id)
    deliveries = announcer.api("GET", f"/batches/{hanging}/deliveries").json()
    assert [found["attempts"] for found in deliveries] == [[]] * HANGING, "they hung while the others were served"


def test_a_notification_is_verified_with_the_standard_library(announcer: Vodpull, rude: RudeReceiver) -> None:
    announce(announcer, rude, "/ok/signed")
    until(lambda: rude.at("/ok/signed"))
    [notice] = rude.at("/ok/signed")
    webhook = Webhook(announcer.webhook_secret())
    webhook.verify(notice.body, notice.headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        webhook.verify(notice.body + "x", notice.headers, json_parse=False)
    announcer.key("another account")
    with pytest.raises(WebhookVerificationError):
        Webhook(announcer.webhook_secret("another account")).verify(notice.body, notice.headers, json_parse=False)


def test_a_delivered_notification_has_one_attempt(announcer: Vodpull, rude: RudeReceiver) -> None:
    found = after_attempts(announcer, announce(announcer, rude, "/ok/one"), 1)
    [attempt] = found["attempts"]
    assert (found["state"], attempt["status"], attempt["error"]) == ("delivered", 200, "")
    assert LONG_ANSWER.decode().startswith(attempt["response_head"])
    assert 0 < len(attempt["response_head"]) <= 1024


@pytest.mark.parametrize(("path", "status"), [("/500/a", 500), ("/301/a", 301), ("/reset/a", None)])
def test_every_failed_attempt_is_recorded(
    announcer: Vodpull, rude: RudeReceiver, path: str, status: int | None
) -> None:
    found = after_attempts(announcer, announce(announcer, rude, path), AT_ONCE)
    assert found["state"] == "pending"
    assert [attempt["number"] for attempt in found["attempts"]] == [0, 1, 2, 3]
    for attempt in found["attempts"]:
        assert (attempt["status"], attempt["error"]) == (status, "delivery_refused")
        assert attempt["latency_ms"] >= 0
        assert len(attempt["response_head"]) <= 1024
    ids = {notice.headers["webhook-id"] for notice in rude.at(path)}
    assert ids == {found["delivery_id"]}


def test_redirects_are_not_followed(announcer: Vodpull, rude: RudeReceiver) -> None:
    after_attempts(announcer, announce(announcer, rude, "/301/b"), 2)
    assert rude.at("/trap") == []


def test_a_flood_is_cut_off_and_still_counts_as_received(announcer: Vodpull, rude: RudeReceiver) -> None:
    before_bytes = announcer.memory_bytes
    found = after_attempts(announcer, announce(announcer, rude, "/flood/a"), 1)
    assert found["state"] == "delivered"
    assert len(found["attempts"][0]["response_head"]) <= 1024
    assert rude.flooded_bytes < 20_000_000, "what fits into the buffers between the two, at most"
    assert announcer.memory_bytes - before_bytes < 20_000_000


def test_a_receiver_that_asks_for_time_gets_it(announcer: Vodpull, rude: RudeReceiver) -> None:
    found = after_attempts(announcer, announce(announcer, rude, "/429/a"), 2)
    first, second = found["attempts"][:2]
    assert first["status"] == 429
    assert second["at_ms"] - first["at_ms"] >= RETRY_AFTER_S * 1000


def test_a_receiver_that_is_gone_gets_nothing_more_until_a_replay(announcer: Vodpull, rude: RudeReceiver) -> None:
    gone = after_attempts(announcer, announce(announcer, rude, "/410/a"), 1)
    assert (gone["state"], [attempt["status"] for attempt in gone["attempts"]]) == ("silenced", [410])
    second = announce(announcer, rude, "/410/a")
    until(lambda: delivery(announcer, second)["state"] == "silenced")
    assert len(rude.at("/410/a")) == 1, "the second was not even tried"
    rude.mend("/410/a")
    reply = announcer.api("POST", f"/deliveries/{gone['delivery_id']}/replay")
    assert (reply.status_code, reply.json()["delivery_id"]) == (202, gone["delivery_id"])
    wait_delivered(announcer, gone["delivery_id"].partition("-")[0])
    wait_delivered(announcer, announce(announcer, rude, "/410/a"))


def test_410_silences_the_url_for_its_own_account_only(announcer: Vodpull, rude: RudeReceiver) -> None:
    after_attempts(announcer, announce(announcer, rude, "/410/b"), 1)
    announce(announcer, rude, "/410/b", key=announcer.key("another receiver"))
    until(lambda: len(rude.at("/410/b")) == 2)


def test_a_replay_does_not_wait_for_the_planned_attempt(announcer: Vodpull, rude: RudeReceiver) -> None:
    batch_id = announce(announcer, rude, "/500/mended")
    waiting = after_attempts(announcer, batch_id, AT_ONCE)
    assert waiting["state"] == "pending", "the next attempt is minutes away"
    rude.mend("/500/mended")
    announcer.api("POST", f"/deliveries/{waiting['delivery_id']}/replay")
    wait_delivered(announcer, batch_id)
    assert delivery(announcer, batch_id)["attempts"][-1]["status"] == 200
    assert len({notice.headers["webhook-id"] for notice in rude.at("/500/mended")}) == 1


def test_a_failing_replay_leaves_the_delivery_pending(announcer: Vodpull, rude: RudeReceiver) -> None:
    batch_id = announce(announcer, rude, "/500/still")
    waiting = after_attempts(announcer, batch_id, AT_ONCE)
    announcer.api("POST", f"/deliveries/{waiting['delivery_id']}/replay")
    found = after_attempts(announcer, batch_id, AT_ONCE + 1)
    assert (found["state"], found["attempts"][-1]["status"]) == ("pending", 500)


def test_what_was_delivered_can_be_replayed_by_command(announcer: Vodpull, rude: RudeReceiver) -> None:
    key = announcer.own_key
    own = {"VODPULL_ACCESS_KEY": key.access_key, "VODPULL_SECRET_KEY": key.secret}
    found = after_attempts(announcer, announce(announcer, rude, "/ok/replayed"), 1)
    done = announcer.run("replay", found["delivery_id"], "--server", announcer.url, **own)
    assert done.returncode == 0, done.stderr
    until(lambda: len(rude.at("/ok/replayed")) == 2)
    first, second = rude.at("/ok/replayed")
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


@pytest.mark.slow
def test_a_hanging_attempt_is_given_up_after_a_minute_and_recorded(announcer: Vodpull, hanging: str) -> None:
    until(lambda: delivery(announcer, hanging)["attempts"], within_s=90)
    attempt = delivery(announcer, hanging)["attempts"][0]
    assert (attempt["status"], attempt["error"], attempt["response_head"]) == (None, "delivery_timeout", "")
    assert attempt["latency_ms"] >= 59_000
