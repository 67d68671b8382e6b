"""The wire contract in every form that real clients use: methods, bodies, schemes, languages, switches, repeats."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlencode

import httpx2
import pytest

from tests.services.vodpull import Vodpull, file_list
from vodpull.clock import now_s
from vodpull.request_signing import BASIC, CNC, WS3, SigningKey, sign

PULL = "/vod/videoManage/pullVideo"
QUERY = "/vod/videoManage/pullVideoQuery"
FORM = "application/x-www-form-urlencoded"

REFUSED_AT_ONCE = [{"fetchUrl": "http://127.0.0.1/x.mp4"}]

COPIES = 1_000


def send(
    service: Vodpull, method: str, target: str, body: bytes = b"", *, key: SigningKey, content_type: str
) -> httpx2.Response:
    url = service.url + target
    headers = sign(method, url, body, key=key, now_s=now_s(), content_type=content_type)
    return httpx2.request(method, url, content=body, headers=headers, timeout=30)


@pytest.fixture(scope="module", params=[CNC, WS3, BASIC])
def key(request: pytest.FixtureRequest, service: Vodpull) -> SigningKey:
    own = service.own_key
    return SigningKey(access_key=own.access_key, secret=own.secret, scheme=request.param)


@pytest.mark.parametrize("form", ["JSON", "JSON with bare keys", "form", "GET", "GET with blanks"])
def test_every_form_pulls_and_queries_in_every_scheme(service: Vodpull, key: SigningKey, form: str) -> None:
    def call(path: str, parameters: dict[str, str]) -> httpx2.Response:
        encoded = urlencode(parameters)
        if form.startswith("GET"):
            return send(service, "GET", f"{path}?{encoded}", key=key, content_type=FORM)
        if form == "form":
            return send(service, "POST", path, encoded.encode(), key=key, content_type=f"{FORM}; charset=utf-8")
        body = json.dumps(parameters)
        if form == "JSON with bare keys":
            body = "{" + ",".join(f"{name}:{json.dumps(value)}" for name, value in parameters.items()) + "}"
        return send(service, "POST", path, body.encode(), key=key, content_type="application/json")

    # The blank of the business id is a `+` in forms: two readings of one signature.
    trans_no = (
        f"{form[:8]} {key.scheme[:3]}" if form == "GET with blanks" else f"{form[:5]}-{len(form)}-{key.scheme[:3]}"
    )
    pulled = call(PULL, {"fileList": file_list(REFUSED_AT_ONCE), "transNo": trans_no, "separate": "0"}).json()
    assert (pulled["code"], pulled["data"]["transNo"]) == (200, trans_no)
    asked = call(QUERY, {"transNo": trans_no, "format": "json"}).json()
    assert asked["data"]["taskId"] == pulled["data"]["taskId"]


def test_a_post_says_nothing_in_its_query(service: Vodpull) -> None:
    def post(path: str, parameters: dict[str, str]) -> dict[str, Any]:
        body, target = json.dumps(parameters).encode(), f"{path}?transNo=other&format=json"
        reply = send(service, "POST", target, body, key=service.own_key, content_type="application/json")
        return cast("dict[str, Any]", reply.json())

    pulled = post(PULL, {"fileList": file_list(REFUSED_AT_ONCE), "transNo": "of the body"})
    assert pulled["data"]["transNo"] == "of the body"
    assert post(QUERY, {"taskId": pulled["data"]["taskId"]})["code"] == 200
    assert post(QUERY, {})["code"] == 1000


def test_a_repeated_signed_request_gets_the_first_answer(service: Vodpull) -> None:
    url, body = service.url + PULL, json.dumps({"fileList": file_list(REFUSED_AT_ONCE)}).encode()
    headers = sign("POST", url, body, key=service.own_key, now_s=now_s())
    first, again = (httpx2.post(url, content=body, headers=headers).json() for _ in range(2))
    assert first["code"] == 200
    assert first == again


def test_a_thousand_parallel_copies_make_one_task(service: Vodpull) -> None:
    key = service.key("thousandfold")
    url, body = service.url + PULL, json.dumps({"fileList": file_list(REFUSED_AT_ONCE)}).encode()
    headers = sign("POST", url, body, key=key, now_s=now_s())

    async def send_all() -> list[httpx2.Response]:
        limits = httpx2.Limits(max_connections=200)
        async with httpx2.AsyncClient(limits=limits, timeout=120, trust_env=False) as client:
            return await asyncio.gather(*(client.post(url, content=body, headers=headers) for _ in range(COPIES)))

    replies = asyncio.run(send_all())
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["data"]["taskId"] for reply in replies}) == 1
    assert len(service.api("GET", "/batches", key=key).json()["batches"]) == 1


def test_the_same_business_id_again_is_a_new_task_and_found_first(service: Vodpull) -> None:
    first, second = (service.pull([{"fetchUrl": f"http://127.0.0.1/{number}"}], transNo="again") for number in range(2))
    assert first != second
    assert service.call("pullVideoQuery", {"transNo": "again"})["data"]["taskId"] == second


@pytest.fixture(scope="module")
def switched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vodpull]:
    """A service in Chinese with every compatibility switch on."""
    service = Vodpull(
        tmp_path_factory.mktemp("switched") / "data",
        origin="",
        VODPULL_LANGUAGE="zh",
        VODPULL_COMPAT="timestamp-string, trans-no-strict",
    )
    service.start()
    yield service
    service.stop()


def test_a_repeated_business_id_is_refused_where_that_is_wanted(switched: Vodpull) -> None:
    body = {"fileList": file_list(REFUSED_AT_ONCE), "transNo": "once"}
    assert switched.call("pullVideo", body)["code"] == 200
    repeated = switched.call("pullVideo", body | {"separate": 1})
    assert repeated["code"] == 1630
    assert "data" not in repeated
    assert switched.call("pullVideo", body, key=switched.key("somebody else"))["code"] == 200


def test_a_repeated_signature_is_no_repeated_business_id(switched: Vodpull) -> None:
    url = switched.url + PULL
    body = json.dumps({"fileList": file_list(REFUSED_AT_ONCE), "transNo": "signed once"}).encode()
    headers = sign("POST", url, body, key=switched.own_key, now_s=now_s())
    assert [httpx2.post(url, content=body, headers=headers).json()["code"] for _ in range(2)] == [200, 200]


def test_the_timestamp_is_text_where_that_is_wanted(service: Vodpull, switched: Vodpull) -> None:
    task_id, other = service.pull(REFUSED_AT_ONCE), switched.pull(REFUSED_AT_ONCE)
    assert isinstance(service.query(task_id)["timestamp"], int)
    assert switched.query(other)["timestamp"].isdecimal()


def test_messages_come_in_the_chosen_language(service: Vodpull, switched: Vodpull) -> None:
    for spoken, done, wrong in (
        (service, "Operation succeeded", "Parameter error"),
        (switched, "操作成功", "参数错误"),
    ):
        task_id = spoken.pull([{"fetchUrl": "http://127.0.0.1/words"}])
        assert spoken.call("pullVideoQuery", {"taskId": task_id})["message"] == done
        assert spoken.call("pullVideoQuery", {"taskId": "0" * 32})["message"].startswith(wrong)
