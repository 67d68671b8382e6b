"""
Clouds that people leave, as far as a move asks them: Mux, Cloudflare Stream and Bunny Stream.

Written from their public descriptions, not from what asks them here: paths, parameters, pages, errors and states.
Each makes its files ready only after it was asked for them, and tells who comes too often to come back later.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.services.loopback import serving

KEY = "key-of-the-old-cloud"

Answer = tuple[int, dict[str, Any]]


@dataclass
class Cloud:
    """What a cloud has, and what it was asked."""

    answer: Callable[[Cloud, str, str, dict[str, str]], Answer | bytes]
    authorization: tuple[str, str]
    videos: list[dict[str, Any]]
    file_url: str
    url: str = ""
    asked: list[str] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)
    """By id: how often its file was asked for."""
    busy: int = 1
    """Calls that are refused as too many, before the others."""
    picture: bytes = b""
    """What its thumbnails are; empty: there are none."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, video_id: str) -> dict[str, Any] | None:
        return next((each for each in self.videos if video_id in {each.get("id"), each.get("uid")}), None)

    def is_made(self, video_id: str, *, begins: bool) -> bool | None:
        """Tell whether a file is there; None: nobody has asked for it."""
        with self.lock:
            if video_id not in self.made and not begins:
                return None
            self.made[video_id] = self.made.get(video_id, 0) + 1
            return self.made[video_id] > 2


class _Handler(BaseHTTPRequestHandler):
    cloud: Cloud

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        self.cloud.asked.append(f"{self.command} {self.path}")
        if parts.path.startswith("/files/") and parts.path.endswith(".jpg"):
            return self._send(200 if self.cloud.picture else 404, self.cloud.picture, "image/jpeg")
        answer: Answer | bytes | None = None if parts.path.startswith("/files/") else self._refusal()
        if answer is None:
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            answer = self.cloud.answer(self.cloud, self.command, parts.path.removeprefix("/files"), query)
        if isinstance(answer, bytes):
            return self._send(200, answer, "text/vtt")
        return self._send(answer[0], json.dumps(answer[1]).encode(), "application/json")

    do_PUT = do_POST = do_GET

    def _refusal(self) -> Answer | None:
        name, value = self.cloud.authorization
        if self.headers.get(name) != value:
            return 401, {"error": {"type": "unauthorized"}}
        with self.cloud.lock:
            self.cloud.busy, is_busy = max(0, self.cloud.busy - 1), self.cloud.busy > 0
        return (429, {"error": {"type": "too_many_requests"}}) if is_busy else None

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running(cloud: Cloud) -> Iterator[Cloud]:
    """Serve a cloud until the block ends."""
    with serving(type("Handler", (_Handler,), {"cloud": cloud})) as cloud.url:
        yield cloud


VTT = b"WEBVTT\n\n00:00.000 --> 00:00.100\nhello\n"
NOT_FOUND: Answer = (404, {"error": {"type": "not_found"}})


def mux(file_url: str, *, videos: int) -> Cloud:
    """Return an environment of Mux: the last asset is not ready, the one before has no master but an MP4."""
    assets: list[dict[str, Any]] = [
        {
            "id": f"asset{number}",
            "status": "ready",
            "created_at": str(1_577_836_800 + number),
            "duration": 1.5,
            "meta": {"title": f"Film {number}"},
            "master_access": "none",
            "playback_ids": [
                {"id": f"signed{number}", "policy": "signed"},
                {"id": f"play{number}", "policy": "public"},
            ],
            "tracks": [
                {
                    "id": f"text{number}",
                    "type": "text",
                    "text_type": "subtitles",
                    "language_code": "en",
                    "name": "English",
                },
                {"id": "v", "type": "video"},
            ],
            "static_renditions": {"status": "ready", "files": [{"name": "low.mp4", "ext": "mp4", "height": 270}]},
        }
        for number in range(videos)
    ]
    assets[-1] |= {"status": "preparing"}
    token = base64.b64encode(f"token:{KEY}".encode()).decode()
    return Cloud(answer=_mux, authorization=("Authorization", f"Basic {token}"), videos=assets, file_url=file_url)


