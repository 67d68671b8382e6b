"""Which videos and which days a list asks about, from the parameters of its call. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.videos.label_parameters import names_of
from vodpull.api.cloudvod.library.videos.requests import id_text, known_form
from vodpull.api.cloudvod.parameters import Parameters, number_of, text_of
from vodpull.clock import read_wire_time_ms
from vodpull.errors import ParameterError
from vodpull.jobs.states_and_codes import EncodeState, VideoState
from vodpull.videos.video_search import VideoFilter
from vodpull.videos.wire.shapes import ENCRYPTED_NOT_ENCODED

MAX_PAGE_SIZE = 50
MAX_REACH = 100_000
"""Of pageIndex times pageSize (spec cloud-vod-videos §3)."""


@dataclass(frozen=True, kw_only=True)
class ListRequest:
    """Which page of which videos `getVideoList` asks for."""

    wanted: VideoFilter
    owners: Sequence[str]
    """Names of accounts; none: the caller's own."""
    page_index: int
    page_size: int


def parse_list(parameters: Parameters, *, account_id: str, zone: tzinfo, now_ms: int) -> ListRequest:
    """
    Return what `getVideoList` asks for (spec cloud-vod-videos §3).

    Raises:
        ParameterError: a value is not of its form or out of range; `field` names it.
        Refused: `videoId` cannot be one.
    """
    video_id = id_text(parameters, "videoId", refusals.VIDEO_ID_FORM)
    size = number_of(parameters, "pageSize", default=10, allowed=range(1, MAX_PAGE_SIZE + 1))
    index = number_of(parameters, "pageIndex", default=1, allowed=range(1, MAX_REACH // size + 1))
    state = number_of(parameters, "videoStatus", default=-1, allowed=range(2))
    encode_state = number_of(parameters, "transcodeState", default=0, allowed=range(1, ENCRYPTED_NOT_ENCODED + 1))
    since, until = read_period(parameters, zone, now_ms)
    wanted = VideoFilter(
        account_id=account_id,
        video_id=known_form(video_id, refusals.VIDEO_ID_FORM) if video_id else "",
        text=text_of(parameters.get("videoName"), "videoName"),
        state=VideoState(state) if state >= 0 else None,
        **_of_state(encode_state),
        category_names=names_of(parameters, "videoClassification"),
        created_from_ms=since,
        created_until_ms=until,
        oldest_first=number_of(parameters, "listOrder", default=0, allowed=range(2)) == 1,
    )
    return ListRequest(
        wanted=wanted,
        owners=read_owners(parameters),
        page_index=index,
        page_size=size,
    )


def _of_state(asked: int) -> dict[str, Any]:
    """Return what `transcodeState` asks for: 2 and 5 are the same, of videos in clear and of encrypted ones."""
    if asked in {EncodeState.NOT_ENCODED, ENCRYPTED_NOT_ENCODED}:
        return {"encode_state": EncodeState.NOT_ENCODED, "is_encrypted": asked == ENCRYPTED_NOT_ENCODED}
    return {"encode_state": EncodeState(asked)} if asked else {}


def read_owners(parameters: Parameters) -> Sequence[str]:
    """
    Return the names of the accounts that `createUser` asks for; none: the caller's own.

    Raises:
        ParameterError: one of them is empty.
    """
    owners = text_of(parameters.get("createUser"), "createUser")
    names = [name.strip() for name in owners.split(",")] if owners else []
    if not all(names):
        raise ParameterError("createUser has an empty name", field="createUser")
    return names


def read_period(parameters: Parameters, zone: tzinfo, now_ms: int) -> tuple[int | None, int | None]:
    """
    Return from when to when `startTime` and `endTime` reach, both inclusive.

    Raises:
        ParameterError: one is not of its form, or they are in the wrong order.
    """
    since, until = (_time_ms(parameters, name, zone) for name in ("startTime", "endTime"))
    until = None if until is None else min(until, now_ms)
    if since is not None and until is not None and since > until:
        raise ParameterError("startTime is after endTime, or after now", field="startTime")
    # The last second counts whole.
    return since, None if until is None else until + 999


def _time_ms(parameters: Parameters, name: str, zone: tzinfo) -> int | None:
    text = text_of(parameters.get(name), name).strip()
    at_ms = read_wire_time_ms(text, zone)
    if text and at_ms is None:
        raise ParameterError(f"{name} is not of the form yyyy-MM-dd HH:mm:ss", field=name)
    return at_ms
