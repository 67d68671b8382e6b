from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.vectors import load
from tests.videos import ASSET, ORIGINAL, VIDEO, ZONE, stored_file

from vodpull.jobs.states_and_codes import Clarity, ServerType
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.video import Category
from vodpull.videos.wire.shapes import CodeType, publish_code, video_info

CALLS = load("video-exchanges")["calls"]
URLS = FileUrls(public_url="https://vod.example.test/", domains=("media.example.test", "other.example.test"))


def members(value: Any) -> list[Any]:
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(member for entry in nested for member in members(entry))]


def test_the_record_is_that_of_the_vector() -> None:
    [expected] = CALLS["getVideoList"]["reply_success"]["body"]["data"]["videoListInfo"]
    found = video_info(VIDEO, urls=URLS, zone=ZONE)
    assert found == expected
    assert list(found) == list(expected), "in the order of the documentation"


@pytest.mark.parametrize("code_type", CodeType)
def test_the_publish_code_of_each_type_is_that_of_the_vector(code_type: CodeType) -> None:
    expected = CALLS["getPublishCode"]["replies_by_codeType"][str(int(code_type))]
    assert publish_code(VIDEO, urls=URLS, code_type=code_type) == expected


def test_computers_get_progressive_files_and_phones_playlists() -> None:
    made = stored_file(Clarity.HD, "hd.m3u8", 900), stored_file(Clarity.HD, "hd.mp4", 90_000, ServerType.MOBILE)
    video = replace(VIDEO, asset=replace(ASSET, files=(ORIGINAL, *made)))
    computer, phone = publish_code(video, urls=URLS)["videoUrl"]
    assert [entry["highUrl"].rpartition("/")[2] for entry in (computer, phone)] == ["hd.mp4", "hd.m3u8"]
    assert [entry["fluentUrl"] for entry in (computer, phone)] == ["", ""]
    rows = video_info(video, urls=URLS, zone=ZONE)["videoResolutions"]
    assert [(row["clarity"], row["fileSize"]) for row in rows] == [(1, 5_384_542), (4, 900)]


def test_what_a_video_lacks_is_empty_and_never_null() -> None:
    bare = replace(VIDEO, duration_s=0.0, asset=replace(ASSET, files=(), playlist_key="", poster_key=""))
    record, code = video_info(bare, urls=URLS, zone=ZONE), publish_code(bare, urls=URLS)
    assert (record["imageUrl"], record["videoDuration"], record["videoResolutions"]) == ("", "0", [])
    assert {url for entry in code["videoUrl"] for name, url in entry.items() if name != "urlType"} == {""}
    assert None not in members([record, code])


def test_the_classification_names_labels_of_the_second_level() -> None:
    labels = Category(node_id=1001, parent_id=0, name="课程"), Category(node_id=1002, parent_id=1001, name="第一季")
    other = Category(node_id=1003, parent_id=1001, name="b")
    video = replace(VIDEO, categories=(*labels, other))
    assert video_info(video, urls=URLS, zone=ZONE)["videoClassification"] == "第一季,b"


@pytest.mark.parametrize(
    ("domain", "base"),
    [
        ("", "https://media.example.test/k.mp4"),
        ("other.example.test", "https://other.example.test/k.mp4"),
        ("gone.example.test", "https://media.example.test/k.mp4"),
    ],
)
def test_files_are_at_the_root_of_the_videos_domain(domain: str, base: str) -> None:
    assert URLS.url("k.mp4", domain) == base
    assert URLS.host(domain) == base.split("/")[2]


def test_files_are_below_media_without_publish_domains() -> None:
    urls = FileUrls(public_url="https://vod.example.test:8443/base/")
    assert urls.url("k.mp4", "other.example.test") == "https://vod.example.test:8443/base/media/k.mp4"
    assert urls.host() == "vod.example.test:8443"
    assert urls.url("") == ""
