"""Every clip of the collection ends as its manifest says, and what plays is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import m3u8
import pytest

from tests.origin import Origin
from tests.services.vodpull import Vodpull

CODES = {
    "no_video": {"no_video"},
    "not_media": {"not_media", "body_empty"},
    "truncated_or_corrupt": {"media_truncated"},
}
"""Codes of the catalogue for each error class of the manifest."""

SHORT_SIDES = {2: 360, 3: 480, 4: 720, 5: 1080}

# Every file of the collection that is encoded, with the sizes that its ladder must have (lowest first).
LADDERS = {
    "real_1080p30_18s.mp4": ["640x360", "854x480", "1280x720", "1920x1080"],
    "real_720p2997_60s.mp4": ["640x360", "854x480", "1280x720"],
    "phone_hevc10_hlg_rot90_vfr.mp4": ["360x640", "480x854", "720x1280", "1080x1920"],
    "phone_h264_rot90_720p.mp4": ["360x640", "480x854", "720x1280"],
    "portrait_vfr_1080x1440.mp4": ["360x480", "480x640", "720x960", "1080x1440"],
    "hdr10_hevc10_1080p_1s.mp4": ["640x360", "854x480", "1280x720", "1920x1080"],
    "world_vp9_opus.webm": ["480x270"],
    "av1_aac_960x540_15s.mp4": ["640x360", "854x480"],
    "globe_h264_aac.ts": ["480x270"],
    "sample_h264_aac.flv": ["540x360", "720x480", "1080x720"],
    "globe_mpeg4_mp3.avi": ["480x270"],
    "flower_faststart.mp4": ["640x360", "854x480"],
    "flower_moov_at_end.mp4": ["640x360", "854x480"],
    "video_only_640x360_40s.mp4": ["640x360"],
    "bbb_854x480_5p1_30s.mp4": ["640x360", "854x480"],
    "interlaced_480i_mpeg2_ac3.mpg": ["640x360", "852x480"],
    "odd_853x481_vp9_opus.webm": ["638x360", "852x480"],
    "very_short_0.17s_1080p.mp4": ["640x360", "854x480", "1280x720", "1920x1080"],
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def entries(clips: Path) -> list[dict[str, Any]]:
    manifest: dict[str, list[dict[str, Any]]] = json.loads((clips / "MANIFEST.json").read_text())
    return manifest["entries"]


def transcoded(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["expected"]["outcome"] == "transcodes"]


@pytest.fixture(scope="module")
def results(service: Vodpull, origin: Origin, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Submit the whole collection as one batch; item and job by manifest name."""
    items = [{"fetchUrl": origin.url(entry.get("entry", entry["file"]))} for entry in entries]
    task_id = service.pull(items)
    data = service.wait(task_id, within_s=900)
    jobs = service.state(task_id)["jobs"]
    found = zip(entries, data["items"], jobs, strict=True)
    return {entry["file"]: (item, job) for entry, item, job in found}


def test_every_clip_has_the_outcome_of_its_manifest(entries: list[dict[str, Any]], results: dict[str, Any]) -> None:
    wrong = {}
    for entry in entries:
        item, job = results[entry["file"]]
        code = job["error"]["code"] if job["error"] else None
        expected = entry["expected"]
        if expected["outcome"] == "transcodes":
            good = code is None and (item["pullStatus"], item["cmdStatus"]) == (2, 2)
        else:
            good = code in CODES[expected["error_class"]] and item["cmdStatus"] == 3
        if not good:
            wrong[entry["file"]] = (item["pullStatus"], item["cmdStatus"], code, job["error"])
    assert wrong == {}


def test_files_without_video_are_stored_all_the_same(results: dict[str, Any]) -> None:
    item, _ = results["audio_only_10s.mp4"]
    assert (item["pullStatus"], item["cmdStatus"]) == (2, 3)
    assert [row["clarity"] for row in item["videoInfo"]["videoFileList"]] == [1]


