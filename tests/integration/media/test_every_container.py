"""Every container and codec that is taken: from a file that FFmpeg writes to a rendition that shows the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.clapper import ffmpeg
from tests.fuzz.samples import AUDIO, DECODED_AS, FORMATS, TEXT, VIDEO, write_sample
from tests.integration.media.pipeline import make_parts, plan_source

from vodpull.errors import MediaUnsupported
from vodpull.media import Toolbox, parse_template, probe
from vodpull.media.tools.accepted import ACCEPTED

SMALL = parse_template(
    """
    definitions.LD = { short_side_px = 120, max_bitrate_bps = 2_000_000 }
    video.h264 = { preset = "ultrafast", crf = 10 }
    """,
    name="small",
)
NO_SAMPLE = {"wmapro"}
"""FFmpeg cannot write it."""
PICTURES = [("video", name) for name in VIDEO] + [("format", name) for name in ("mxf", "ivf", "rm", "dv")]
SOUNDS = [("audio", name) for name in AUDIO] + [("format", name) for name in ("aiff", "caf", "amr")]


@pytest.fixture
def boxed_toolbox(toolbox: Toolbox) -> Toolbox:
    if toolbox.sandbox != "bwrap":
        pytest.skip("no sandbox here")
    return toolbox


def grays(file: Path) -> bytes:
    """Return the first picture in a size at which codecs do not differ."""
    return ffmpeg("-i", file, "-frames:v", 1, "-vf", "scale=16:9:flags=area", "-pix_fmt", "gray", "-f", "rawvideo", "-")


@pytest.mark.parametrize(("kind", "name"), PICTURES)
async def test_a_rendition_shows_the_same(tmp_path: Path, boxed_toolbox: Toolbox, kind: str, name: str) -> None:
    source = write_sample(tmp_path, kind, name)
    info, plan = await plan_source(source, toolbox=boxed_toolbox, template=SMALL)
    assert info.video
    if kind == "video":
        assert info.video.codec == DECODED_AS.get(name, name)
    else:
        assert info.container == name
    parts = await make_parts(source, plan, tmp_path, toolbox=boxed_toolbox)
    published, original = grays(parts.chunks[0] / "ld.mp4"), grays(source)
    assert sum(abs(a - b) for a, b in zip(published, original, strict=True)) / len(original) < 8
    assert max(original) - min(original) > 60


@pytest.mark.parametrize(("kind", "name"), SOUNDS)
async def test_sound_is_known(tmp_path: Path, boxed_toolbox: Toolbox, kind: str, name: str) -> None:
    info = await probe(write_sample(tmp_path, kind, name), toolbox=boxed_toolbox)
    assert (info.audio[0].codec if kind == "audio" else info.container) == name
    assert info.video is None


@pytest.mark.parametrize(("kind", "name"), [("video", "hap"), ("audio", "dca"), ("format", "mxf"), ("format", "ivf")])
async def test_without_a_sandbox_it_is_refused_with_what_is_taken(
    tmp_path: Path, bare_toolbox: Toolbox, kind: str, name: str
) -> None:
    source = write_sample(tmp_path, kind, name)
    with pytest.raises(MediaUnsupported, match=re.compile(rf"{name}.* not supported.*taken are.*", re.IGNORECASE)):
        await probe(source, toolbox=bare_toolbox)


def test_everything_that_needs_the_sandbox_has_a_sample() -> None:
    made = {("format", name) for name in FORMATS} | {("audio", name) for name in AUDIO}
    made |= {("video", DECODED_AS.get(name, name)) for name in VIDEO}
    made |= {("text", name) for name in TEXT}
    assert {(entry.kind, entry.name) for entry in ACCEPTED if entry.boxed and entry.name not in NO_SAMPLE} == made
