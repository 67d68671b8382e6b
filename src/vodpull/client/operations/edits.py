"""Making videos of others, and the materials of an account: which calls that takes. No network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Unpack
from urllib.parse import quote, urlencode

from vodpull.client.exchange import OWN_PREFIX, Flow, HttpCall, ask
from vodpull.client.operations.calls import get, make
from vodpull.client.shapes import read


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


@dataclass(frozen=True, kw_only=True)
class Material:
    """A picture, subtitles or sound that is kept for use in videos."""

    material_id: str
    kind: str
    """`material` or `audio`."""
    name: str
    suffix: str
    size_bytes: int
    duration_s: float
    publish_domain: str
    url: str
    created_at_ms: int
    """Unix time in milliseconds."""
    uploaded_at_ms: int
    updated_at_ms: int


@dataclass(frozen=True, kw_only=True)
class MaterialPage:
    """Materials, newest first."""

    materials: tuple[Material, ...]
    total: int
    """All that fit."""


def clip_video(video_id: str, *, name: str, start_s: float, length_s: float, **form: Unpack[EditForm]) -> Flow[Edit]:
    """Begin to make a new video of a section of another one; a section that runs over the end is cut there."""
    body: dict[str, Any] = {"name": name, "start_s": start_s, "length_s": length_s, **form}
    return read(Edit, (yield from ask(make(f"/videos/{quote(video_id, safe='')}/clips", body))))


def join_videos(video_ids: Sequence[str], *, name: str, **form: Unpack[EditForm]) -> Flow[Edit]:
    """Begin to make one new video of 2 to 50 others, in their order."""
    body: dict[str, Any] = {"name": name, "video_ids": list(video_ids), **form}
    return read(Edit, (yield from ask(make("/joins", body))))


def list_materials(
    *, search: str = "", kind: str = "", suffix: str = "", limit: int = 20, offset: int = 0
) -> Flow[MaterialPage]:
    """Return a page of the account's materials, newest first."""
    asked = {"search": search, "kind": kind, "suffix": suffix, "limit": limit, "offset": offset}
    given = {name: value for name, value in asked.items() if value != ""}
    return read(MaterialPage, (yield from ask(get(f"/materials?{urlencode(given)}"))))


def material(material_id: str) -> Flow[Material]:
    """Return a material."""
    return read(Material, (yield from ask(get(_material(material_id)))))


def edit_material(material_id: str, *, name: str | None = None, publish_domain: str | None = None) -> Flow[Material]:
    """Change what is named of a material and nothing else, and return it."""
    texts = {"name": name, "publish_domain": publish_domain}
    body = {field: text for field, text in texts.items() if text is not None}
    call = HttpCall(method="PATCH", target=OWN_PREFIX + _material(material_id), body=body, may_repeat=True)
    return read(Material, (yield from ask(call)))


def delete_material(material_id: str, *, force: bool = False) -> Flow[None]:
    """Delete a material; Occupied while a video uses it, unless by force. What was made with it stays."""
    rest = "?force=true" if force else ""
    yield from ask(HttpCall(method="DELETE", target=OWN_PREFIX + _material(material_id) + rest))


def _material(material_id: str) -> str:
    return f"/materials/{quote(material_id, safe='')}"
