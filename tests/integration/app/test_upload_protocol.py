"""Tokens, forms and blocks, as the vectors of the protocol have them, on a service with a real database."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import sqlalchemy as sa
from httpx2 import Response
from tests.stored import ASSET
from tests.upload_file import vector_file
from tests.vectors import load
from tests.wire import Wire
from tests.wire_vectors import CALLS, as_sent, of_vector

from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import StorageFull
from vodpull.jobs.states_and_codes import EncodeState, VideoOrigin
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.uploads.room_promises import RoomPromises
from vodpull.uploads.upload_token import Policy, UploadKey, sign_token
from vodpull.videos.library import Library
from vodpull.videos.video import Video
from vodpull.videos.video_search import VideoFilter

PROTOCOL = load("upload-protocol")
FILE = vector_file(PROTOCOL["file"]["size"])
TOKEN = "/vod/videoManage/getUploadToken"
OURS = UploadKey(secret=Vault(base64.b64encode(b"k" * 32).decode()).upload_secret)
"""Of the master key of the service."""
BLOCK = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A client that sends one file."""

    wire: Wire
    data: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return str(self.data["uploadToken"])

    def post(self, target: str, body: bytes = b"", **headers: str) -> Response:
        sent = {"Authorization": self.token, "UploadBatch": "batch-1"} | self.headers | headers
        reply: Response = self.wire.browser.post(target, content=body, headers=sent)
        assert reply.headers["X-Reqid"] == reply.headers["x-ws-requestid"]
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        return reply

    def block(self, data: bytes, number: int, *, chunk: int = BLOCK, batch: str = "batch-1") -> str:
        """Send a block in chunks and return its last ctx."""
        reply = self.post(f"/mkblk/{len(data)}/{number}", data[:chunk], UploadBatch=batch).json()
        while reply["offset"] < len(data):
            at = reply["offset"]
            reply = self.post(f"/bput/{reply['ctx']}/{at}", data[at : at + chunk], UploadBatch=batch).json()
        return str(reply["ctx"])

    def blocks(self, data: bytes, *, batch: str = "batch-1") -> list[str]:
        starts = range(0, len(data), BLOCK)
        return [self.block(data[start : start + BLOCK], number, batch=batch) for number, start in enumerate(starts)]

    def file(self, data: bytes, contexts: list[str], **headers: str) -> Response:
        return self.post(f"/mkfile/{len(data)}", ",".join(contexts).encode(), **headers)

    def form(self, data: bytes, *, file_first: bool = False) -> Response:
        parts: dict[str, Any] = {"token": (None, self.token), "file": ("a.mp4", data)}
        order = ["file", "token"] if file_first else ["token", "file"]
        reply: Response = self.wire.browser.post("/file/upload", files=[(name, parts[name]) for name in order])
        return reply

    def video(self) -> Video:
        return Library(self.wire.database).find(self.data["videoId"], account_id=None)


def sender(wire: Wire, **parameters: object) -> Sender:
    asked = {"originFileName": "uploadtest.mp4", "workflowId": "original"} | parameters
    return Sender(wire=wire, data=wire.call(TOKEN, asked)["data"])


@pytest.fixture(autouse=True)
def _no_uploads(wire: Wire) -> Iterator[None]:
    """Leave no upload to the next test of the same service."""
    yield
    with wire.database.begin() as connection:
        for table in (tables.upload_part, tables.upload_block, tables.upload):
            connection.execute(table.delete())


@pytest.mark.parametrize(("call", "request_"), of_vector("getUploadToken"))
def test_every_form_of_the_call_gets_a_token(wire: Wire, call: str, request_: dict[str, str]) -> None:
    reply = wire.send(as_sent(call, request_))
    expected = CALLS[call]["reply_success"]["body"]["data"]
    assert reply["code"] == 200
    assert set(reply["data"]) == set(expected)
    assert reply["data"]["uploadUrl"] == expected["uploadUrl"]
    assert reply["data"]["fileKey"].endswith("/uploadtest.mp4")
    made = Sender(wire=wire, data=reply["data"])
    assert made.form(FILE[:100]).status_code == 200
    video = made.video()
    assert {label.name for label in video.categories} == {"第一季", "第二季"}
    assert (video.publish_domain, video.template) == ("media.example.test", "abr")