def test_every_ladder_has_one_rung_for_each_definition_that_the_source_reaches(
    entries: list[dict[str, Any]], results: dict[str, Any]
) -> None:
    for entry in transcoded(entries):
        item, _ = results[entry["file"]]
        video = entry["video"]
        short = min(video["display_width"], video["display_height"])
        reached = [clarity for clarity, side in SHORT_SIDES.items() if side <= short] or [2]
        rows = item["videoInfo"]["videoFileList"][1:]
        assert [row["clarity"] for row in rows] == reached, entry["file"]
        for row in rows:
            width, height = map(int, row["resolution"].split(":"))
            assert min(width, height) <= SHORT_SIDES[row["clarity"]]
            assert width % 2 == height % 2 == 0
            aspect = video["display_width"] / video["display_height"]
            assert width / height == pytest.approx(aspect, rel=0.02), entry["file"]


def test_a_clip_becomes_its_ladder(entries: list[dict[str, Any]], results: dict[str, Any]) -> None:
    found = {
        entry["file"]: [
            row["resolution"].replace(":", "x") for row in results[entry["file"]][0]["videoInfo"]["videoFileList"][1:]
        ]
        for entry in transcoded(entries)
        if not entry["file"].endswith("/")
    }
    assert found == LADDERS


def test_every_rendition_is_as_long_as_its_source_and_plays_its_sound(
    service: Vodpull, entries: list[dict[str, Any]], results: dict[str, Any]
) -> None:
    for entry in transcoded(entries):
        item, job = results[entry["file"]]
        master = m3u8.loads(service.get(f"/media/{job['playlist']}").text)
        rows = item["videoInfo"]["videoFileList"][1:]
        pictures = [variant for variant in master.playlists if variant.stream_info.resolution]
        assert len(pictures) == len(rows)
        for row, variant in zip(rows, pictures, strict=True):
            own = m3u8.loads(service.get(f"/media/{row['fileUrl']}").text)
            assert [(picture.uri, len(own.media)) for picture in own.playlists] == [
                (variant.uri, int(bool(entry.get("audio"))))
            ], entry["file"]
            playlist = m3u8.loads(service.get(urljoin(f"/media/{row['fileUrl']}", variant.uri)).text)
            length_s = sum(segment.duration for segment in playlist.segments)
            assert length_s == pytest.approx(entry["duration_s"], rel=0.01, abs=0.1), entry["file"]
            assert length_s == pytest.approx(job["duration_s"], rel=0.01, abs=0.05), entry["file"]
            last = urljoin(f"/media/{row['fileUrl']}", playlist.segments[-1].uri)
            assert service.get(last).status_code == 200
            rate = variant.stream_info.frame_rate
            assert len(playlist.segments) == max(1, -(-round(length_s * rate) // round(4 * rate))), entry["file"]
            assert variant.stream_info.codecs.count("mp4a.40.2") == int(bool(entry.get("audio"))), entry["file"]


def test_nothing_lies_beside_what_a_clip_became(
    service: Vodpull, entries: list[dict[str, Any]], results: dict[str, Any]
) -> None:
    for entry in transcoded(entries):
        item, job = results[entry["file"]]
        original, *rows = item["videoInfo"]["videoFileList"]
        folder = (service.data_dir / "media" / original["fileUrl"]).parent
        video_id = job["video_id"]
        assert sorted(path.name for path in folder.iterdir()) == sorted(
            [
                original["fileUrl"].rpartition("/")[2],
                video_id,
                *(f"{video_id}-{kind}{number:02d}.m3u8" for number in range(1, len(rows) + 1) for kind in ("", "v")),
                *([f"{video_id}-a1.m3u8"] if entry.get("audio") else []),
                f"{video_id}-i01.m3u8",
                f"{video_id}.json",
                f"{video_id}.mpd",
                f"{video_id}-storyboard.vtt",
                f"{video_id}.jpg",
                f"{video_id}.m3u8",
                *([f"{video_id}.webp"] if job["duration_s"] >= 60 else []),
            ]
        ), entry["file"]
