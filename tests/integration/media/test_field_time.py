"""Sources whose clock is not the one that everybody expects: what is published is in step, whole and in order."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.clapper import X264, Clapper, assert_in_step, beeps, ffmpeg, read_pictures
from tests.integration.media.pipeline import published

from vodpull.media import Toolbox

TS = ("-muxdelay", 0, "-muxpreload", 0, "-f", "mpegts")
AAC: tuple[object, ...] = ("-c:a", "aac")
MPEG2: tuple[object, ...] = ("-c:v", "mpeg2video", "-q:v", 4, "-g", 25)
MP2: tuple[object, ...] = ("-c:a", "mp2", "-b:a", "128k")
KINDS: dict[str, tuple[tuple[object, ...], tuple[object, ...], tuple[object, ...]]] = {
    "mp4": (X264, AAC, ()),
    "mkv": (X264, AAC, ()),
    "flv": (X264, AAC, ("-flvflags", "no_duration_filesize")),
    "ts": (X264, AAC, TS),
    "mpg": (MPEG2, MP2, ("-f", "vob")),
}
"""Codecs and options of the output for each container."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("late", ["picture", "sound"])
async def test_tracks_that_begin_apart_stay_in_step(kind: str, late: str, tmp_path: Path, toolbox: Toolbox) -> None:
    video, sound, options = KINDS[kind]
    picture = Clapper(seconds=4, video=video, sound=()).make(tmp_path / "picture.mkv")
    delays = (0.48, 0) if late == "picture" else (0, 0.48)
    heard = beeps(4, offset_s=0.48 if late == "picture" else -0.48)
    inputs = ("-itsoffset", delays[0], "-i", picture, "-itsoffset", delays[1], "-f", "lavfi", "-i", heard)
    source = tmp_path / f"source.{kind}"
    ffmpeg(*inputs, "-map", "0:v", "-map", "1:a", "-c:v", "copy", *sound, *options, source)
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    assert set(read_pictures(made, 100).numbers) == set(range(100))
    assert_in_step(made, 100)


def concatenated(kind: str, parts: int, folder: Path) -> Path:
    """Return a file that is several recordings of 3 s, one after the other, each from its own zero."""
    video, sound, options = KINDS[kind]
    clips = [
        Clapper(seconds=3, first=75 * number, total=75 * parts, video=video, sound=sound).make(
            folder / f"part-{number}.{kind}", *options
        )
        for number in range(parts)
    ]
    whole = folder / f"whole.{kind}"
    header = 13 if kind == "flv" else 0
    whole.write_bytes(clips[0].read_bytes() + b"".join(clip.read_bytes()[header:] for clip in clips[1:]))
    return whole


@pytest.mark.parametrize(("kind", "parts"), [("ts", 2), ("ts", 3), ("mpg", 2), ("mpg", 3), ("flv", 2), ("flv", 3)])
async def test_a_clock_that_starts_again_loses_nothing(kind: str, parts: int, tmp_path: Path, toolbox: Toolbox) -> None:
    source = concatenated(kind, parts, tmp_path)
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    found = read_pictures(made, 75 * parts)
    assert set(found.numbers) == set(range(75 * parts))
    assert found.steps_back == 0
    assert len(found.numbers) <= 75 * parts + 4
    assert_in_step(made, 75 * parts)