REFUSED_TOKENS = {
    "no suffix": ({"originFileName": "x"}, 1000),
    "none": ({"originFileName": ""}, 1000),
    "too long": ({"originFileName": "x" * 252 + ".mp4"}, 1000),
    "domain": ({"domain": "nobody.example.test"}, 1531),
    "file id": ({"fileId": "x" * 33}, 1000),
    "subtitles": ({"subtitle": json.dumps([{"lang": str(n), "subtitleId": "x"} for n in range(14)])}, 1000),
    "md5": ({"fileMd5": "x"}, 1000),
    "size": ({"originFileSize": str(10**15)}, 1000),
    "size form": ({"originFileSize": "many"}, 1000),
    "source": ({"videoSource": "fax"}, 1000),
    "template": ({"workflowId": "nobody"}, 1000),
    "watermark": ({"waterMarkName": "nobody"}, 1546),
}


@pytest.mark.parametrize("case", REFUSED_TOKENS)
def test_a_token_that_cannot_be_given_is_refused(wire: Wire, case: str) -> None:
    parameters, code = REFUSED_TOKENS[case]
    assert wire.call(TOKEN, {"originFileName": "a.mp4"} | parameters)["code"] == code


def test_a_file_comes_in_blocks_as_the_vector_says(wire: Wire) -> None:
    made, contexts = sender(wire), list[str]()
    reply: dict[str, Any] = {}
    for step in PROTOCOL["steps"]:
        start, end = step["file_bytes"] if "file_bytes" in step else step["request"]["file_bytes"]
        target = step["request"]["target"].replace("<ctx of the step before>", reply.get("ctx", ""))
        reply = made.post(target, FILE[start:end]).json()
        expected = step["reply"]["body"]
        assert {name: reply[name] for name in ("crc32", "checksum", "offset")} == {
            name: expected[name] for name in ("crc32", "checksum", "offset")
        }
        assert len(reply["ctx"]) <= 200
        if target.startswith("/bput"):
            contexts[-1] = reply["ctx"]
        else:
            contexts.append(reply["ctx"])
    wanted = PROTOCOL["mkfile"]["reply"]["body"] | {"key": made.data["fileKey"]}
    body = ",".join(contexts).encode()
    for target in ("/mkfile/9437307", *PROTOCOL["mkfile"]["same_meaning"], "/mkfile/9437307"):
        found = made.post(target, body)
        assert (found.status_code, found.json()) == (200, wanted), target
    video = made.video()
    assert (video.origin, video.encode_state, video.name) == (
        VideoOrigin.UPLOADED,
        EncodeState.NOT_ENCODED,
        "uploadtest",
    )
    assert video.size_bytes == len(FILE)


@pytest.mark.parametrize("file_first", [False, True])
def test_a_file_comes_in_a_form_whatever_comes_first(wire: Wire, file_first: bool) -> None:
    made = sender(wire, videoSource="sdk")
    data = FILE[:100]
    for _ in range(2):  # again: the answer was lost on its way
        reply = made.form(data, file_first=file_first)
        assert reply.json() == PROTOCOL["file_upload"]["reply"]["body"] | {"key": made.data["fileKey"]}
    assert made.form(FILE[:101]).status_code == 406
    assert made.video().origin is VideoOrigin.UPLOADED_BY_SDK


CHUNKS = {"ios": 256 * 1024, "odd": 1_000_003, "go": 1024}


@pytest.mark.parametrize("client", CHUNKS)
def test_blocks_come_in_chunks_of_any_size_in_any_order_and_side_by_side(wire: Wire, client: str) -> None:
    made, data = sender(wire), FILE[: BLOCK + 300_000]
    if client == "go":
        first = made.post(f"/mkblk/{BLOCK}/0", data[:1024]).json()
        rest = made.post(f"/bput/{first['ctx']}/1024", data[1024:BLOCK]).json()
        contexts = [rest["ctx"], made.block(data[BLOCK:], 1)]
    else:
        jobs = [(data[BLOCK:], 1), (data[:BLOCK], 0)]
        with ThreadPoolExecutor(2) as pool:
            sent = [pool.submit(made.block, part, number, chunk=CHUNKS[client]) for part, number in jobs]
            contexts = [each.result() for each in reversed(sent)]
    whole = sender(wire)
    assert made.file(data, contexts).json()["hash"] == whole.file(data, whole.blocks(data)).json()["hash"]


