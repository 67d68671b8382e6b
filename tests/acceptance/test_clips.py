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

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def entries(clips: Path) -> list[dict[str, Any]]:
    manifest: dict[str, list[dict[str, Any]]] = json.loads((clips / "MANIFEST.json").read_text())
    return manifest["entries"]


@pytest.fixture(scope="module")
def results(service: Vodpull, origin: Origin, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Submit the whole collection as one batch; item and job by manifest name."""
    items = [{"fetchUrl": origin.url(entry.get("entry", entry["file"]))} for entry in entries]
    task_id = service.pull(items)
    data = service.wait(task_id, within_s=900)
    jobs = service.state(task_id)["jobs"]
    return {entry["file"]: (item, job) for entry, item, job in zip(entries, data["items"], jobs, strict=True)}


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
    for entry in entries:
        item, _ = results[entry["file"]]
        if entry["expected"]["outcome"] != "transcodes":
            continue
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


def test_every_rendition_is_as_long_as_its_source(
    service: Vodpull, entries: list[dict[str, Any]], results: dict[str, Any]
) -> None:
    for entry in entries:
        item, _ = results[entry["file"]]
        if entry["expected"]["outcome"] != "transcodes":
            continue
        for row in item["videoInfo"]["videoFileList"][1:]:
            playlist = m3u8.loads(service.get(f"/media/{row['fileUrl']}").text)
            length = sum(segment.duration for segment in playlist.segments)
            assert length == pytest.approx(entry["duration_s"], rel=0.01, abs=0.1), entry["file"]
            last = urljoin(f"/media/{row['fileUrl']}", playlist.segments[-1].uri)
            assert service.get(last).status_code == 200
