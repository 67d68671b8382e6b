"""Tokens of materials and sound, as the vectors have them, and what is uploaded with them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from tests.vectors import load
from tests.wire import Wire
from tests.wire_vectors import CALLS, as_sent, of_vector

from vodpull.database import tables
from vodpull.materials.materials import Materials
from vodpull.videos.callback_addresses import CallbackKind, Callbacks

TOKENS = {"getMaterialUploadToken": "materialId", "getAudioUploadToken": "audioId"}
MATERIAL, AUDIO = (CALLS[call]["path"] for call in TOKENS)
VTT = b"WEBVTT\n\n00:00.000 --> 00:01.000\nx\n"


@pytest.fixture(autouse=True)
def _no_uploads(wire: Wire) -> Iterator[None]:
    yield
    with wire.database.begin() as connection:
        for table in (tables.upload_part, tables.upload_block, tables.upload, tables.callback):
            connection.execute(table.delete())


def upload(wire: Wire, token: str, data: bytes) -> Any:
    parts: list[tuple[str, Any]] = [("token", (None, token)), ("file", ("x", data))]
    return wire.browser.post("/file/upload", files=parts)


@pytest.mark.parametrize(("call", "request_"), [entry for call in TOKENS for entry in of_vector(call)])
def test_every_form_gets_a_token_for_each_file(wire: Wire, call: str, request_: dict[str, str]) -> None:
    reply = wire.send(as_sent(call, request_))
    expected = CALLS[call]["reply_success"]["body"]["data"]
    assert reply["code"] == 200
    told = {name: value for name, value in reply["data"].items() if name != "items"}
    assert told == {name: value for name, value in expected.items() if name != "items"}
    [item], [wanted] = reply["data"]["items"], expected["items"]
    assert (list(item), item["name"], item["suffix"]) == (list(wanted), wanted["name"], wanted["suffix"])
    root = "material" if call == "getMaterialUploadToken" else "audio"
    policy = json.loads(base64.urlsafe_b64decode(item["uploadToken"].split(":")[2]))
    key = policy["scope"].removeprefix("vodpull:")
    assert key.split("/")[0] == root
    assert key.endswith(f"/{item[TOKENS[call]]}.{item['suffix']}")
    assert item["fileFullUrl"] == f"https://media.example.test/{key}"
    assert (policy["overwrite"], policy["fsizeLimit"]) == ((0, 104857600) if root == "material" else (1, 0))
    assert upload(wire, item["uploadToken"], b"x" * 99).json()["key"] == key
    kept = Materials(wire.database).find(item[TOKENS[call]], account_id=None)
    assert (kept.name, kept.key, kept.size_bytes, kept.length_s) == (item["name"], key, 99, 0.0)
    if request_.get("body", "").find("domain") > 0:
        assert kept.publish_domain == "media.example.test"


def test_a_material_that_arrived_is_told_of_listed_and_served(wire: Wire) -> None:
    account_id = wire.accounts.find_live(wire.key.access_key).account_id  # type: ignore[union-attr]
    Callbacks(wire.database).set(account_id, CallbackKind.MATERIAL_UPLOAD, "https://notify.example.test/material")
    files = [{"name": "片头字幕", "suffix": "vtt"}, {"name": "logo.PNG"}]
    items = wire.call(MATERIAL, {"fileList": files})["data"]["items"]
    assert [item["suffix"] for item in items] == ["vtt", "png"]
    assert upload(wire, items[0]["uploadToken"], VTT).status_code == 200
    assert upload(wire, items[0]["uploadToken"], VTT + b"x").status_code == 406, "overwrite is 0"
    listed = wire.call("/vod/material/getMaterialList")["data"]
    assert [row["id"] for row in listed["materialList"]] == [items[0]["materialId"]]
    with wire.database.connect() as connection:
        sent = connection.execute(sa.select(tables.delivery)).mappings().one()
    told, vector = json.loads(sent["body"]), load("callbacks")["materialUpload"]["json"]
    assert told == {"code": 200, "data": listed, "message": "操作成功"}
    assert set(told["data"]["materialList"][0]) == set(vector["data"]["materialList"][0])
    assert (sent["kind"], sent["url"]) == ("materialUpload", "https://notify.example.test/material")
    path = items[0]["fileFullUrl"].removeprefix("https://media.example.test")
    served = wire.browser.get(path, headers={"Host": "media.example.test"})
    assert (served.content, served.headers["content-type"]) == (VTT, "text/vtt; charset=utf-8")
    assert served.headers["cache-control"] == "public, max-age=300"


ONE = [{"name": "x", "suffix": "vtt"}]
REQUIRED = "The parameter is incorrect. Please ensure that all required fields are filled in"
SUFFIX = "The material suffix is out of the length range"
REFUSED = [
    (MATERIAL, {}, 1004, REQUIRED),
    (MATERIAL, {"fileList": ""}, 1004, REQUIRED),
    (MATERIAL, {"fileList": []}, 1000, "The file list is invalid"),
    (MATERIAL, {"fileList": ONE * 51}, 1000, "The file list is invalid"),
    (MATERIAL, {"fileList": {"name": "x"}}, 1000, "The file list is invalid"),
    (MATERIAL, {"fileList": ["x"]}, 1000, "The file list is invalid"),
    (MATERIAL, {"fileList": [{"name": "x" * 41, "suffix": "vtt"}]}, 1000, "The file list is invalid"),
    (MATERIAL, {"fileList": [{"name": "x", "suffix": ""}]}, 1000, SUFFIX),
    (MATERIAL, {"fileList": [{"name": "x"}]}, 1000, SUFFIX),
    (MATERIAL, {"fileList": [{"name": "x", "suffix": "a/b"}]}, 1000, SUFFIX),
    (MATERIAL, {"fileList": [{"name": "x", "suffix": "x" * 11}]}, 1000, SUFFIX),
    (MATERIAL, {"fileList": ONE, "domain": "none.example.test"}, 1000, "Invalid domain name"),
    (MATERIAL, {"fileList": ONE, "overwrite": "maybe"}, 1000, "Parameter error"),
    (AUDIO, {}, 1000, "The file list is invalid"),
    (AUDIO, {"fileList": [{"name": "x", "suffix": "wav"}]}, 1000, "The file list is invalid"),
    (AUDIO, {"fileList": [{"name": "x", "suffix": "mp3"}] * 51}, 1000, "The file list is invalid"),
    (AUDIO, {"fileList": [{"name": "x" * 201, "suffix": "mp3"}]}, 1000, "The file list is invalid"),
    (AUDIO, {"fileList": "not base64!"}, 1000, "The file list is invalid"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "given", "code", "text"), REFUSED)
def test_what_is_refused_has_the_documented_answer(
    wire: Wire, path: str, given: dict[str, Any], code: int, text: str
) -> None:
    assert wire.call(path, given) == {"code": code, "message": text}