def test_what_is_sent_again_changes_nothing(wire: Wire) -> None:
    made, data = sender(wire), FILE[: 2 * BLOCK]
    first = made.post(f"/mkblk/{BLOCK}/0", data[:1000]).json()
    second = made.post(f"/bput/{first['ctx']}/1000", data[1000:BLOCK]).json()
    assert made.post(f"/bput/{first['ctx']}/1000", data[1000:BLOCK]).json() == second
    assert made.post(f"/mkblk/{BLOCK}/0", data[:1000]).json() == first
    contexts = [second["ctx"], made.block(data[BLOCK:], 1)]
    done = made.file(data, contexts)
    assert done.status_code == 200
    # After the end as well: parts that a worker reads by now are not replaced.
    assert made.post(f"/mkblk/{BLOCK}/0", data[:1000]).json()["offset"] == 1000
    assert made.post(f"/bput/{first['ctx']}/1000", data[1000:BLOCK]).json()["offset"] == BLOCK
    assert made.file(data, contexts).json() == done.json()
    with wire.database.connect() as connection:
        mine = tables.video.c.video_id == made.data["videoId"]
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.video).where(mine)) == 1


def test_a_block_that_is_begun_anew_replaces_the_old_one(wire: Wire) -> None:
    made, data = sender(wire), FILE[:BLOCK]
    stale = made.post(f"/mkblk/{BLOCK}/0", b"other bytes").json()
    fresh = made.block(data, 0)
    assert made.post(f"/bput/{stale['ctx']}/{stale['offset']}", b"x").status_code == 401
    whole = sender(wire)
    assert made.file(data, [fresh]).json()["hash"] == whole.form(data).json()["hash"]


def refused(when: str) -> tuple[int, dict[str, str]]:
    [vector] = [vector for vector in PROTOCOL["refused"] if vector["when"].startswith(when)]
    return vector["http_status"], vector["body"]


def said(reply: Response) -> tuple[int, dict[str, str]]:
    return reply.status_code, reply.json()


def test_a_token_that_is_not_good_lets_nothing_in(wire: Wire) -> None:
    made = sender(wire)
    for target, body in (("/mkblk/100/0", b"x"), ("/mkfile/1", b"")):
        assert said(made.post(target, body, Authorization="a:b:c"))[0] == 401
        last = "A" if made.token[-2] != "A" else "B"
        assert said(made.post(target, body, Authorization=made.token[:-2] + last + "=")) == refused("no or bad token")
    form: dict[str, Any] = {"token": (None, "nobody"), "file": ("a", b"x")}
    assert wire.browser.post("/file/upload", files=form).status_code == 401
    assert wire.browser.post("/file/upload", files={"file": ("a", b"x")}).status_code == 401
    nobody = sign_token(Policy(key="video/202611/x/y", deadline_ms=now_ms() + 1000), key=OURS)
    assert made.post("/mkblk/1/0", b"x", Authorization=nobody).status_code == 401
    late = sign_token(Policy(key=made.data["fileKey"], deadline_ms=now_ms() - 1), key=OURS)
    assert made.post("/mkblk/1/0", b"x", Authorization=late).status_code == 401


def test_a_context_fits_only_what_follows_it(wire: Wire) -> None:
    made, wanted = sender(wire), refused("ctx of another")
    first = made.post(f"/mkblk/{BLOCK}/0", FILE[:1000]).json()
    target = f"/bput/{first['ctx']}/1000"
    assert said(made.post(f"/bput/{first['ctx']}/999", b"x")) == wanted
    assert said(made.post(target, b"x", UploadBatch="other")) == wanted
    assert said(sender(wire).post(target, b"x")) == wanted
    assert said(made.post("/bput/AAAA/0", b"x")) == wanted
    assert said(made.file(FILE[:1000], [first["ctx"][:-1]])) == wanted


