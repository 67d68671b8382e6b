"""`/api/v1/videos/<video_id>/still` and `/poster`: a picture of any instant, to look at and to show for the video."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller
from vodpull.api.v1.videos.caller_videos import CallerVideos
from vodpull.api.v1.videos.routes import VideoId
from vodpull.api.v1.videos.shapes import PosterOrder, VideoReply
from vodpull.workflows.requests.stills_on_demand import MAX_WIDTH_PX

MAX_AT_S = 10**6

At = Annotated[float, Query(ge=0, le=MAX_AT_S, allow_inf_nan=False, description="Seconds from the start.")]
Width = Annotated[
    int | None,
    Query(ge=16, le=MAX_WIDTH_PX, description=f"Most pixels across; nothing is enlarged. Default: {MAX_WIDTH_PX}."),
]


def stills_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    desk = CallerVideos(context)
    router = APIRouter(
        prefix="/api/v1/videos/{video_id}",
        tags=["videos"],
        responses=PROBLEMS,
        route_class=known_first(context.access),
        dependencies=[Depends(desk.known_query)],
    )

    @router.get("/still", operation_id="readStill", response_class=Response, responses=_JPEG)
    async def read_still(
        video_id: VideoId, at: At, width: Width = None, caller: Caller = Depends(desk.caller)
    ) -> Response:
        """
        Return what the video shows at an instant, as a JPEG of the rendition that fits the width.

        Of a video without outputs, it is taken from the original. A blocked video shows nothing (403); 409: there is
        no picture in it.
        """
        video = await run_in_threadpool(desk.video, video_id, caller)
        picture = await context.stills.still(video, at, width_px=width)
        return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=300"})

    @router.put("/poster", operation_id="putPoster")
    async def put_poster(video_id: VideoId, body: PosterOrder, caller: Caller = Depends(desk.caller)) -> VideoReply:
        """
        Show a picture of the video in the place of its poster, at the same URL; the next encode makes one of its own.

        Caches may keep the old one for five minutes.
        """
        video = await run_in_threadpool(desk.video, video_id, caller)
        await context.stills.set_poster(video, body.at)
        return await run_in_threadpool(desk.read, video_id, caller)

    return router


_JPEG: dict[int | str, dict[str, object]] = {
    200: {"description": "The picture", "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}
