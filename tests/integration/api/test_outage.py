"""A database that is away: every way in says so, when to come back, and nothing of where it is."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.services.postgres import Postgres

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.app.installation import open_vault
from vodpull.app.service import running_service
from vodpull.clock import now_s
from vodpull.console.request.visit import COOKIE
from vodpull.database.connection import open_database
from vodpull.jobs.status import postgres_reader
from vodpull.request_signing import SigningKey, sign
from vodpull.settings import load_settings

BASE = "http://testserver"


@pytest.fixture
def orphan(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TestClient, NewKey]]:
    """Return a client of a service whose PostgreSQL has just ended, and a key that was good."""
    monkeypatch.setattr(postgres_reader, "PATIENCE_S", 0.5)
    settings = load_settings(
        data_dir=tmp_path / "data",
        database_url=postgres.url(),
        storage_url=(tmp_path / "store").as_uri(),
        master_key=base64.b64encode(b"k" * 32).decode(),
    )
    database = open_database(settings.database())
    with (
        running_service(settings, role="api") as service,
        TestClient(service.web, raise_server_exceptions=False) as browser,
    ):
        key = Accounts(database, open_vault(settings, database)).create_key("acme")
        database.dispose()
        postgres.stop()
        try:
            yield browser, key
        finally:
            postgres.start()


def test_every_call_says_that_the_database_is_away(orphan: tuple[TestClient, NewKey]) -> None:
    browser, key = orphan
    own = browser.get("/api/v1/videos", headers={"Authorization": f"Bearer {key.access_key}.{key.secret_key}"})
    assert (own.status_code, own.json()["code"], own.json()["retryable"]) == (503, "database_unavailable", True)
    replies = [own]
    for call in ("pullVideo", "pullVideoQuery"):
        url, body = f"{BASE}/vod/videoManage/{call}", b'{"taskId": "1"}'
        signer = SigningKey(access_key=key.access_key, secret=key.secret_key)
        replies.append(browser.post(url, content=body, headers=sign("POST", url, body, key=signer, now_s=now_s())))
        assert (replies[-1].status_code, replies[-1].json()["code"]) == (503, 500)
    replies.append(browser.get("/console/", headers={"Cookie": f"{COOKIE}={'x' * 43}"}))
    assert replies[-1].status_code == 503
    assert "<html" in replies[-1].text
    for reply in replies:
        assert int(reply.headers["retry-after"]) > 0
        assert "postgres" not in reply.text.lower()
