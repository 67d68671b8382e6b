"""The operations that make videos of others. No network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Unpack
from urllib.parse import quote

from vodpull.client.exchange import Flow
from vodpull.client.json_reading import read
from vodpull.client.operations.calls import ask, make


class EditForm(TypedDict, total=False):
    """How a new video is made; what is left out is as the first video has it."""

    container: Literal["mp4", "flv", "m3u8"]
    exact: bool
    """False: the picture is copied where that can be done, from the keyframe before."""
    width_px: int
    height_px: int
    frame_rate: float
    video_bitrate_bps: int
    audio_bitrate_bps: int
    notify_url: str


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What makes a new video; `wait(edit.batch_id)` waits for it."""

    video_id: str
    """Of the new video, which is there once the batch is done."""
    batch_id: str
    job_id: str


def clip_video(video_id: str, *, name: str, start_s: float, length_s: float, **form: Unpack[EditForm]) -> Flow[Edit]:
    """Begin to make a new video of a section of another one; a section that runs over the end is cut there."""
    body: dict[str, Any] = {"name": name, "start_s": start_s, "length_s": length_s, **form}
    return read(Edit, (yield from ask(make(f"/videos/{quote(video_id, safe='')}/clips", body))))


def join_videos(video_ids: Sequence[str], *, name: str, **form: Unpack[EditForm]) -> Flow[Edit]:
    """Begin to make one new video of 2 to 50 others, in their order."""
    body: dict[str, Any] = {"name": name, "video_ids": list(video_ids), **form}
    return read(Edit, (yield from ask(make("/joins", body))))
