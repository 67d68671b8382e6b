from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.media.pipeline import make_renditions

from vodpull.errors import MediaTruncated, NotMedia, NoVideo, VodpullError
from vodpull.media import Toolbox

FAILS: dict[str, type[VodpullError]] = {
    "audio_only_10s.mp4": NoVideo,
    "not_video/sound.wav": NoVideo,
    "not_video/picture.png": NoVideo,
    "not_video/page.html": NotMedia,
    "not_video/page_named.mp4": NotMedia,
    "not_video/empty.mp4": NotMedia,
    "not_video/error.json": NotMedia,
    "not_video/truncated_no_moov.mp4": MediaTruncated,
    "not_video/truncated_faststart.mp4": MediaTruncated,
}


def test_no_clip_is_left_out(clips: Path) -> None:
    """What becomes of the others is for `tests/acceptance/test_clips.py`, so that each is encoded once."""
    entries = json.loads((clips / "MANIFEST.json").read_text())["entries"]
    assert {entry["file"] for entry in entries if entry["expected"]["outcome"] == "fails"} == set(FAILS)


@pytest.mark.parametrize("name", FAILS)
async def test_what_is_no_video_ends_in_its_error(clips: Path, tmp_path: Path, toolbox: Toolbox, name: str) -> None:
    with pytest.raises(FAILS[name]):
        await make_renditions(clips / name, tmp_path, toolbox=toolbox)
