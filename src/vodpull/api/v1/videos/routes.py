"""`/api/v1/videos`: the library of an account: list, read, edit, block, encode again, play, delete."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response

from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller
from vodpull.api.v1.idempotency_keys import IdempotencyKey, asked_for
from vodpull.api.v1.videos.caller_videos import CallerVideos
from vodpull.api.v1.videos.playback_terms import PlaybackTerms
from vodpull.api.v1.videos.shapes import (
    MAX_NODE_ID,
    EncodeOrder,
    EncodeStateName,
    Origin,
    PlaybackReply,
    Sort,
    State,
    VideoChange,
    VideoPage,
    VideoReply,
)
from vodpull.errors import ParameterError
from vodpull.jobs.cursors import CURSOR_PATTERN
from vodpull.jobs.states_and_codes import EncodeState, VideoOrigin, VideoState
from vodpull.videos.library import MAX_PAGE
from vodpull.videos.video_search import VideoFilter
from vodpull.wire_values import TEXT_PATTERN, VIDEO_ID_PATTERN

VideoId = Annotated[
    str, Path(pattern=f"^{VIDEO_ID_PATTERN}$", description="`video_id` of a video; letter case does not count.")
]
From = Annotated[int | None, Query(ge=0, lt=10**13, description="Created then or later; Unix time in milliseconds.")]
Until = Annotated[int | None, Query(ge=0, lt=10**13, description="Created then or before; Unix time in milliseconds.")]
OnlyOriginal = Annotated[bool, Query(description="Delete what it was made from, and keep what was made.")]


def videos_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    desk = CallerVideos(context)
    router = APIRouter(
        prefix="/api/v1/videos",
        tags=["videos"],
        responses=PROBLEMS,
        route_class=known_first(context.access),
        dependencies=[Depends(desk.known_query)],
    )
    _add_reads(router, desk)
    _add_changes(router, desk)
    return router


def _add_reads(router: APIRouter, desk: CallerVideos) -> None:
    @router.get("", operation_id="listVideos")
    def list_videos(
        search: Annotated[
            str, Query(max_length=255, pattern=TEXT_PATTERN, description="Any part of the name, letter case aside.")
        ] = "",
        state: Annotated[State | None, Query(description="Only these.")] = None,
        encode_state: Annotated[EncodeStateName | None, Query(description="Only these.")] = None,
        origin: Annotated[Origin | None, Query(description="Only those that came so.")] = None,
        category: Annotated[
            int | None, Query(ge=1, le=MAX_NODE_ID, description="`node_id` of a label; those below it count as well.")
        ] = None,
        created_from_ms: From = None,
        created_until_ms: Until = None,
        sort: Annotated[Sort, Query(description="By time of creation.")] = "newest",
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most videos of a page.")] = 20,
        cursor: Annotated[str, Query(pattern=CURSOR_PATTERN, description="`next_cursor` of the page before.")] = "",
        caller: Caller = Depends(desk.caller),
    ) -> VideoPage:
        """List videos by time of creation; filters combine with "and"."""
        if created_from_ms is not None and created_until_ms is not None and created_from_ms > created_until_ms:
            raise ParameterError("created_from_ms is after created_until_ms", field="created_from_ms")
        wanted = VideoFilter(
            account_id=caller.key.account_id,
            text=search,
            state=VideoState[state.upper()] if state else None,
            encode_state=EncodeState[encode_state.upper()] if encode_state else None,
            origin=VideoOrigin[origin.upper()] if origin else None,
            node_id=category,
            created_from_ms=created_from_ms,
            created_until_ms=created_until_ms,
            oldest_first=sort == "oldest",
        )
        return desk.page(wanted, caller, limit=limit, cursor=cursor)

    @router.get("/{video_id}", operation_id="readVideo")
    def read_video(video_id: VideoId, caller: Caller = Depends(desk.caller)) -> VideoReply:
        """Tell all of a video: files with URLs, ladder, tracks, labels, the jobs that made it, what it takes."""
        return desk.read(video_id, caller)

    @router.get("/{video_id}/playback", operation_id="readPlayback")
    def read_playback(
        video_id: VideoId,
        terms: Annotated[PlaybackTerms, Depends()],
        caller: Caller = Depends(desk.caller),
    ) -> PlaybackReply:
        """Tell where a video is played, with HTML for a page; where it wants a token, or you ask for one, with it."""
        return desk.playback(video_id, terms, caller)


def _add_changes(router: APIRouter, desk: CallerVideos) -> None:
    @router.patch("/{video_id}", operation_id="editVideo")
    def edit_video(video_id: VideoId, body: VideoChange, caller: Caller = Depends(desk.caller)) -> VideoReply:
        """Change what the body names and nothing else; of two edits of one member the last one counts."""
        return desk.change(video_id, body, caller)

    @router.post("/{video_id}/block", operation_id="blockVideo")
    def block_video(video_id: VideoId, caller: Caller = Depends(desk.caller)) -> VideoReply:
        """Keep anybody from playing it: its files answer 403 within 10 seconds; 409 when it is blocked already."""
        return desk.block(video_id, caller)

    @router.post("/{video_id}/enable", operation_id="enableVideo")
    def enable_video(video_id: VideoId, caller: Caller = Depends(desk.caller)) -> VideoReply:
        """Let a blocked video play again; 409 when it is enabled already."""
        return desk.enable(video_id, caller)

    @router.post("/{video_id}/encode", status_code=202, operation_id="encodeVideo")
    def encode_video(
        video_id: VideoId,
        body: EncodeOrder,
        caller: Caller = Depends(desk.creator),
        idempotency_key: IdempotencyKey = "",
    ) -> VideoReply:
        """
        Encode the stored original again; what is there plays until the new outputs are published.

        With the same `Idempotency-Key` again, the first answer.
        """
        asked = asked_for(f"/videos/{video_id}/encode", body)
        encode = partial(desk.encode, video_id, body, caller)
        return desk.makers.make(VideoReply, encode, caller, key=idempotency_key, asked=asked)

    @router.delete("/{video_id}", status_code=204, operation_id="deleteVideo")
    async def delete_video(
        video_id: VideoId, only_original: OnlyOriginal = False, caller: Caller = Depends(desk.caller)
    ) -> Response:
        """
        Stop what is under way and delete the video with its files, or with `only_original` what it was made from.

        It is gone with the answer; a store that is slow gives its files up within minutes. The original alone is not
        deleted while it is being encoded, nor when there is nothing else to play (409).
        """
        await desk.delete(video_id, caller, only_original=only_original)
        return Response(status_code=204)