def test_blocks_that_are_no_file_make_none(wire: Wire) -> None:
    made, data = sender(wire), FILE[: BLOCK + 5]
    contexts = made.blocks(data)
    unfinished = made.post(f"/mkblk/{BLOCK}/2", b"x").json()["ctx"]
    wanted = refused("mkfile:")
    for size, some in ((len(data) + 1, contexts), (BLOCK, contexts[:1]), (len(data), contexts[::-1])):
        assert said(made.post(f"/mkfile/{size}", ",".join(some).encode())) == wanted
    assert said(made.post(f"/mkfile/{len(data) + BLOCK}", ",".join([*contexts, unfinished]).encode())) == wanted
    odd = sender(wire)
    uneven = [odd.block(FILE[:5_000_000], 0), odd.block(FILE[:100], 1)]
    assert said(odd.file(FILE[:5_000_100], uneven)) == refused("block size 5000000")


def test_chunks_that_cannot_be_ones_are_refused(wire: Wire) -> None:
    made = sender(wire)
    assert said(made.post("/mkblk/10/0", b"x" * 11)) == refused("chunk runs over")
    assert said(wire.browser.post("/mkblk/10/0", content=iter([b"x" * 6, b"x" * 6]), headers=sent(made))) == refused(
        "chunk runs over"
    )
    for target in ("/mkblk/x/0", "/mkblk/0/0", f"/mkblk/{2**31}/0", "/mkblk/10", "/mkfile/x", "/mkblk/10/0"):
        assert made.post(target).status_code == 400
    assert made.post("/mkblk/10/0", b"x", UploadBatch="a b").status_code == 400
    assert made.form(b"").status_code == 400
    assert wire.browser.post("/file/upload", content=b"x", headers={"Content-Type": "text/plain"}).status_code == 400


def sent(made: Sender) -> dict[str, str]:
    return {"Authorization": made.token, "UploadBatch": "batch-1"}


def test_a_form_that_breaks_off_leaves_nothing(wire: Wire) -> None:
    made = sender(wire)
    boundary = "b0undary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="token"\r\n\r\n{made.token}\r\n'
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    broken = wire.browser.post("/file/upload", content=head.encode() + b"x" * 100_000, headers=headers)
    assert said(broken) == refused("body shorter")
    with wire.database.connect() as connection:
        assert connection.execute(sa.select(tables.upload_part)).first() is None
    assert Library(wire.database).count(VideoFilter(account_id=None)) == 0


def test_what_works_on_a_forgotten_video_does_not_bring_it_back(wire: Wire) -> None:
    made = sender(wire)
    assert made.form(FILE[:100]).status_code == 200
    job = tables.job.c
    query = sa.select(job.job_id, job.attempt).where(job.video_id == made.data["videoId"])
    with wire.database.connect() as connection:
        found = connection.execute(query).one()
    wire.forget_videos()
    # As a worker does that was slower than the test.
    Store(wire.database).record_pulled(JobRef(job_id=found.job_id, attempt=found.attempt), ASSET)
    assert Library(wire.database).count(VideoFilter(account_id=None)) == 0


def test_one_file_is_one_file_whoever_sends_it(wire: Wire) -> None:
    made, data = sender(wire), FILE[:1000]
    mine, theirs = made.blocks(data), made.blocks(data, batch="batch-2")
    assert made.file(data, mine).status_code == 200
    wanted = refused("overwrite 0")
    assert said(made.file(data, theirs, UploadBatch="batch-2")) == wanted
    assert said(made.post("/mkblk/10/0", b"x", UploadBatch="batch-3")) == wanted
    assert said(made.form(FILE[:999])) == wanted


def test_a_file_that_is_larger_than_its_token_says_is_refused(wire: Wire) -> None:
    made = sender(wire)
    policy = Policy(key=made.data["fileKey"], deadline_ms=now_ms() + 60_000, max_bytes=100)
    small = replace(made, data=made.data | {"uploadToken": sign_token(policy, key=OURS)})
    wanted = refused("larger than fsizeLimit")
    assert said(small.post("/mkblk/101/0", b"x")) == wanted
    small.block(b"x" * 60, 0)
    assert said(small.post("/mkblk/60/1", b"x")) == wanted
    assert said(small.form(b"x" * 101)) == wanted
    assert small.form(b"x" * 100).status_code == 200


