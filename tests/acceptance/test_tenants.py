"""Accounts do not see each other, no key can crowd out another, and nobody can make the service swallow too much."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.origin import Origin
from tests.services.vodpull import Vodpull, bearer
from vodpull.clock import now_s
from vodpull.request_signing import SigningKey, sign

UNKNOWN_BATCH = "0123456789abcdef0123456789abcdef"

MEMORY_BYTES = 50 * 1024 * 1024
"""A process may grow by so much over bodies that are refused."""


@pytest.fixture(scope="module")
def service(quiet_service: Vodpull) -> Vodpull:
    return quiet_service


@pytest.fixture(scope="module")
def stranger(service: Vodpull) -> SigningKey:
    return service.key("stranger")


@pytest.fixture(scope="module")
def batch(service: Vodpull, origin: Origin) -> dict[str, Any]:
    """A batch with a delivery and events, of the account that the stranger does not belong to."""
    made = service.create("http://127.0.0.1/x", trans_no="mine", notify_url=origin.url("nowhere"))
    return service.wait_final(made["batch_id"])


def material_of(service: Vodpull) -> str:
    """Upload a material and return its id."""
    url, order = f"{service.url}/vod/material/getMaterialUploadToken", {"fileList": [{"name": "mine", "suffix": "vtt"}]}
    body = json.dumps(order).encode()
    headers = sign("POST", url, body, key=service.own_key, now_s=now_s())
    [item] = httpx2.post(url, content=body, headers=headers, trust_env=False).json()["data"]["items"]
    files = {"file": ("mine.vtt", b"WEBVTT\n")}
    sent = httpx2.post(f"{service.url}/file/upload", data={"token": item["uploadToken"]}, files=files, trust_env=False)
    assert sent.status_code == 200, sent.text
    return str(item["materialId"])


@pytest.fixture(scope="module")
def ids(service: Vodpull, origin: Origin, batch: dict[str, Any]) -> dict[str, Any]:
    """What paths may name of the account that the stranger does not belong to."""
    [delivery] = service.api("GET", f"/batches/{batch['batch_id']}/deliveries").json()
    stored = service.wait_final(service.create(origin.url("flower_faststart.mp4"), template="original")["batch_id"])
    label = service.api("POST", "/categories", json={"name": "mine"})
    assert label.status_code == 201, label.text
    upload = service.api("POST", "/uploads", headers={**TUS, "Upload-Length": "5"})
    assert upload.status_code == 201, upload.text
    return {
        "batch_id": batch["batch_id"],
        "delivery_id": delivery["delivery_id"],
        "job_id": batch["jobs"][0]["job_id"],
        "video_id": stored["jobs"][0]["video_id"],
        "node_id": label.json()["node_id"],
        "upload_id": upload.headers["location"].rpartition("/")[2],
        "key_id": service.api("POST", "/playback-keys", json={}).json()["key_id"],
        "material_id": material_of(service),
        "import_id": service.api("POST", "/imports", json={"kind": "list"}).json()["import_id"],
    } | PLACES


TUS = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
PLACES = {"position": 0, "language": "en"}
"""Of what an id names: the same for everybody."""


UNKNOWN = {
    "batch_id": UNKNOWN_BATCH,
    "delivery_id": f"{UNKNOWN_BATCH}-batch-1",
    "job_id": UNKNOWN_BATCH,
    "video_id": UNKNOWN_BATCH,
    "node_id": 999,
    "upload_id": UNKNOWN_BATCH,
    "key_id": "unknown",
    "material_id": UNKNOWN_BATCH,
    "import_id": UNKNOWN_BATCH,
} | PLACES

BODIES: dict[str, dict[str, Any]] = {
    "editVideo": {"name": "theirs"},
    "encodeVideo": {"template": "abr"},
    "putCaption": {"url": "http://127.0.0.1/x"},
    "putPoster": {"at": 0},
    "editMaterial": {"name": "theirs"},
    "addImportEntries": {"entries": [{"origin_id": "theirs", "url": "http://127.0.0.1/x"}]},
    "retryImport": {},
    "clipVideo": {"name": "theirs", "start_s": 0, "length_s": 1},
}
"""Of operations that want one."""


def asked(about: dict[str, Any]) -> str:
    """Return the query that an operation cannot do without; 0 is good for all that there are."""
    required = [each["name"] for each in about.get("parameters", ()) if each["in"] == "query" and each["required"]]
    return f"?{'=0&'.join(required)}=0" if required else ""


def operations_on_ids(service: Vodpull) -> list[tuple[str, str, dict[str, Any] | None]]:
    """Return method, path and body of every operation that takes an id, so that a new one cannot be forgotten."""
    document = service.get("/openapi.json").json()
    return [
        (method.upper(), path.removeprefix("/api/v1") + asked(about), BODIES.get(about["operationId"]))
        for path, methods in document["paths"].items()
        for method, about in methods.items()
        if path.startswith("/api/v1/") and "_id}" in path
    ]


def answer(
    service: Vodpull, key: SigningKey, method: str, path: str, body: dict[str, Any] | None
) -> tuple[int, dict[str, str], str]:
    """Return an answer without what differs from request to request."""
    chunk = {"Content-Type": "application/offset+octet-stream"} if method == "PATCH" and "/uploads/" in path else {}
    reply = service.api(method, path, key=key, json=body, headers=TUS | chunk)
    told = (reply.json() if reply.content else {}) | {"request_id": ""}
    varying = {"date", "x-ws-requestid", "x-cnc-request-id"}
    headers = {name: value for name, value in reply.headers.items() if name not in varying}
    return reply.status_code, headers, json.dumps(told)


def test_ids_of_another_account_are_answered_like_unknown_ones(
    service: Vodpull, stranger: SigningKey, ids: dict[str, Any]
) -> None:
    checked = operations_on_ids(service)
    for method, path, body in checked:
        told = answer(service, stranger, method, path.format(**ids), body)
        assert told == answer(service, stranger, method, path.format(**UNKNOWN), body), path
        assert told[0] == 404, (method, path, told)
    assert len(checked) >= 15


def test_lists_hold_the_callers_own_only(service: Vodpull, stranger: SigningKey, batch: dict[str, Any]) -> None:
    for wanted in ({}, {"trans_no": "mine"}, {"state": "completed"}):
        page = service.api("GET", "/batches", key=stranger, params=wanted).json()
        assert page == {"batches": [], "next_cursor": ""}
    assert service.api("GET", "/events", key=stranger).json() == {"events": []}
    assert service.api("GET", "/videos", key=stranger).json() == {"videos": [], "next_cursor": ""}
    assert service.api("GET", "/deliveries", key=stranger).json() == {"deliveries": [], "next_cursor": ""}


def test_the_audit_log_holds_the_callers_own_lines_only(
    service: Vodpull, stranger: SigningKey, ids: dict[str, Any]
) -> None:
    assert service.api("DELETE", f"/batches/{ids['batch_id']}", key=stranger).status_code == 404
    for key in (stranger, service.own_key):
        lines = service.api("GET", "/audit", key=key).json()["lines"]
        assert {line["who"] for line in lines} == {key.access_key}
    guessed = service.api("GET", "/audit", key=stranger, params={"who": service.own_key.access_key}).json()
    assert guessed == {"lines": [], "next_cursor": ""}


def test_a_cursor_of_another_account_opens_nothing(service: Vodpull, stranger: SigningKey) -> None:
    for _ in range(2):
        service.create("http://127.0.0.1/x")
    cursor = service.api("GET", "/batches", params={"limit": 1}).json()["next_cursor"]
    page = service.api("GET", "/batches", key=stranger, params={"cursor": cursor}).json()
    assert page == {"batches": [], "next_cursor": ""}


def test_events_of_another_account_cannot_be_acknowledged(
    service: Vodpull, stranger: SigningKey, batch: dict[str, Any]
) -> None:
    mine = [
        event["event_id"]
        for event in service.api("GET", "/events").json()["events"]
        if event["batch_id"] == batch["batch_id"]
    ]
    reply = service.api("POST", "/events/ack", key=stranger, json={"event_ids": mine})
    assert reply.json() == {"acknowledged": 0}
    assert len(mine) == 2
    assert service.api("POST", "/events/ack", json={"event_ids": mine}).json() == {"acknowledged": 2}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vodpull]:
    service = Vodpull(tmp_path_factory.mktemp("limited") / "data", origin="", VODPULL_RATE_LIMIT="4/5 minutes")
    service.start()
    yield service
    service.stop()


def test_a_key_over_its_limit_is_told_when_to_come_again(limited: Vodpull) -> None:
    key, other = limited.key("busy"), limited.key("busy")
    codes = [limited.call("pullVideoQuery", {"taskId": UNKNOWN_BATCH}, key=key)["code"] for _ in range(3)]
    codes.append(limited.api("GET", "/batches", key=key).status_code)
    assert codes == [1000, 1000, 1000, 200]
    refused = limited.api("GET", "/batches", key=key)
    assert (refused.status_code, refused.json()["code"], refused.json()["retryable"]) == (429, "rate_limited", True)
    # The last period counts on as far as the moving one reaches into it: one call of four is free a quarter later.
    assert 1 <= int(refused.headers["retry-after"]) <= 375
    assert limited.call("pullVideoQuery", {"taskId": UNKNOWN_BATCH}, key=key)["code"] == 429
    assert limited.api("GET", "/batches", key=other).status_code == 200, "another key of the same account"


def test_calls_that_nobody_signed_count_for_nobody(limited: Vodpull) -> None:
    key = limited.key("impersonated")
    wrong = SigningKey(access_key=key.access_key, secret="guessed")
    assert {limited.api("GET", "/batches", key=wrong).status_code for _ in range(6)} == {401}
    assert limited.api("GET", "/batches", key=key).status_code == 200


def in_pieces(size_bytes: int) -> Iterator[bytes]:
    """Yield a body whose size is not announced."""
    for _ in range(size_bytes // 100_000):
        yield b" " * 100_000


NESTED = b"[" * 10_000 + b"]" * 10_000
HOSTILE = {
    "100 MB": b" " * 100_000_000,
    "depth 10,000": b'{"items": ' + NESTED + b', "fileList": ' + NESTED + b"}",
    "objects in objects": b'{"items":' * 10_000 + b"1" + b"}" * 10_000,
    "NaN": b'{"items": NaN, "fileList": NaN}',
    "100,000 digits": b'{"items": ' + b"9" * 100_000 + b', "fileList": ' + b"9" * 100_000 + b"}",
    "half a character": b'{"items": [{"url": "\\ud800"}], "fileList": "\\ud800", "\\udfff": 1}',
    "100,000 items": b'{"items": [' + b"{}," * 100_000 + b'{}], "fileList": [' + b"{}," * 100_000 + b"{}]}",
}


@pytest.mark.parametrize("path", ["/api/v1/batches", "/vod/videoManage/pullVideo"])
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bodies_are_refused_with_flat_memory(service: Vodpull, path: str, body: bytes) -> None:
    before_bytes = service.memory_bytes
    url = service.url + path
    own = path.startswith("/api/v1")
    headers = bearer(service.own_key) if own else sign("POST", url, body, key=service.own_key, now_s=now_s())
    reply = httpx2.post(url, content=body, headers=headers | {"Content-Type": "application/json"}, timeout=30)
    refused = 413 if len(body) > 2 * 1024 * 1024 else 400 if own else 200
    assert reply.status_code == refused
    assert reply.json()["code"] in {1000, "parameter_error", "request_too_large"}
    assert service.memory_bytes - before_bytes < MEMORY_BYTES


def test_an_endless_body_is_cut_off(service: Vodpull) -> None:
    before_bytes = service.memory_bytes
    headers = bearer(service.own_key) | {"Content-Type": "application/json"}
    reply = httpx2.post(f"{service.url}/api/v1/batches", content=in_pieces(100_000_000), headers=headers, timeout=30)
    assert (reply.status_code, reply.json()["code"]) == (413, "request_too_large")
    assert service.memory_bytes - before_bytes < MEMORY_BYTES


def test_the_service_is_still_well_afterwards(service: Vodpull) -> None:
    assert service.get("/readyz").status_code == 200
    assert "request failed" not in service.log()


def test_a_work_folder_is_not_left_by_refused_requests(service: Vodpull) -> None:
    work: Path = service.data_dir / "work"
    assert not work.exists() or list(work.iterdir()) == []
