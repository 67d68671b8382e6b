"""An operator's own template, and the built-in one with files to download, from the request to what is published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import m3u8
import pytest

from tests.origin import Origin
from tests.services.vodpull import Vodpull

CLIP = "flower_faststart.mp4"
TINY = """
mp4 = "best"
vmaf = true
segment_s = 2.0

[definitions.LD]
short_side_px = 96
max_bitrate_bps = 200_000

[definitions.SD]
short_side_px = 144
max_bitrate_bps = 300_000

[video.hevc]
preset = "ultrafast"
crf = 30
only = ["SD"]

[video.h264]
preset = "ultrafast"
crf = 28

[audio]
bitrate_bps = 64_000
loudness = true
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[Vodpull]:
    """Return a service with the template `tiny` beside the built-in ones."""
    data = tmp_path_factory.mktemp("templates") / "data"
    (data / "templates").mkdir(parents=True)
    (data / "templates" / "tiny.toml").write_text(TINY)
    service = Vodpull(data, origin=origin.origin)
    service.is_measured = True
    service.start()
    yield service
    service.stop()


def rows(service: Vodpull, batch_id: str) -> list[dict[str, Any]]:
    """Return the files of a task as the wire tells them."""
    found: list[dict[str, Any]] = service.query(batch_id)["items"][0]["videoInfo"]["videoFileList"]
    return found


@pytest.fixture(scope="module")
def made(tiny: Vodpull, origin: Origin) -> dict[str, Any]:
    """Return a finished batch of the operator's template."""
    batch = tiny.create(origin.url(CLIP), template="tiny")
    state = tiny.wait_final(batch["batch_id"])
    assert state["jobs"][0]["cmd_status"] == 2, state["jobs"][0]["error"]
    return state


def test_the_definitions_on_the_wire_are_those_of_the_fallback_codec(tiny: Vodpull, made: dict[str, Any]) -> None:
    found = [(row["clarity"], row["serverType"], row["resolution"]) for row in rows(tiny, made["batch_id"])]
    assert found == [(1, -1, "960:540"), (2, 0, "170:96"), (3, 0, "256:144"), (3, 1, "256:144")]


def test_the_playlist_has_both_codecs(tiny: Vodpull, made: dict[str, Any]) -> None:
    playlist = m3u8.loads(tiny.get(f"/media/{made['jobs'][0]['playlist']}").text)
    assert [variant.stream_info.codecs[:4] for variant in playlist.playlists] == ["hvc1", "avc1", "avc1", "mp4a"]


def test_the_file_is_served_whole_and_begins_with_its_header(tiny: Vodpull, made: dict[str, Any]) -> None:
    file = rows(tiny, made["batch_id"])[-1]
    reply = tiny.get(f"/media/{file['fileUrl']}")
    assert reply.headers["content-type"] == "video/mp4"
    assert len(reply.content) == file["fileSize"]
    assert reply.content[4:8] == b"ftyp"
    assert reply.content.index(b"moov") < reply.content.index(b"mdat")


def test_the_quality_of_each_codec_is_told(tiny: Vodpull, made: dict[str, Any]) -> None:
    sd, ld = made["jobs"][0]["decisions"]
    assert 40 < sd["vmaf"] <= 100
    assert set(sd["qualities"]) == {"hevc", "h264"}
    assert set(ld["qualities"]) == {"h264"}
    assert sd["qualities"]["h264"]["frames"] >= 50


def test_the_built_in_template_gives_a_file_of_each_definition(tiny: Vodpull, origin: Origin) -> None:
    batch = tiny.create(origin.url("very_short_0.17s_1080p.mp4"), template="mp4")
    tiny.wait_final(batch["batch_id"])
    found = [(row["clarity"], row["serverType"]) for row in rows(tiny, batch["batch_id"])]
    assert found == [(1, -1), *((clarity, kind) for clarity in (2, 3, 4, 5) for kind in (0, 1))]


def test_a_mistake_stops_the_start_and_is_named(tmp_path: Path, origin: Origin) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "mine.toml").write_text(TINY.replace("ultrafast", "fastest", 1))
    done = Vodpull(tmp_path, origin=origin.origin).run("serve", "--port", "0")
    assert done.returncode != 0
    assert "mine" in done.stderr
    assert "video.hevc.preset" in done.stderr


PART_OF_FFMPEG = """#!/bin/sh
case "$*" in
  *-filters*) {ffmpeg} "$@" | /bin/grep -v libvmaf ;;
  *libvmaf*) echo "No such filter: libvmaf" >&2; exit 8 ;;
  *) exec {ffmpeg} "$@" ;;
esac
"""


def test_a_video_is_published_although_its_quality_cannot_be_measured(tmp_path: Path, origin: Origin) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(PART_OF_FFMPEG.format(ffmpeg=imageio_ffmpeg.get_ffmpeg_exe()))
    program.chmod(0o755)
    data = tmp_path / "data"
    (data / "templates").mkdir(parents=True)
    (data / "templates" / "tiny.toml").write_text(TINY)
    own = {"VODPULL_FFMPEG_PATH": str(program), "VODPULL_SANDBOX": "off"}
    service = Vodpull(data, origin=origin.origin, **own)
    assert "lacks libvmaf for the template tiny" in service.run("doctor").stdout
    service.start()
    try:
        batch = service.create(origin.url("very_short_0.17s_1080p.mp4"), template="tiny")
        [job] = service.wait_final(batch["batch_id"])["jobs"]
    finally:
        service.stop()
    assert job["cmd_status"] == 2
    assert {decision["vmaf"] for decision in job["decisions"]} == {None}
    assert "quality not measured" in service.log()
