from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from vodpull.api.http.stored.files import media_router
from vodpull.api.http.stored.media_keys import is_media_key
from vodpull.api.http.stored.publish_domain_paths import PublishDomains
from vodpull.api.http.stored.range_requests import UNSATISFIABLE, parse_range
from vodpull.errors import ObjectMissing
from vodpull.storage import ObjectInfo
from vodpull.storage.object_headers import headers_of
from vodpull.videos.playback.playback_tokens import FileRequest

FOLDER = "pullvideo/202311/0123456789abcdef0123456700000000"
BYTES = bytes(range(100))
OBJECTS = {
    f"{FOLDER}/a.mp4": BYTES,
    f"{FOLDER}/v-01.m3u8": b"#EXTM3U\n",
    f"{FOLDER}/v/seg-1.m4s": b"seg",
    f"{FOLDER}/page.html": b"<script>",
    f"{FOLDER}/empty.mp4": b"",
    f"{FOLDER}/CLIP.MOV": b"upper case",
}


class MemoryReader:
    """Objects in memory; keeps what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.etag = "e1"

    async def head(self, key: str) -> ObjectInfo:
        self.asked.append(key)
        if key not in OBJECTS:
            raise ObjectMissing("no such object")
        return ObjectInfo(
            size_bytes=len(OBJECTS[key]), etag=self.etag, modified_s=1700000000.5, headers=headers_of(key)
        )

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        for offset in range(start, end, 7):
            yield OBJECTS[key][offset : min(offset + 7, end)]


@pytest.fixture
def reader() -> MemoryReader:
    return MemoryReader()


class OpenGate:
    """Knows which folders are blocked."""

    def __init__(self) -> None:
        self.shut: set[str] = set()
        self.asked: tuple[str, str | None, FileRequest] | None = None

    async def refusal(self, directory: str, name: str, *, token: str | None, visit: FileRequest) -> str:
        self.asked = (name, token, visit)
        return "blocked" if directory in self.shut else ""


@pytest.fixture
def gate() -> OpenGate:
    return OpenGate()


@pytest.fixture
def client(reader: MemoryReader, gate: OpenGate) -> Iterator[TestClient]:
    app = FastAPI()
    app.add_middleware(PublishDomains, domains=("media.example.test", "cdn.example.test:8443"))
    app.include_router(media_router(reader, gate))
    with TestClient(app) as client:
        yield client


URL = f"/media/{FOLDER}/a.mp4"


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("", None),
        ("bytes=0-9", (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("Bytes = 90 - ", (90, 100)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=99-99", (99, 100)),
        ("bytes=100-", UNSATISFIABLE),
        ("bytes=200-300", UNSATISFIABLE),
        ("bytes=-0", UNSATISFIABLE),
        ("bytes=9-0", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=\u0661-2", None),
        ("bytes=0-1,4-5", None),
        ("items=0-9", None),
        ("bytes=" + "9" * 5000 + "-", None),
    ],
)
def test_a_range_is_read_as_the_standard_says(header: str, span: tuple[int, int] | None) -> None:
    assert parse_range(header, size_bytes=100) == span


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-5", "bytes=0-0"])
def test_an_empty_file_has_no_range(header: str) -> None:
    assert parse_range(header, size_bytes=0) == UNSATISFIABLE


def test_a_whole_file_comes_with_what_players_need(client: TestClient) -> None:
    reply = client.get(URL)
    assert (reply.status_code, reply.content) == (200, BYTES)
    assert reply.headers["content-length"] == "100"
    assert reply.headers["content-type"] == "video/mp4"
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["etag"] == '"e1"'
    assert reply.headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "Content-Range" in reply.headers["access-control-expose-headers"]
    assert reply.headers["cache-control"] == "public, max-age=300"


def test_nothing_of_a_blocked_video_is_served_and_caches_keep_no_refusal(client: TestClient, gate: OpenGate) -> None:
    gate.shut.add(FOLDER.rpartition("/")[2])
    for method in ("GET", "HEAD"):
        for path in (URL, f"/media/{FOLDER}/missing.mp4", f"/media/{FOLDER}/v-01.m3u8"):
            reply = client.request(method, path, headers={"Range": "bytes=0-1", "If-None-Match": "*"})
            assert (reply.status_code, reply.headers["cache-control"]) == (403, "no-store")
    gate.shut.clear()
    assert client.get(URL).content == BYTES


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("media.example.test", 200),
        ("MEDIA.example.test:443", 200),
        ("cdn.example.test:8443", 200),
        ("cdn.example.test", 404),
        ("other.test", 404),
    ],
)
def test_files_lie_at_the_root_of_a_publish_domain(client: TestClient, host: str, status: int) -> None:
    assert client.get(f"/{FOLDER}/a.mp4", headers={"Host": host}).status_code == status
    assert client.get(URL, headers={"Host": host}).status_code == 200
    assert client.get(f"/{FOLDER}", headers={"Host": host}).status_code == 404


def test_a_range_comes_alone(client: TestClient) -> None:
    reply = client.get(URL, headers={"Range": "bytes=10-29"})
    assert (reply.status_code, reply.content) == (206, BYTES[10:30])
    assert reply.headers["content-range"] == "bytes 10-29/100"
    assert reply.headers["content-length"] == "20"


def test_a_range_behind_the_end_is_416(client: TestClient) -> None:
    reply = client.get(URL, headers={"Range": "bytes=100-"})
    assert (reply.status_code, reply.content) == (416, b"")
    assert reply.headers["content-range"] == "bytes */100"
    assert reply.headers["access-control-allow-origin"] == "*"


def test_head_tells_the_size_and_ignores_a_range(client: TestClient) -> None:
    reply = client.head(URL, headers={"Range": "bytes=10-29"})
    assert (reply.status_code, reply.content, reply.headers["content-length"]) == (200, b"", "100")


@pytest.mark.parametrize(
    ("validator", "status"),
    [('"e1"', 304), ('W/"e1"', 304), ('"x", "e1"', 304), ("*", 304), ('"x"', 200), ("", 200)],
)
def test_a_current_copy_is_not_sent_again(client: TestClient, validator: str, status: int) -> None:
    reply = client.get(URL, headers={"If-None-Match": validator, "Range": "bytes=0-"} if status == 304 else {})
    assert reply.status_code == status
    assert reply.headers["etag"] == '"e1"'


@pytest.mark.parametrize(
    ("validator", "status"),
    [
        ('"e1"', 206),
        ('"e2"', 200),
        ('W/"e1"', 200),
        ("Tue, 14 Nov 2023 22:13:20 GMT", 206),
        ("Tue, 14 Nov 2023 22:13:21 GMT", 200),
    ],
)
def test_a_range_of_another_version_gets_the_whole_file(client: TestClient, validator: str, status: int) -> None:
    reply = client.get(URL, headers={"Range": "bytes=0-9", "If-Range": validator})
    assert reply.status_code == status


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("v-01.m3u8", "application/vnd.apple.mpegurl"),
        ("v/seg-1.m4s", "video/iso.segment"),
        ("page.html", "application/octet-stream"),
        ("CLIP.MOV", "video/quicktime"),
    ],
)
def test_the_type_follows_the_suffix_of_a_closed_list(client: TestClient, name: str, content_type: str) -> None:
    assert client.get(f"/media/{FOLDER}/{name}").headers["content-type"] == content_type


def test_a_playlist_is_cached_for_a_short_time(client: TestClient) -> None:
    assert client.get(f"/media/{FOLDER}/v-01.m3u8").headers["cache-control"] == "public, max-age=10"


def test_an_empty_file_is_sent_as_such(client: TestClient) -> None:
    reply = client.get(f"/media/{FOLDER}/empty.mp4")
    assert (reply.status_code, reply.content, reply.headers["content-length"]) == (200, b"", "0")


def test_a_missing_file_is_404_that_pages_may_read(client: TestClient) -> None:
    reply = client.get(f"/media/{FOLDER}/none.mp4")
    assert reply.status_code == 404
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "vodpull.db",
        "pullvideo/202311/x/a.mp4",
        f"{FOLDER}/",
        f"{FOLDER}/%2e%2e/%2e%2e/a.mp4",
        f"{FOLDER}/%252e%252e/a.mp4",
        f"{FOLDER}/..%2fa.mp4",
        f"{FOLDER}/%5c..%5ca.mp4",
        f"{FOLDER}//a.mp4",
        f"{FOLDER}/%2e/a.mp4",
        f"{FOLDER}/a.mp4%00",
        f"{FOLDER}/a%0a.mp4",
        f"{FOLDER}/.hidden.mp4",
        f"{FOLDER}/%E6%B5%8B.mp4",
        f"%2f{FOLDER}/a.mp4",
        "pullvideo/202311/0123456789ABCDEF0123456700000000/a.mp4",
    ],
)
def test_a_key_that_the_service_never_makes_is_not_looked_up(
    client: TestClient, reader: MemoryReader, path: str
) -> None:
    assert client.get(f"/media/{path}").status_code == 404
    assert reader.asked == []


@pytest.mark.parametrize(
    "key",
    [
        *(f"{FOLDER}/../x", f"{FOLDER}/..", f"{FOLDER}/a/../../x", f"/{FOLDER}/a.mp4", f"{FOLDER}/%2E%2e/x"),
        *(f"material/202311/{'a' * 32}", f"material/202311/{'a' * 32}.vtt/x", f"audio/202311/{'a' * 31}.mp3"),
        f"manifests/material/202311/{'a' * 32}.json",
    ],
)
def test_dots_leading_slashes_and_other_roots_are_no_media_key(key: str) -> None:
    assert not is_media_key(key)
    assert is_media_key(f"{FOLDER}/a..b.mp4")


def test_materials_are_served_from_their_own_roots_and_never_shut(client: TestClient, reader: MemoryReader) -> None:
    client.get(f"/media/material/202311/{'a' * 32}.vtt")
    client.get(f"/media/audio/202311/{'a' * 32}.mp3")
    assert reader.asked == [f"material/202311/{'a' * 32}.vtt", f"audio/202311/{'a' * 32}.mp3"]


def test_a_preflight_allows_players_to_ask_for_ranges(client: TestClient) -> None:
    reply = client.options(URL, headers={"Origin": "http://p.test", "Access-Control-Request-Method": "GET"})
    assert reply.status_code == 204
    assert "Range" in reply.headers["access-control-allow-headers"]
    assert "GET" in reply.headers["access-control-allow-methods"]


def test_nothing_can_be_written(client: TestClient) -> None:
    assert client.post(URL).status_code == 405


def test_the_routes_are_described(client: TestClient) -> None:
    described = client.get("/openapi.json").json()["paths"]["/media/{key}"]
    assert set(described) == {"get", "head"}


@pytest.mark.parametrize(
    ("etag", "header"), [("e1", '"e1"'), ('"e1"', '"e1"'), ('W/"e1"', 'W/"e1"'), ("", None), ("é", None), ('a"b', None)]
)
def test_an_etag_stands_quoted_or_not_at_all(
    client: TestClient, reader: MemoryReader, *, etag: str, header: str
) -> None:
    reader.etag = etag
    reply = client.get(URL, headers={"If-None-Match": '""'})
    assert (reply.status_code, reply.headers.get("etag")) == (200, header)
