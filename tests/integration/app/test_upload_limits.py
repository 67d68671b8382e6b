"""What an installation does not take: each limit of uploads at each door, seen to refuse with its code."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from tests.wire import Wire

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.app.data_folder import make_data_dir
from vodpull.app.installation import open_vault
from vodpull.app.service import running_service
from vodpull.database import tables
from vodpull.database.connection import open_database
from vodpull.settings import load_settings
from vodpull.storage import UPLOADS, open_store

TOKEN = "/vod/videoManage/getUploadToken"
LARGEST, QUOTA, OPEN, CALLS = 3000, 10_000, 3, 40
STEP = 2500
"""Of a file: three of them fit, a fourth does not."""


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory, sqlite_with_tables: Path) -> Iterator[Wire]:
    """Give a client of a service that takes little."""
    folder = tmp_path_factory.mktemp("limits")
    settings = load_settings(
        data_dir=folder / "data",
        storage_url=(folder / "store").as_uri(),
        master_key=base64.b64encode(b"k" * 32).decode(),
        max_source_bytes=LARGEST,
        account_quota_bytes=QUOTA,
        max_open_uploads=OPEN,
        upload_rate_limit=f"{CALLS}/hour",
        rate_limit="",
    )
    make_data_dir(settings.data_dir)
    shutil.copyfile(sqlite_with_tables, settings.data_dir / "vodpull.db")
    database = open_database(settings.database())
    accounts = Accounts(database, open_vault(settings, database))
    with ExitStack() as stack:
        service = stack.enter_context(running_service(settings))
        stack.callback(database.dispose)
        client = TestClient(service.web, base_url="https://vod.example.test", raise_server_exceptions=False)
        browser = stack.enter_context(client)
        objects = open_store((folder / "store").as_uri())
        key = accounts.create_key("nobody")
        yield Wire(browser=browser, database=database, accounts=accounts, key=key, objects=objects)


class Sender:
    """A client of an account of its own, that sends small files in every way."""

    def __init__(self, wire: Wire, key: NewKey) -> None:
        self.wire, self.key = wire, key

    def token(self, **asked: object) -> dict[str, Any]:
        return self.wire.call(TOKEN, {"originFileName": "a.mp4", "workflowId": "original"} | asked, key=self.key)

    def block(self, token: str, data: bytes, number: int = 0, *, batch: str = "b") -> Any:
        headers = {"Authorization": token, "UploadBatch": batch}
        return self.wire.browser.post(f"/mkblk/{len(data)}/{number}", content=data, headers=headers)

    def form(self, token: str, data: bytes) -> Any:
        return self.wire.browser.post("/file/upload", files=[("token", (None, token)), ("file", ("a.mp4", data))])

    def tus(self, method: str, target: str, body: bytes = b"", **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | {
            "Tus-Resumable": "1.0.0",
            "Authorization": f"Bearer {self.key.access_key}.{self.key.secret_key}",
            "Content-Type": "application/offset+octet-stream",
        }
        return self.wire.browser.request(method, target, content=body, headers=sent)

    def create(self, size_bytes: int) -> Any:
        metadata = f"filename {base64.b64encode(b'a.mp4').decode()},template b3JpZ2luYWw="
        made = {"Upload_Length": str(size_bytes), "Upload_Metadata": metadata}
        return self.tus("POST", "/api/v1/uploads", b"", **made, Upload_Offset="0")

    def patch(self, url: str, body: bytes, at: int = 0) -> Any:
        return self.tus("PATCH", url, body, Upload_Offset=str(at))


@pytest.fixture
def sender(limited: Wire, request: pytest.FixtureRequest) -> Sender:
    return Sender(limited, limited.accounts.create_key(request.node.name[:60]))


def given(reply: dict[str, Any]) -> str:
    assert reply["code"] == 200, reply
    return str(reply["data"]["uploadToken"])


def told(reply: Any) -> tuple[int, str]:
    """Return the status of a refusal, and its code or text."""
    said = reply.json()
    return reply.status_code, said.get("message") or said["code"]


def parts_of(wire: Wire) -> set[str]:
    with wire.database.connect() as connection:
        return {*connection.scalars(sa.select(tables.upload_part.c.key))}


async def kept(wire: Wire) -> set[str]:
    """Return what is stored of uploads; that of earlier tests may go at any time, as may their parts."""
    return set(await wire.objects.list_keys(UPLOADS))


async def test_a_file_is_refused_for_its_size_as_soon_as_that_is_known(sender: Sender) -> None:
    before = parts_of(sender.wire), await kept(sender.wire)
    assert sender.token(originFileSize=str(LARGEST + 1))["code"] == 1000
    assert told(sender.create(LARGEST + 1)) == (413, "upload_too_large")
    token = given(sender.token())
    too_large = 401, "file is larger than fsizeLimit"
    assert told(sender.block(token, b"x" * (LARGEST + 1))) == too_large
    assert told(sender.form(token, b"x" * (LARGEST + 1))) == too_large
    assert sender.block(token, b"x" * 2000).status_code == 200
    assert told(sender.block(token, b"x" * 2000, number=1)) == too_large
    url = sender.create(LARGEST).headers["location"]
    assert sender.patch(url, b"x" * (LARGEST + 1)).status_code == 400
    assert len(parts_of(sender.wire) - before[0]) == len(await kept(sender.wire) - before[1]) == 1


def test_an_account_stores_no_more_than_its_quota_however_the_bytes_come(sender: Sender) -> None:
    early, blocks = sender.create(STEP).headers["location"], given(sender.token(fileId="blocks"))
    for _ in range(3):
        assert sender.form(given(sender.token()), b"x" * STEP).status_code == 200
    assert sender.token(originFileSize=str(STEP))["code"] == 1000
    assert told(sender.create(STEP)) == (409, "quota_exceeded")
    full = f" bytes do not fit: the account has used {3 * STEP} bytes of its storage quota of {QUOTA} bytes"
    assert told(sender.block(blocks, b"x" * STEP)) == (401, f"{STEP}{full}")
    status, reason = told(sender.form(blocks, b"x" * STEP))
    assert (status, reason.lstrip("0123456789")) == (401, full), "the body of a form is a little longer than its file"
    assert told(sender.patch(early, b"x" * STEP)) == (409, "quota_exceeded")
    assert sender.block(blocks, b"x" * 1000).status_code == 200, "so much is left"
    assert sender.block(blocks, b"x" * 1000).status_code == 200, "sent again it does not count twice"


def test_an_account_has_so_many_unfinished_uploads(sender: Sender) -> None:
    tokens = [given(sender.token()) for _ in range(OPEN - 1)]
    url = sender.create(10).headers["location"]
    assert sender.token()["code"] == 300
    assert told(sender.create(10)) == (409, "too_many_uploads")
    assert sender.form(tokens[0], b"x").status_code == 200
    given(sender.token())
    assert sender.tus("DELETE", url).status_code == 204
    assert sender.create(10).status_code == 201


def test_an_account_sends_so_many_requests_in_a_time(sender: Sender) -> None:
    token = given(sender.token())
    statuses = [sender.block(token, b"x").status_code for _ in range(CALLS + 1)]
    assert statuses == [200] * CALLS + [599]
    assert told(sender.create(10)) == (429, "rate_limited")
    assert sender.token()["code"] == 200, "calls that bring no bytes have a limit of their own"


async def test_nothing_is_taken_for_which_there_is_no_room(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    token, url = given(sender.token()), sender.create(STEP).headers["location"]
    before = await kept(sender.wire)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0, total=1, used=1))
        assert told(sender.block(token, b"x")) == (599, "try again")
        assert told(sender.form(token, b"x")) == (599, "try again")
        assert told(sender.patch(url, b"x" * STEP)) == (503, "storage_full")
    assert await kept(sender.wire) <= before
    assert sender.patch(url, b"x" * STEP).status_code == 204
