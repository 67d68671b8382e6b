"""`/api/v1/videos/<id>/clips` and `/api/v1/joins`: new videos made of others, frame-exact unless told otherwise."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller, Callers
from vodpull.api.v1.idempotency_keys import IdempotencyKey, IdempotentCalls, asked_for
from vodpull.api.v1.shapes import RequestShape, Shape
from vodpull.api.v1.videos.caller_videos import CallerVideos
from vodpull.api.v1.videos.routes import VideoId
from vodpull.errors import ParameterError
from vodpull.url_limits import MAX_URL_CHARACTERS
from vodpull.videos.field_lengths import MAX_NAME_CHARS
from vodpull.videos.video import Video
from vodpull.wire_values import TEXT_PATTERN, VIDEO_ID_PATTERN
from vodpull.workflows.requests.clips_and_joins import MAX_JOINED, EditRequest, read_order
from vodpull.workflows.requests.notify_urls import judge_address

MAX_LENGTH_S = 10.0**6

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS, pattern=TEXT_PATTERN)]
Side = Annotated[int | None, Field(ge=16, le=7680, multiple_of=2, strict=True)]
NotifyUrl = Annotated[str, Field(max_length=MAX_URL_CHARACTERS, pattern=TEXT_PATTERN)]


class NewEdit(RequestShape):
    """What a clip and a join have in common."""

    name: Name
    """Of the new video."""
    container: Literal["mp4", "flv", "m3u8"] = "mp4"
    """Form of the new video; `m3u8` is a playlist with fragments."""
    exact: bool = True
    """Encode, from the very frame on; else the picture is copied where that can be done, from the keyframe before."""
    width_px: Side = None
    """Even; with `height_px`. None: as the first video."""
    height_px: Side = None
    """Even; with `width_px`."""
    frame_rate: Annotated[float | None, Field(ge=1, le=120, allow_inf_nan=False)] = None
    """None: as the first video."""
    video_bitrate_bps: Annotated[int | None, Field(ge=1000, le=100_000_000, strict=True)] = None
    """On average; None: what the quality takes."""
    audio_bitrate_bps: Annotated[int | None, Field(ge=8000, le=512_000, strict=True)] = None
    """None: 128000."""
    notify_url: NotifyUrl = ""
    """Where the end is posted to, as `videoClipQuery` tells it."""


class NewClip(NewEdit):
    """A section of a video."""

    start_s: Annotated[float, Field(ge=0, le=MAX_LENGTH_S)]
    """Where it begins."""
    length_s: Annotated[float, Field(gt=0, le=MAX_LENGTH_S)]
    """One that runs over the end is cut there."""


class NewJoin(NewEdit):
    """Several videos, one after the other."""

    video_ids: Annotated[
        list[Annotated[str, Field(pattern=f"^{VIDEO_ID_PATTERN}$")]], Field(min_length=2, max_length=MAX_JOINED)
    ]
    """In their order; each once."""


class EditReply(Shape):
    """What carries it out. The video is there once the job is done."""

    video_id: str
    """Of the new video: `/api/v1/videos/<video_id>`."""
    batch_id: str
    """Its progress is at `/api/v1/batches/<batch_id>`."""
    job_id: str
    """The one job of that batch."""


def edits_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    router = APIRouter(prefix="/api/v1", tags=["videos"], responses=PROBLEMS, route_class=known_first(context.access))
    desk, creator, makers = CallerVideos(context), Callers(context).creator, IdempotentCalls(context)

    def start(body: NewEdit, videos: list[Video], caller: Caller, **section: float) -> EditReply:
        judge_address(body.notify_url, context.check_url, field="notify_url")
        request = EditRequest(
            videos=videos,
            order=read_order(_order(body) | section),
            name=body.name,
            notify_url=body.notify_url,
        )
        view = context.editing.start(request, caller.key)
        [job] = view.jobs
        return EditReply(video_id=job.video_id, batch_id=job.batch_id, job_id=job.job_id)

    @router.post("/videos/{video_id}/clips", status_code=202, operation_id="clipVideo")
    def clip_video(
        video_id: VideoId, body: NewClip, caller: Caller = Depends(creator), idempotency_key: IdempotencyKey = ""
    ) -> EditReply:
        """Make a new video of a section of this one; with the same `Idempotency-Key` again, the first answer."""

        def clip() -> EditReply:
            section = {"start_s": body.start_s, "length_s": body.length_s}
            return start(body, [desk.video(video_id, caller)], caller, **section)

        asked = asked_for(f"/videos/{video_id}/clips", body)
        return makers.make(EditReply, clip, caller, key=idempotency_key, asked=asked)

    @router.post("/joins", status_code=202, operation_id="joinVideos")
    def join_videos(
        body: NewJoin, caller: Caller = Depends(creator), idempotency_key: IdempotencyKey = ""
    ) -> EditReply:
        """
        Make one new video of several; those that differ are fitted into the first, silence stands in for sound.

        With the same `Idempotency-Key` again, the first answer.
        """
        ids = [video_id.lower() for video_id in body.video_ids]
        if len(set(ids)) < len(ids):
            raise ParameterError("a video is named twice", field="video_ids")

        def join() -> EditReply:
            return start(body, context.library.find_all(ids, account_id=caller.key.account_id), caller)

        return makers.make(EditReply, join, caller, key=idempotency_key, asked=asked_for("/joins", body))

    return router


def _order(body: NewEdit) -> dict[str, Any]:
    if (body.width_px is None) != (body.height_px is None):
        raise ParameterError("width_px and height_px go together", field="width_px")
    return {
        "container": body.container,
        "exact": body.exact,
        "size": None if body.width_px is None else (body.width_px, body.height_px),
        "frame_rate": body.frame_rate,
        "video_bps": body.video_bitrate_bps,
        "audio_bps": body.audio_bitrate_bps,
    }
