"""The core of the client without a network: flows are driven by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from tests.batches import batch_json

from vodpull.client.call_retries import Patience
from vodpull.client.credentials import Address
from vodpull.client.error_answers import error_of
from vodpull.client.exchange import Flow, HttpCall, HttpReply, NoReply, Outcome
from vodpull.client.operations import batches
from vodpull.errors import (
    CallFailed,
    NotFound,
    ParameterError,
    PermissionDenied,
    RateLimited,
    ServiceUnreachable,
    VodpullError,
)
from vodpull.request_signing import SigningKey

T = TypeVar("T")

KEY = SigningKey(access_key="AK", secret="the secret")


def reply(value: Any, status: int = 200, **headers: str) -> HttpReply:
    return HttpReply(status=status, headers=headers, body=json.dumps(value).encode())


def drive(flow: Flow[T], *outcomes: Outcome) -> tuple[T, list[HttpCall]]:
    """Return the result of a flow and the calls it made."""
    calls = [next(flow)]
    try:
        for outcome in outcomes:
            calls += [flow.send(outcome)]
    except StopIteration as end:
        return end.value, calls
    raise AssertionError("the flow wants more")


def test_a_submission_carries_sources_options_and_a_key_of_its_own() -> None:
    for _ in range(2):
        batch, [call] = drive(batches.submit(["https://a/b"], template="original"), reply(batch_json(), 201))
        assert batch.batch_id == "b"
        assert call.body == {"items": [{"url": "https://a/b", "name": "", "md5": ""}], "template": "original"}
    keys = {next(batches.submit(["https://a/b"])).headers["Idempotency-Key"] for _ in range(2)}
    assert len(keys) == 2


def test_waiting_looks_less_and_less_often_and_tells_changes_only() -> None:
    seen: list[str] = []
    states = [reply(batch_json(stage)) for stage in ("fetch", "fetch", "encode", *["encode"] * 20, "done")]
    flow = batches.wait("b", on_progress=lambda batch: seen.append(batch.jobs[0].stage))
    batch, calls = drive(flow, *states)
    assert batch.is_final
    assert seen == ["fetch", "encode", "done"]
    delays = [call.delay_s for call in calls]
    assert delays == sorted(delays)
    assert (delays[0], delays[1], delays[-1]) == (0, 0.5, 5.0)


def test_ids_cannot_leave_their_place_in_the_path() -> None:
    assert next(batches.query("../../x?y")).target == "/api/v1/batches/..%2F..%2Fx%3Fy"


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (reply({"code": "not_found", "detail": "no", "field": None}, 404), NotFound),
        (reply({"code": "of_next_year", "detail": "no"}, 400), CallFailed),
        (reply({"code": 1000, "message": "fileList: no"}), ParameterError),
        (reply({"code": 1301, "message": "no"}), PermissionDenied),
        (reply({"code": 1999, "message": "no"}), CallFailed),
        (reply({"code": "rate_limited", "detail": "no"}, 429, **{"retry-after": "7"}), RateLimited),
        (HttpReply(status=200, headers={}, body=b"<html>"), CallFailed),
        (HttpReply(status=301, headers={}, body=b""), CallFailed),
        (HttpReply(status=502, headers={}, body=b"<html>"), ServiceUnreachable),
        (NoReply(reason="ConnectError"), ServiceUnreachable),
    ],
)
def test_an_answer_becomes_its_error(outcome: Outcome, kind: type[VodpullError]) -> None:
    assert type(error_of(outcome)) is kind


def test_words_of_a_service_cannot_move_the_cursor() -> None:
    error = error_of(reply({"code": "not_found", "detail": "a\x1b[2J\n" + "b" * 9999}, 404))
    assert str(error).startswith("a [2J b")
    assert len(str(error)) == 500


def test_the_secret_crosses_encrypted_connections_only() -> None:
    call = HttpCall(method="GET", target="/api/v1/batches")
    plain = Address(server="http://a", key=KEY).headers(call, b"")
    encrypted = Address(server="https://a", key=KEY).headers(call, b"")
    wire = Address(server="https://a", key=KEY).headers(replace(call, target="/vod/videoManage/pullVideo"), b"")
    assert KEY.secret not in str(plain) + str(wire)
    assert encrypted["Authorization"] == "Bearer AK.the secret"


AGAIN = HttpCall(method="GET", target="/", may_repeat=True)


def test_patience_ends_after_its_time() -> None:
    patience, call, delays = Patience(total_s=10), AGAIN, []
    while (again := patience.again(call, NoReply(reason="x"))) is not None:
        call = again
        delays.append(call.delay_s)
    assert delays == [0.5, 1, 2, 4]


def test_only_what_may_be_repeated_is_unless_it_was_refused_unread() -> None:
    once, patience = replace(AGAIN, may_repeat=False), Patience(total_s=10)
    busy = HttpReply(status=429, headers={"retry-after": "3"}, body=b"")
    assert patience.again(once, NoReply(reason="x")) is None
    assert patience.again(AGAIN, reply({}, 500)) is None
    assert patience.again(AGAIN, reply({}, 503)) is not None
    again = patience.again(once, busy)
    assert again is not None
    assert again.delay_s == 3
    assert patience.again(once, replace(busy, headers={"retry-after": "11"})) is None


def test_a_stream_of_a_deleted_batch_ends_with_that() -> None:
    with pytest.raises(NotFound, match="deleted"):
        batches.ProgressStream("b", Patience(total_s=1)).read("event: deleted")


def test_every_wrong_member_is_told() -> None:
    faults = [{"field": "name", "message": "too short"}, {"field": "items.0.url", "message": "missing"}]
    said = {"code": "parameter_error", "detail": "too short", "field": "name", "errors": faults}
    error = error_of(reply(said, 400))
    assert isinstance(error, ParameterError)
    assert [(fault.field, fault.message) for fault in error.faults] == [tuple(fault.values()) for fault in faults]


def test_news_on_the_stream_renews_patience() -> None:
    progress = batches.ProgressStream("b", Patience(total_s=1))
    progress.broke(NoReply(reason="x"))
    assert progress.call.delay_s > 0
    assert progress.read(": still here") is None
    assert progress.read("data: " + json.dumps(batch_json())) is not None
    assert progress.call.delay_s == 0
    progress.end()
    with pytest.raises(ServiceUnreachable):
        progress.end()
    progress.read("data: " + json.dumps(batch_json("done")))
    progress.end()
    assert progress.is_over
