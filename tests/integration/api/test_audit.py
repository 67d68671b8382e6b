"""What access keys change is in the audit log, with who refused it and why, and each account reads its own."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from uuid import uuid4

import pytest
import sqlalchemy as sa
from tests.integration.api.conftest import Served

from vodpull.accounts.scopes import Scope
from vodpull.clock import now_s
from vodpull.database import tables
from vodpull.request_signing import SigningKey, sign


@pytest.fixture
def mine(served: Served) -> Served:
    """The service, seen by an account that has done nothing yet."""
    return replace(served, key=served.accounts.create_key(uuid4().hex))


def lines(served: Served, **query: object) -> list[tuple[str, str, str, str]]:
    """Return who, action, subject and outcome, oldest first."""
    reply = served.call("GET", "/audit", params=query)
    assert reply.status_code == 200
    found = reversed(reply.json()["lines"])
    return [(line["who"], line["action"], line["subject"], line["outcome"]) for line in found]


def wire(served: Served, path: str, **fields: object) -> int:
    """Make a signed call of the wire contract and return its code."""
    body = json.dumps(fields).encode()
    key = SigningKey(access_key=served.key.access_key, secret=served.key.secret_key)
    headers = sign("POST", f"http://testserver{path}", body, key=key, now_s=now_s())
    return int(served.browser.post(path, content=body, headers=headers).json()["code"])


def test_calls_that_change_something_are_told_and_reads_are_not(mine: Served) -> None:
    key, video = mine.key.access_key, mine.video()
    reader = mine.accounts.create_key("acme", scopes=frozenset({Scope.READ}))
    mine.call("GET", "/videos")
    mine.call("POST", f"/videos/{video.video_id}/block")
    mine.call("PATCH", f"/videos/{video.video_id}", json={"name": 7})
    mine.call("POST", f"/videos/{video.video_id}/enable", key=reader)
    mine.browser.post(f"/api/v1/videos/{video.video_id}/enable", headers={"Authorization": f"Bearer {key}.wrong"})
    assert lines(mine) == [
        (key, "POST videos/{video_id}/block", f"video_id={video.video_id}", "done"),
        (key, "PATCH videos/{video_id}", f"video_id={video.video_id}", "parameter_error"),
    ]
    with mine.database.connect() as connection:
        row = tables.audit_line.c
        refused = connection.execute(sa.select(row.outcome, row.address).where(row.who == reader.access_key)).one()
    assert tuple(refused) == ("no_permission", "testclient")


def test_calls_of_the_wire_contract_are_told_by_their_name(mine: Served) -> None:
    video = mine.video()
    wire(mine, "/vod/videoManage/getVideoList")
    assert wire(mine, "/vod/videoManage/videoBlock", videoId=video.video_id) == 200
    items = json.dumps([{"fetchUrl": "https://h.test/a.mp4?secret=1"}]).encode()
    assert wire(mine, "/vod/videoManage/pullVideo", fileList=base64.urlsafe_b64encode(items).decode()) == 200
    told = lines(mine)
    assert [action for _, action, _, _ in told] == ["videoBlock", "pullVideo"]
    assert told[0][2] == f"videoId={video.video_id}"
    assert re.fullmatch(r"taskId=[0-9a-f]{32} transNo=\w+", told[1][2])
    assert not [line for line in told if "secret" in "".join(line)]


def test_an_account_reads_its_own_lines_page_by_page_and_as_files(mine: Served) -> None:
    for number in range(3):
        mine.call("DELETE", f"/videos/{number:032x}")
    mine.call("DELETE", f"/videos/{9:032x}", key=mine.stranger)
    first = mine.call("GET", "/audit", params={"limit": 2}).json()
    rest = mine.call("GET", "/audit", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [len(first["lines"]), len(rest["lines"]), rest["next_cursor"]] == [2, 1, ""]
    assert len(lines(mine, action="DELETE", since_ms=first["lines"][0]["at_ms"])) == 1
    table = mine.call("GET", "/audit", params={"format": "csv"})
    assert (table.headers["content-type"], len(table.text.splitlines())) == ("text/csv; charset=utf-8", 4)
    told = mine.call("GET", "/audit", params={"format": "jsonl", "who": mine.key.access_key[:8]})
    assert [json.loads(line)["outcome"] for line in told.text.splitlines()] == ["not_found"] * 3
    reader = mine.accounts.create_key("acme", scopes=frozenset({Scope.READ}))
    assert mine.call("GET", "/audit", key=reader).status_code == 403