def _mux(cloud: Cloud, method: str, path: str, query: dict[str, str]) -> Answer | bytes:
    words = path.strip("/").split("/")
    if path == "/video/v1/assets":
        first, limit = int(query.get("cursor", "0")), min(int(query.get("limit", "25")), 100)
        following = first + limit
        return 200, {
            "data": cloud.videos[first:following],
            "next_cursor": str(following) if following < len(cloud.videos) else None,
        }
    if words[0] != "video":
        return VTT if words[-1].endswith(".vtt") else NOT_FOUND
    asset = cloud.find(words[3])
    if asset is None:
        return NOT_FOUND
    if method == "PUT" and words[4:] == ["master-access"]:
        asset["master_access"] = "temporary"
    if asset["master_access"] == "temporary":
        is_made = cloud.is_made(words[3], begins=True)
        asset["master"] = {"status": "ready", "url": cloud.file_url} if is_made else {"status": "preparing"}
    return 200, {"data": asset}


def cloudflare(file_url: str, *, videos: int) -> Cloud:
    """Return an account of Cloudflare Stream: the last video failed there."""
    found: list[dict[str, Any]] = [
        {
            "uid": f"{number:032x}",
            "created": f"2020-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.123456Z",
            "uploaded": "2020-01-02T00:00:00Z",
            "duration": 1.5,
            "size": 190_000,
            "meta": {"name": f"Film {number}"},
            "status": {"state": "ready"},
            "requireSignedURLs": number == 1,
        }
        for number in range(videos)
    ]
    found[-1] |= {"status": {"state": "error"}}
    authorization = ("Authorization", f"Bearer {KEY}")
    return Cloud(answer=_cloudflare, authorization=authorization, videos=found, file_url=file_url)


def _cloudflare(cloud: Cloud, method: str, path: str, query: dict[str, str]) -> Answer | bytes:
    _, account, _, *words = path.strip("/").split("/")

    def told(result: object) -> Answer:
        return 200, {"success": True, "errors": [], "messages": [], "result": result}

    if account != "acc":
        return 403, {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]}
    if not words:
        picture = {"thumbnail": f"{cloud.url}/files/thumbnail.jpg"}
        found = [each | picture for each in cloud.videos if each["created"] >= query.get("start", "")]
        return told(found[: min(int(query.get("limit", "1000")), 1000)])
    if cloud.find(words[0]) is None:
        return NOT_FOUND
    if words[1:] == ["captions"]:
        return told([{"language": "en", "label": "English", "status": "ready"}])
    if words[1] == "captions":
        return VTT
    is_made = cloud.is_made(words[0], begins=method == "POST")
    if is_made is None:
        return told({})
    status = {"status": "ready", "url": cloud.file_url, "percentComplete": 100.0}
    return told({"default": status if is_made else {"status": "inprogress", "percentComplete": 10.0}})


def bunny(file_url: str, *, videos: int) -> Cloud:
    """Return a library of Bunny Stream: the last video has no file, the one before is not finished."""
    found: list[dict[str, Any]] = [
        {
            "guid": f"guid-{number}",
            "title": f"Film {number}",
            "description": "told",
            "dateUploaded": "2020-01-01T00:00:00.12",
            "length": 2,
            "status": 4,
            "hasOriginal": number % 2 == 0,
            "hasMP4Fallback": True,
            "availableResolutions": "360p,720p,240p",
            "collectionId": "c1" if number == 0 else "",
            "captions": [{"srclang": "en", "label": "English"}],
            "thumbnailFileName": "thumbnail.jpg",
        }
        for number in range(videos)
    ]
    found[-2] |= {"status": 5}
    found[-1] |= {"hasOriginal": False, "hasMP4Fallback": False}
    return Cloud(answer=_bunny, authorization=("AccessKey", KEY), videos=found, file_url=file_url)


def _bunny(cloud: Cloud, _method: str, path: str, query: dict[str, str]) -> Answer | bytes:
    if path.endswith(".vtt"):
        return VTT
    number, size = int(query.get("page", "1")), min(int(query.get("itemsPerPage", "100")), 1000)
    if path == "/library/77/collections":
        return 200, {"totalItems": 1, "currentPage": 1, "items": [{"guid": "c1", "name": "Lessons"}]}
    if path != "/library/77/videos":
        return NOT_FOUND
    items = cloud.videos[(number - 1) * size : number * size]
    return 200, {"totalItems": len(cloud.videos), "currentPage": number, "itemsPerPage": size, "items": items}
