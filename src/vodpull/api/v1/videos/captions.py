"""`/api/v1/videos/<video_id>/captions`: the text tracks of a video: list, read, put, remove; nothing is encoded."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.requests import Request

from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.http.request_body_limits import MAX_BODY_BYTES
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller
from vodpull.api.v1.videos.caller_videos import CallerVideos
from vodpull.api.v1.videos.routes import VideoId
from vodpull.api.v1.videos.shapes import CaptionList, CaptionReply, CaptionSource
from vodpull.api.v1.videos.views import caption_reply
from vodpull.errors import ParameterError
from vodpull.wire_values import TEXT_PATTERN
from vodpull.workflows.requests.added_captions import added

Language = Annotated[
    str, Path(min_length=2, max_length=35, pattern=r"^[0-9A-Za-z_-]+$", description="By BCP 47: `en`, `pt-BR`.")
]
Label = Annotated[
    str,
    Query(
        max_length=100,
        pattern=TEXT_PATTERN,
        description="What viewers choose it by; empty: what the language calls itself.",
    ),
]
Default = Annotated[bool, Query(description="Players show it unless a viewer chooses otherwise; one of a video is.")]
Forced = Annotated[bool, Query(description="It has only what must be understood, such as signs.")]

_FILE = {"schema": {"type": "string", "format": "binary"}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": (
            f"The file as it is (SubRip, WebVTT, ASS or SSA in UTF-8, UTF-16 or GB18030, up to {MAX_BODY_BYTES} bytes),"
            " or as `application/json` where to fetch it (up to 8 MiB)."
        ),
        "content": {
            "application/octet-stream": _FILE,
            "text/vtt": _FILE,
            "application/x-subrip": _FILE,
            "text/x-ssa": _FILE,
            "application/json": {"schema": CaptionSource.model_json_schema()},
        },
    }
}


def captions_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    desk = CallerVideos(context)
    router = APIRouter(
        prefix="/api/v1/videos/{video_id}/captions",
        tags=["captions"],
        responses=PROBLEMS,
        route_class=known_first(context.access),
        dependencies=[Depends(desk.known_query)],
    )

    @router.get("", operation_id="listCaptions")
    def list_captions(video_id: VideoId, caller: Caller = Depends(desk.caller)) -> CaptionList:
        """List the text tracks of a video."""
        video = desk.video(video_id, caller)
        found = context.captioning.of_video(video)
        return CaptionList(captions=[caption_reply(video, each, desk.urls(caller)) for each in found])

    @router.get("/{language}", operation_id="readCaption")
    def read_caption(video_id: VideoId, language: Language, caller: Caller = Depends(desk.caller)) -> CaptionReply:
        """Tell of the text track of one language, with its URL."""
        video = desk.video(video_id, caller)
        return caption_reply(video, context.captioning.find(video, language), desk.urls(caller))

    @router.put("/{language}", operation_id="putCaption", openapi_extra=_BODY)
    async def put_caption(
        request: Request,
        video_id: VideoId,
        language: Language,
        label: Label = "",
        default: Default = False,
        forced: Forced = False,
        caller: Caller = Depends(desk.caller),
    ) -> CaptionReply:
        """
        Put a text track to a video, in the place of what the language has; players see it within seconds.

        A file that is damaged changes nothing: 400 with `caption_invalid` and the line. While the video is encoded for
        the first time, it is shown when that ends.
        """
        video = await run_in_threadpool(desk.video, video_id, caller)
        wanted = added(language, label=label, is_default=default, is_forced=forced)
        stored = await context.captioning.put(video, wanted, await _content(request))
        return caption_reply(video, stored, desk.urls(caller))

    @router.delete("/{language}", status_code=204, operation_id="deleteCaption")
    async def delete_caption(video_id: VideoId, language: Language, caller: Caller = Depends(desk.caller)) -> Response:
        """Remove a text track; players do without it within seconds, its files go within two hours."""
        video = await run_in_threadpool(desk.video, video_id, caller)
        await context.captioning.remove(video, language)
        return Response(status_code=204)

    return router


async def _content(request: Request) -> bytes | str:
    """Return the file that was sent, or the URL that it is at."""
    body = await request.body()
    if not body:
        raise ParameterError("the body is empty: it is the caption file", field="body")
    if "json" not in request.headers.get("content-type", "").lower():
        return body
    try:
        return CaptionSource.model_validate_json(body).url
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ParameterError(first["msg"], field=".".join(map(str, first["loc"])) or "body") from error
