"""What strangers send to a service as it runs: an answer of the 4xx kind, of the same form as any other refusal."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from email.utils import formatdate

import pytest
from starlette.testclient import TestClient

from vodpull.app.service import running_service
from vodpull.clock import now_s
from vodpull.settings import load_settings


@pytest.fixture(scope="module")
def browser(url_with_tables: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Return a client of a service that answers errors as a server does, instead of raising them."""
    folder = tmp_path_factory.mktemp("strangers")
    settings = load_settings(
        data_dir=folder / "data",
        database_url=url_with_tables,
        storage_url=(folder / "store").as_uri(),
        master_key=base64.b64encode(b"k" * 32).decode(),
    )
    with (
        running_service(settings, role="api" if "postgres" in url_with_tables else "all") as service,
        TestClient(service.web, raise_server_exceptions=False, follow_redirects=False) as browser,
    ):
        yield browser


def basic(user: str) -> dict[str, str]:
    credentials = base64.b64encode(f"{user}:password".encode()).decode()
    return {"Authorization": f"BASIC {credentials}", "Date": formatdate(now_s(), usegmt=True)}


def test_a_name_that_no_key_has_is_not_authenticated(browser: TestClient) -> None:
    for user in ("a\x00b", "\x00", "a" * 5000, "\u202e"):
        for path in ("/vod/videoManage/pullVideo", "/vod/videoManage/pullVideoQuery", "/api/v1/batches"):
            reply = browser.post(path, content=json.dumps({"taskId": "0" * 32}), headers=basic(user))
            assert reply.status_code == 401, (user[:9], path)


PATHS = (
    "/console/tasks/a%00b",
    "/console/tasks/a%00b/live",
    f"/console/play/a/{'9' * 5000}",
    "/api/v1/batches/%00",
    f"/api/v1/batches/{'0' * 32}/jobs/{'9' * 5000}",
    "/media/%00",
    "/docs/%00",
    "/%00",
)

BODIES = (b"[" * 1_000_000, b"9" * 5000, b'{"items": ', b"\xff", b'{"a":' * 100_000, b'"' + b"a" * 2_000_000)


def test_a_path_that_cannot_be_is_refused(browser: TestClient) -> None:
    statuses = {path[:40]: browser.get(path).status_code for path in PATHS}
    assert set(statuses.values()) <= {400, 401, 404}, statuses


def test_who_calls_comes_before_what_is_asked(browser: TestClient) -> None:
    for path in ("/api/v1/batches", "/api/v1/events/ack"):
        for body in BODIES:
            reply = browser.post(path, content=body, headers={"Content-Type": "application/json"})
            assert (reply.status_code, reply.json()["code"]) == (401, "not_authenticated"), (path, body[:9])