def test_clients_of_every_kind_are_understood(wire: Wire) -> None:
    made, data = sender(wire), FILE[:BLOCK]
    java = {"Authorization": f"UpToken {made.token}", "uploadBatch": "JAVA-SDK-3f2c"}
    key = base64.b64encode(b"c:/videos/a.mp4").decode()  # PHP: of the local file; that of the token counts
    reply = made.post(f"/mkblk/{BLOCK}/0?chunk=0&chunks=3", data, Key=key, **java)
    done = made.post(f"/mkfile/{BLOCK}/key/{key}/x:user/ZGVtbw==", reply.json()["ctx"].encode(), Key=key, **java)
    assert done.json()["key"] == made.data["fileKey"]


def test_what_uploaders_add_to_requests_changes_nothing(wire: Wire) -> None:
    made, data, plain = sender(wire), FILE[: 2 * BLOCK + 7], sender(wire)
    added = {"MimeType": "video/mp4", "Deadline": "1", "encryption-type": "AES", "x-wos-traffic-limit": "819200"}
    added["Content-Type"] = "application/x-www-form-urlencoded"
    first = made.post(f"/mkblk/{2 * BLOCK}/0/", data[:1], **added).json()
    rest = made.post(f"/bput/{first['ctx']}/1/", data[1 : 2 * BLOCK], **added).json()
    listed = f"{rest['ctx']}, {made.block(data[2 * BLOCK :], 1)}\n".encode()
    done = made.post(f"/mkfile/{len(data)}/", listed, **added | {"Content-Type": "text/plain;charset=UTF-8"})
    assert done.json()["hash"] == plain.file(data, plain.blocks(data)).json()["hash"]
    nameless, unnamed = sender(wire), {"Authorization": " uptoken  "}
    unnamed["Authorization"] += nameless.token
    context = wire.browser.post("/mkblk/5/0", content=data[:5], headers=unnamed).json()["ctx"]
    assert wire.browser.post("/mkfile/5", content=context, headers=unnamed).status_code == 200
    posted = sender(wire)
    others = dict.fromkeys(("key", "mimeType", "deadline", "x:user", "name", "chunk"), (None, "x"))
    form: dict[str, Any] = {"file": ("a", data[:5]), **others, "token": (None, f"UpToken {posted.token}")}
    reply = wire.browser.post("/file/upload", files=form)
    assert (reply.status_code, reply.json()["key"]) == (200, posted.data["fileKey"])


def test_browsers_of_other_sites_may_send(wire: Wire) -> None:
    asked = {"Origin": "https://app.example.test", "Access-Control-Request-Method": "POST"}
    for path in ("/file/upload", "/mkblk/4194304/0", "/bput/x/0", "/mkfile/1"):
        reply = wire.browser.options(path, headers=asked)
        assert reply.status_code == 200
        allowed = reply.headers["Access-Control-Allow-Headers"].split(", ")
        assert {"authorization", "uploadbatch", "key", "mimetype", "deadline", "content-type"} <= set(allowed)
        assert reply.headers["Access-Control-Max-Age"] == "86400"
        for method in ("GET", "PUT", "DELETE"):
            refused_ = wire.browser.request(method, path)
            assert (refused_.status_code, refused_.json()["code"]) == (405, "405")
            assert refused_.headers["X-Reqid"]


def test_an_unfinished_upload_goes_on_under_its_file_id(wire: Wire) -> None:
    first, again = sender(wire, fileId="f"), sender(wire, fileId="f")
    assert (first.data["fileKey"], first.data["videoId"]) == (again.data["fileKey"], again.data["videoId"])
    assert again.form(FILE[:100]).status_code == 200
    assert sender(wire, fileId="f").data["fileKey"] != first.data["fileKey"]


def test_a_file_with_another_md5_than_announced_is_refused(wire: Wire) -> None:
    made = sender(wire, fileMd5=PROTOCOL["file"]["md5"])
    wrong = made.blocks(FILE[:-1], batch="wrong")
    assert made.file(FILE[:-1], wrong, UploadBatch="wrong").status_code == 701
    assert made.form(FILE[:-1]).status_code == 701
    assert made.file(FILE, made.blocks(FILE)).status_code == 200


def test_what_passes_is_answered_so_that_clients_send_it_again(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sender(wire)

    def full(*_: object) -> None:
        raise StorageFull("no room")

    monkeypatch.setattr(RoomPromises, "promised", full)
    assert said(made.post("/mkblk/4/0", b"data")) == refused("server cannot store")
    monkeypatch.undo()
    assert made.file(b"data", [made.block(b"data", 0)]).status_code == 200
