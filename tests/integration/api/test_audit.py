"""What access keys change is in the audit log, with who refused it and why, and each account reads its own."""

from __future__ import annotations

import json

import sqlalchemy as sa
from tests.integration.api.conftest import Served

from vodpull.accounts.scopes import Scope
from vodpull.api.http.auth import SigningKey, sign
from vodpull.clock import now_s
from vodpull.database import tables


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


def test_calls_that_change_something_are_told_and_reads_are_not(served: Served) -> None:
    key, video = served.key.access_key, served.video()
    reader = served.accounts.create_key("neutral", scopes=frozenset({Scope.READ}))
    served.call("GET", "/videos")
    served.call("POST", f"/videos/{video.video_id}/block")
    served.call("PATCH", f"/videos/{video.video_id}", json={"name": 7})
    served.call("POST", f"/videos/{video.video_id}/enable", key=reader)
    served.browser.post(f"/api/v1/videos/{video.video_id}/enable", headers={"Authorization": f"Bearer {key}.wrong"})
    assert lines(served) == [
        (key, "POST videos/{video_id}/block", f"video_id={video.video_id}", "done"),
        (key, "PATCH videos/{video_id}", f"video_id={video.video_id}", "parameter_error"),
    ]
    with served.database.connect() as connection:
        row = tables.audit_line.c
        refused = connection.execute(sa.select(row.outcome, row.address).where(row.who == reader.access_key)).one()
    assert tuple(refused) == ("no_permission", "testclient")


def test_calls_of_the_wire_contract_are_told_by_their_name(served: Served) -> None:
    video = served.video()
    wire(served, "/vod/videoManage/getVideoList")
    assert wire(served, "/vod/videoManage/videoBlock", videoIds=video.video_id) in {0, 1000}
    wire(served, "/vod/videoManage/pullVideo", items=[{"fetchUrl": "https://h.test/a.mp4?secret=1", "fileName": "a"}])
    told = lines(served)
    assert [action for _, action, _, _ in told] == ["videoBlock", "pullVideo"]
    assert told[0][2] == f"videoIds={video.video_id}"
    assert not [line for line in told if "secret" in "".join(line)]


def test_an_account_reads_its_own_lines_page_by_page_and_as_files(served: Served) -> None:
    for number in range(3):
        served.call("DELETE", f"/videos/{number:032x}")
    served.call("DELETE", f"/videos/{9:032x}", key=served.stranger)
    first = served.call("GET", "/audit", params={"limit": 2}).json()
    rest = served.call("GET", "/audit", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [len(first["lines"]), len(rest["lines"]), rest["next_cursor"]] == [2, 1, ""]
    assert len(lines(served, action="DELETE", since_ms=first["lines"][0]["at_ms"])) == 1
    table = served.call("GET", "/audit", params={"format": "csv"})
    assert (table.headers["content-type"], len(table.text.splitlines())) == ("text/csv; charset=utf-8", 4)
    told = served.call("GET", "/audit", params={"format": "jsonl", "who": served.key.access_key[:8]})
    assert [json.loads(line)["outcome"] for line in told.text.splitlines()] == ["not_found"] * 3
    reader = served.accounts.create_key("reader", scopes=frozenset({Scope.READ}))
    assert served.call("GET", "/audit", key=reader).status_code == 403
