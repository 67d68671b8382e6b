"""Fixtures of the pure half of `media`: sources that were never on a disk, and golden commands."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vodpull.media import AudioStream, MediaInfo, VideoStream

GOLDEN = Path(__file__).resolve().parents[2] / "data" / "media"
VIDEO = VideoStream(
    index=0,
    codec="h264",
    profile="High",
    width_px=1920,
    height_px=1080,
    sample_aspect=(1, 1),
    rotation_deg=0,
    display_width_px=1920,
    display_height_px=1080,
    frame_rate=30.0,
    nominal_frame_rate=30.0,
    pix_fmt="yuv420p",
    bit_depth=8,
    color_transfer="bt709",
    color_primaries="bt709",
    color_space="bt709",
    color_range="tv",
    interlaced=False,
    start_s=0.0,
    duration_s=10.0,
    frames=300,
    codec_string="avc1.640028",
)
AUDIO = AudioStream(
    index=1,
    codec="aac",
    profile="LC",
    channels=2,
    sample_rate_hz=48000,
    language=None,
    start_s=0.0,
    duration_s=10.0,
    codec_string="mp4a.40.2",
)


@pytest.fixture
def source() -> Callable[..., MediaInfo]:
    """Return a maker of sources: `source(width_px=…)` changes the video, `audio=False` and `duration_s=…` the file."""

    def make(*, audio: bool = True, duration_s: float = 10.0, **changes: Any) -> MediaInfo:
        if "width_px" in changes:
            changes.setdefault("display_width_px", changes["width_px"])
            changes.setdefault("display_height_px", changes["height_px"])
        return MediaInfo(
            container="mov,mp4,m4a,3gp,3g2,mj2",
            duration_s=duration_s,
            size_bytes=1_000_000,
            bitrate_bps=800_000,
            start_time_s=0.0,
            video=replace(VIDEO, **changes),
            audio=(AUDIO,) if audio else (),
        )

    return make


@pytest.fixture
def golden() -> Callable[[str, Sequence[str]], None]:
    """Return a comparison of a whole command with its golden file, one argument a line."""

    def compare(name: str, argv: Sequence[str]) -> None:
        text = "".join(f"{token}\n" for token in argv)
        if os.environ.get("UPDATE_GOLDEN"):
            (GOLDEN / name).write_text(text)
        assert text == (GOLDEN / name).read_text()

    return compare
