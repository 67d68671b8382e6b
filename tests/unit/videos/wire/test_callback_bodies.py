"""Bodies of callbacks, against the vectors of the contract."""

from __future__ import annotations

from tests.vectors import load
from tests.videos import VIDEO

from vodpull.videos.file_urls import FileUrls
from vodpull.videos.wire.callback_bodies import deletion_notice, transcode_notice

VECTORS = load("callbacks")
URLS = FileUrls(public_url="https://vod.example.test/", domains=("media.example.test",))


def test_the_end_of_an_encode_is_told_as_the_vector_tells_it() -> None:
    assert transcode_notice(VIDEO, urls=URLS, has_failed=False) == VECTORS["transcode"]["body"]
    assert transcode_notice(VIDEO, urls=URLS, has_failed=True) == VECTORS["transcodeFailed"]["body"]


def test_a_deletion_is_told_as_the_vector_tells_it() -> None:
    told = VECTORS["deleteVideo"]
    statuses = {item["videoId"]: item["status"] for item in told["json"]["items"]}
    task_id, now_ms = int(told["json"]["taskId"]), told["json"]["timestamp"]
    assert deletion_notice(task_id, statuses, now_ms=now_ms) == told["body"]
