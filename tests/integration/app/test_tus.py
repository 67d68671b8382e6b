"""tus 1.0.0, request by request, on a service with a real database."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from httpx2 import Response
from tests.wire import Wire

from vodpull.accounts.access_keys import NewKey
from vodpull.accounts.scopes import Scope
from vodpull.database import tables
from vodpull.errors import Occupied
from vodpull.jobs.states_and_codes import VideoOrigin
from vodpull.materials.materials import Materials
from vodpull.videos.library import Library

DATA = bytes(range(256)) * 40_000  # 10 MB: three spans
SPAN = 4 * 1024 * 1024
OFFSET = "application/offset+octet-stream"


@dataclass(frozen=True, kw_only=True)
class Client:
    wire: Wire
    key: NewKey

    def send(self, method: str, target: str, body: bytes = b"", **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {
            "Tus-Resumable": "1.0.0",
            "Authorization": f"Bearer {self.key.access_key}.{self.key.secret_key}",
        } | named
        reply: Response = self.wire.browser.request(method, target, content=body, headers=sent)
        return reply

    def create(self, size_bytes: int = len(DATA), *, body: bytes = b"", **metadata: str) -> Response:
        pairs = {"filename": "a.mp4", "template": "original"} | metadata
        text = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items())
        headers = {"Upload_Length": str(size_bytes), "Upload_Metadata": text}
        if body:
            headers["Content_Type"] = OFFSET
        return self.send("POST", "/api/v1/uploads", body, **headers)

    def patch(self, url: str, offset: int, body: bytes, **headers: str) -> Response:
        return self.send("PATCH", url, body, Upload_Offset=str(offset), Content_Type=OFFSET, **headers)


@pytest.fixture
def client(wire: Wire) -> Client:
    return Client(wire=wire, key=wire.key)


def test_a_file_comes_piece_by_piece_and_becomes_a_video(client: Client) -> None:
    made = client.create(filename="课.mp4", categories="Courses/History,Talks")
    url = made.headers["Location"]
    assert (made.status_code, made.headers["Upload-Offset"]) == (201, "0")
    assert url.startswith("https://vod.example.test/api/v1/uploads/")
    for start, end in ((0, 1000), (1000, SPAN + 5), (SPAN + 5, len(DATA))):
        assert client.send("HEAD", url).headers["Upload-Offset"] == str(start)
        reply = client.patch(url, start, DATA[start:end])
        assert (reply.status_code, reply.headers["Upload-Offset"]) == (204, str(end))
        assert reply.headers["Upload-Expires"].endswith("GMT")
    done = client.send("HEAD", url)
    assert (done.headers["Upload-Offset"], done.headers["Upload-Length"]) == (str(len(DATA)), str(len(DATA)))
    assert done.headers["Cache-Control"] == "no-store"
    video = Library(client.wire.database).find(done.headers["Vodpull-Video-Id"], account_id=None)
    assert (video.name, video.origin, video.size_bytes) == ("课", VideoOrigin.UPLOADED, len(DATA))
    assert {label.name for label in video.categories} == {"History", "Talks"}
    with client.wire.database.connect() as connection:
        mine = tables.upload.c.subject_id == video.video_id
        spans = [hashlib.sha1(DATA[n : n + SPAN], usedforsecurity=False).digest() for n in range(0, len(DATA), SPAN)]
        joined = hashlib.sha1(b"".join(spans), usedforsecurity=False).digest()
        wanted = base64.urlsafe_b64encode(b"\x96" + joined).decode()
        assert connection.scalar(sa.select(tables.upload.c.hash).where(mine)) == wanted


def test_a_file_comes_with_its_creation(client: Client) -> None:
    made = client.create(5, body=b"bytes")
    assert (made.status_code, made.headers["Upload-Offset"]) == (201, "5")
    assert Library(client.wire.database).find(made.headers["Vodpull-Video-Id"], account_id=None).size_bytes == 5


def test_subtitles_become_a_material_once_and_captions_name_it(client: Client) -> None:
    said: dict[str, Any] = {"filename": "film.en.srt", "kind": "material", "resume_id": "one file"}
    made = client.create(5, body=b"bytes", **said)
    material_id = made.headers["Vodpull-Material-Id"]
    again = client.create(5, **said)
    assert (again.headers["Vodpull-Material-Id"], again.headers["Upload-Offset"]) == (material_id, "5")
    assert client.create(6, **said).headers["Vodpull-Material-Id"] != material_id
    named = {"language": "en", "material_id": material_id, "default": True}
    video = client.create(5, body=b"bytes", captions=json.dumps([named]))
    with client.wire.database.connect() as connection:
        mine = tables.job.c.video_id == video.headers["Vodpull-Video-Id"]
        [kept] = connection.scalar(sa.select(tables.job.c.captions).where(mine)) or []
        assert kept.items() >= {"material_id": material_id, "language": "en", "is_default": True, "url": ""}.items()
    materials = Materials(client.wire.database)
    found = materials.find(material_id, account_id=None)
    assert (found.name, found.suffix, found.size_bytes) == ("film.en", "srt", 5)
    with pytest.raises(Occupied):
        materials.delete(found)
    materials.delete(found, stop_use=True)
    assert client.create(5, **said).headers["Vodpull-Material-Id"] != material_id


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        ({"kind": "film"}, "kind"),
        ({"kind": "audio"}, "filename"),
        ({"kind": "material", "filename": "none"}, "filename"),
        ({"captions": "{"}, "captions"),
        ({"captions": '[{"language": "en"}]'}, "captions.0.url"),
        ({"captions": '[{"language": "no tag", "url": "http://x/"}]'}, "captions.0.language"),
        ({"captions": '[{"language": "en", "material_id": "nobodys"}]'}, "captions.0.material_id"),
    ],
)
def test_what_a_file_cannot_become_is_named(client: Client, metadata: dict[str, Any], field: str) -> None:
    refused = client.create(**metadata)
    assert (refused.status_code, refused.json()["field"]) == (400, field)


def test_only_what_goes_on_is_taken(client: Client) -> None:
    url = client.create(10).headers["Location"]
    assert client.patch(url, 1, b"x").status_code == 409
    assert client.patch(url, 0, b"x" * 11).status_code == 400
    assert client.send("HEAD", url).headers["Upload-Offset"] == "0"
    assert client.send("PATCH", url, b"x", Upload_Offset="0", Content_Type="text/plain").status_code == 400
    assert client.patch(url, 0, b"0123456789").status_code == 204
    assert client.patch(url, 10, b"x").status_code in {400, 409}


def test_a_page_of_another_site_may_send_and_read_every_reply(client: Client) -> None:
    asks = {"Origin": "https://app.example", "Access-Control-Request-Method": "PATCH"}
    told = client.wire.browser.options("/api/v1/uploads/x", headers=asks)
    assert told.status_code == 204
    assert "PATCH" in told.headers["Access-Control-Allow-Methods"]
    allowed = told.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "tus-resumable", "upload-checksum", "upload-offset"))
    made = client.create()
    refused = client.send("POST", "/api/v1/uploads", Authorization="", Upload_Length="1")
    nowhere = client.send("HEAD", "/api/v1/uploads/nowhere")
    for reply in (made, refused, nowhere):
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert "Upload-Offset" in reply.headers["Access-Control-Expose-Headers"]
        assert reply.headers["Tus-Resumable"] == "1.0.0"
    assert "Access-Control-Allow-Origin" not in client.send("GET", "/api/v1/videos").headers


def test_a_size_that_comes_later_is_refused_by_its_name(client: Client) -> None:
    refused = client.send("POST", "/api/v1/uploads", Upload_Defer_Length="1")
    assert (refused.status_code, refused.json()["field"]) == (400, "Upload-Defer-Length")


def test_an_upload_is_its_accounts_only(client: Client) -> None:
    url = client.create().headers["Location"]
    stranger = Client(wire=client.wire, key=client.wire.accounts.create_key("stranger"))
    for method in ("HEAD", "PATCH", "DELETE"):
        assert stranger.send(method, url, Upload_Offset="0", Content_Type=OFFSET).status_code == 404
    assert client.send("HEAD", url, Authorization="Bearer nobody.x").status_code == 401
    assert client.send("POST", "/api/v1/uploads", Authorization="", Upload_Length="1").status_code == 401


def test_a_key_that_may_only_look_sends_nothing(client: Client) -> None:
    url = client.create().headers["Location"]
    reader = client.wire.accounts.create_key("demo-account", scopes=frozenset({Scope.READ}))
    looking = Client(wire=client.wire, key=reader)
    assert looking.create().status_code == 403
    for method in ("HEAD", "PATCH", "DELETE"):
        assert looking.send(method, url, Upload_Offset="0", Content_Type=OFFSET).status_code == 403


def test_an_upload_that_was_given_up_is_gone(client: Client) -> None:
    url = client.create().headers["Location"]
    client.patch(url, 0, DATA[:1000])
    assert client.send("DELETE", url).status_code == 204
    assert client.send("HEAD", url).status_code == 404
    done = client.create(5, body=b"bytes").headers["Location"]
    assert client.send("DELETE", done).status_code == 409
    posted = client.create().headers["Location"]
    assert client.send("POST", posted, X_HTTP_Method_Override="DELETE").status_code == 204


@pytest.mark.parametrize("algorithm", ["sha1", "md5", "sha256"])
def test_a_body_with_another_checksum_does_not_count(client: Client, algorithm: str) -> None:
    url = client.create(SPAN + 10).headers["Location"]
    body = DATA[: SPAN + 1]
    value = base64.b64encode(hashlib.new(algorithm, body, usedforsecurity=False).digest()).decode()
    wrong = client.patch(url, 0, body[:-1] + b"x", Upload_Checksum=f"{algorithm} {value}")
    assert (wrong.status_code, wrong.json()["status"]) == (460, 460)
    assert client.send("HEAD", url).headers["Upload-Offset"] == "0"
    assert client.patch(url, 0, body, Upload_Checksum=f"{algorithm} {value}").status_code == 204
    assert client.patch(url, len(body), b"x", Upload_Checksum="crc9 AAAA").status_code == 400


@pytest.mark.parametrize("name", ["md5", "sha256"])
def test_a_file_with_another_digest_than_announced_begins_anew(client: Client, name: str) -> None:
    digest = hashlib.new(name, b"bytes", usedforsecurity=False).hexdigest()
    url = client.create(5, body=b"", **{name: digest}).headers["Location"]
    assert client.patch(url, 0, b"other").status_code == 460
    assert client.send("HEAD", url).headers["Upload-Offset"] == "0"
    assert client.patch(url, 0, b"bytes").status_code == 204


def test_an_unfinished_upload_is_found_again(client: Client) -> None:
    first = client.create(10, resume_id="r").headers["Location"]
    client.patch(first, 0, b"01234")
    again = client.create(10, resume_id="r")
    assert (again.headers["Location"], again.headers["Upload-Offset"]) == (first, "5")
    other = client.create(11, resume_id="r")  # it was changed meanwhile
    assert other.headers["Upload-Offset"] == "0"
    assert client.patch(other.headers["Location"], 0, b"0123456789a").status_code == 204


def test_what_is_spoken_is_told(client: Client) -> None:
    reply = client.wire.browser.options("/api/v1/uploads")
    assert reply.status_code == 204
    assert reply.headers["Tus-Version"] == "1.0.0"
    assert set(reply.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "termination",
        "checksum",
        "expiration",
    }
    old = client.send("POST", "/api/v1/uploads", Tus_Resumable="0.2.2", Upload_Length="1")
    assert (old.status_code, old.headers["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.parametrize(
    "case",
    [
        {"Upload_Length": "x"},
        {"Upload_Length": "0"},
        {"Upload_Length": "1", "Upload_Metadata": "filename ???"},
        {"Upload_Length": "1", "Upload_Metadata": f"template {base64.b64encode(b'nobody').decode()}"},
        {"Upload_Length": "1", "Upload_Metadata": f"md5 {base64.b64encode(b'x').decode()}"},
        {"Upload_Length": "1", "Upload_Metadata": f"categories {base64.b64encode(b'a/b/c').decode()}"},
    ],
)
def test_an_upload_that_cannot_be_one_is_refused_with_its_reason(client: Client, case: dict[str, str]) -> None:
    reply = client.send("POST", "/api/v1/uploads", b"", **case)
    assert (reply.status_code, reply.headers["content-type"]) == (400, "application/problem+json")


def test_a_file_that_is_too_large_is_refused_before_it_comes(client: Client) -> None:
    assert client.create(10**15).status_code == 413
