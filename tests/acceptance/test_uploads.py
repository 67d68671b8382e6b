"""Files that clients send, end to end: the vendor's own uploader over a line that breaks, to a video that plays."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from tests.acceptance.vendor_sending import send
from tests.services.breaking_line import breaking_line
from tests.services.receiver import Receiver
from tests.services.vodpull import Vodpull
from vodpull.client import Client

CLIP = "sample_h264_aac.flv"
PADDED = "flower_faststart.mp4"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, hook: Receiver) -> Iterator[Vodpull]:
    service = Vodpull(tmp_path_factory.mktemp("uploads") / "data", origin=hook.url)
    service.start()
    for kind in ("videoUpload", "transcode"):
        assert service.api("PUT", f"/callbacks/{kind}", json={"url": f"{hook.url}/{kind}"}).status_code == 200
    yield service
    service.stop()


def token_of(service: Vodpull, name: str, **parameters: object) -> dict[str, Any]:
    reply = service.call("getUploadToken", {"originFileName": name, **parameters})
    assert reply["code"] == 200, reply
    data: dict[str, Any] = reply["data"]
    return data


def padded(clip: Path, folder: Path, *, size_bytes: int) -> Path:
    """Return an MP4 file that is as good as the clip and has this size, by a box that nobody reads."""
    data, path = clip.read_bytes(), folder / "padded.mp4"
    free = size_bytes - len(data)
    path.write_bytes(data + struct.pack(">I4s", free, b"free") + bytes(free - 8))
    return path


def test_the_vendors_uploader_sends_a_video_over_a_line_that_breaks(
    service: Vodpull, hook: Receiver, clips: Path, tmp_path: Path
) -> None:
    before = len(hook.received)
    path = padded(clips / PADDED, tmp_path, size_bytes=9_437_307)
    given = token_of(service, "课 1.mp4", workflowId="original", videoSource="sdk", originFileSize=path.stat().st_size)
    with breaking_line(service.port, after_bytes=100_000, every=6) as line:
        status, answer = send(line.url, path, given["uploadToken"], tmp_path)
        assert line.breaks > 3
    assert (status, answer["key"]) == (200, given["fileKey"])
    [news] = hook.wait_for(before + 1)[before:]
    video = service.wait_encoded(given["videoId"])
    assert (video["videoName"], video["transcodeState"], video["videoSourceCode"]) == ("课 1", 2, 11)
    assert (video["videoDuration"], video["videoSize"]) == ("5", str(path.stat().st_size))
    code = service.call("getPublishCode", {"videoId": given["videoId"]})["data"]
    stored = service.get(code["videoUrl"][0]["originUrl"].removeprefix(service.url)).content
    assert hashlib.sha256(stored).digest() == hashlib.sha256(path.read_bytes()).digest()
    assert news.headers["content-type"] == "application/json; charset=utf-8"
    [record] = json.loads(news.body)["data"]["videoListInfo"]
    assert record.items() >= {"videoId": given["videoId"], "videoDuration": "5", "flashAutoPlay": 0}.items()


def test_an_upload_is_encoded_and_plays(service: Vodpull, hook: Receiver, clips: Path, tmp_path: Path) -> None:
    before = len(hook.received)
    given = token_of(service, CLIP, transCodeCombineName="abr")
    status, _ = send(service.url, clips / CLIP, given["uploadToken"], tmp_path)
    assert status == 200
    video = service.wait_encoded(given["videoId"])
    assert (video["transcodeState"], video["videoSourceCode"]) == (1, 1)
    code = service.call("getPublishCode", {"videoId": given["videoId"]})["data"]
    assert code["autoCode"].startswith(f"{service.url}/media/video/")
    playlist = service.get(code["autoCode"].removeprefix(service.url))
    assert playlist.status_code == 200
    assert "#EXT-X-STREAM-INF" in playlist.text
    upload, transcode = hook.wait_for(before + 2)[before:]
    assert [record["transcodeState"] for record in json.loads(upload.body)["data"]["videoListInfo"]] == [3]
    assert code["autoCode"].endswith(transcode.data["data"]["autoCode"])


def test_a_file_that_is_no_video_stays_until_another_one_takes_its_place(
    service: Vodpull, hook: Receiver, clips: Path, tmp_path: Path
) -> None:
    before, path = len(hook.received), tmp_path / "a.mp4"
    path.write_bytes(b"this is no video" * 100)
    given = token_of(service, path.name, fileId="mine")
    assert send(service.url, path, given["uploadToken"], tmp_path)[0] == 200
    assert service.wait_encoded(given["videoId"])["transcodeState"] == 4
    code = service.call("getPublishCode", {"videoId": given["videoId"]})["data"]
    assert service.get(code["videoUrl"][0]["originUrl"].removeprefix(service.url)).content == path.read_bytes()
    upload, transcode = hook.wait_for(before + 2)[before:]
    assert json.loads(upload.body)["data"]["videoListInfo"][0]["videoId"] == given["videoId"]
    assert transcode.data == {"code": 300, "data": {"videoId": given["videoId"]}, "message": "Operation failed"}
    again = token_of(service, path.name, fileId="mine", overwrite=1)
    assert (again["fileKey"], again["videoId"]) == (given["fileKey"], given["videoId"])
    assert send(service.url, clips / CLIP, again["uploadToken"], tmp_path)[0] == 200
    hook.wait_for(before + 4)
    assert service.wait_encoded(given["videoId"])["transcodeState"] == 1
    kept = service.get(code["videoUrl"][0]["originUrl"].removeprefix(service.url)).content
    assert kept == (clips / CLIP).read_bytes()


def test_a_tus_client_of_others_sends_a_file_over_a_line_that_breaks(service: Vodpull, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(os.urandom(6_000_000))
    key = service.own_key
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    metadata = {"filename": "a.mp4", "template": "original", "sha256": digest}
    with breaking_line(service.port, after_bytes=400_000, every=3) as line, path.open("rb") as file:
        client = TusClient(f"{line.url}/api/v1/uploads", {"Authorization": f"Bearer {key.access_key}.{key.secret}"})
        uploader = client.uploader(file_stream=file, chunk_size=1_000_000, metadata=metadata, retries=20, retry_delay=0)
        while uploader.offset < path.stat().st_size:
            with contextlib.suppress(TusCommunicationError, requests.RequestException):
                uploader.upload()
            uploader.offset = uploader.get_offset()
        assert line.breaks
    [video] = [each for each in service.api("GET", "/videos").json()["videos"] if each["name"] == "a"][:1]
    assert video["size_bytes"] == path.stat().st_size


def test_statuses_that_only_this_protocol_has_go_over_the_wire(service: Vodpull) -> None:
    request = f"POST /mkblk/1/0 HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nContent-Length: 0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall(request.encode())
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 401 ")
    boundary = "x"
    body = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc'
    head = f"POST /file/upload HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    head += f"Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall((head + body).encode())
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 701 ")


def test_the_command_goes_on_where_it_was_after_the_service_was_killed(service: Vodpull, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(os.urandom(5_000_000))
    key, done = service.own_key, 0

    class Killed(Exception):
        pass

    def kill_midway(at: int, _total: int) -> None:
        nonlocal done
        done = at
        if at >= 2_000_000:
            raise Killed

    with Client(service.url, key.access_key, key.secret, patience_s=0) as client, pytest.raises(Killed):
        client.upload(path, on_progress=kill_midway)
    service.kill()
    service.start()
    seen: list[int] = []
    with Client(service.url, key.access_key, key.secret) as client:
        again = client.upload(path, template="original", on_progress=lambda at, _total: seen.append(at))
        assert seen[0] >= done >= 2_000_000, "what had arrived counts"
        usage = client.video(again).usage
        assert usage is not None
        assert usage.original_bytes == path.stat().st_size
    secrets = {"VODPULL_ACCESS_KEY": key.access_key, "VODPULL_SECRET_KEY": key.secret}
    words = ("upload", str(path), "--template", "original", "--label", "Courses/History", "--json")
    sent = service.run(*words, "--server", service.url, **secrets)
    assert sent.returncode == 0, sent.stderr
    [made] = json.loads(sent.stdout)
    video = service.api("GET", f"/videos/{made['videoId']}").json()
    assert [label["name"] for label in video["categories"]] == ["History"]
