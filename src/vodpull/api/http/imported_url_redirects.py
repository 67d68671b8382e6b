"""`/r/<old id>`: redirects old URLs of another cloud to the imported video."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from vodpull.api.http.context import ApiContext
from vodpull.api.http.error_replies import document_reply
from vodpull.api.http.stored.cross_origin import CORS, PREFLIGHT
from vodpull.errors import NotFound
from vodpull.imports.old_ids import old_ids, video_of_old_id
from vodpull.videos.video import Video

OldId = Annotated[
    str, Path(description="The id of an import's entry, or a kept video id; what stands behind a slash may follow.")
]
Account = Annotated[str, Query(description="Whose; empty: of the account that brought this id first.")]

PICTURES = (".gif", ".jpeg", ".jpg", ".png", ".webp")

_DOCUMENTED: dict[int | str, dict[str, object]] = {
    HTTPStatus.FOUND: {"description": "To the playlist of the video, or of a picture's name to its poster"},
    HTTPStatus.NOT_FOUND: {
        "description": "No import brought it, or the video is gone",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemReply"}}},
    },
}


def old_urls_router(context: ApiContext) -> APIRouter:
    """Return the routes. Whether somebody may play is judged where the redirect leads, as for every other URL."""
    router = APIRouter(tags=["media"])
    signpost = _Signpost(context)

    @router.head("/r/{old_id:path}", operation_id="probe_old_url", response_class=Response, responses=_DOCUMENTED)
    @router.get(
        "/r/{old_id:path}",
        operation_id="follow_old_url",
        response_class=Response,
        status_code=HTTPStatus.FOUND,
        responses=_DOCUMENTED,
    )
    def follow_old_url(request: Request, old_id: OldId, account: Account = "") -> Response:
        """Redirect from an id of the cloud that was left to where the video plays here."""
        target = signpost.target(request, old_id, account)
        if not target:
            remedy = "Run `vodpull import map` and look for the id."
            missing = NotFound("no import brought a video of this id", remedy=remedy)
            reply: Response = document_reply(missing, request_id=request.state.request_id)
        else:
            reply = RedirectResponse(target, status_code=HTTPStatus.FOUND)
        reply.headers.update(CORS | {"Cache-Control": "no-cache"})
        return reply

    @router.options("/r/{old_id:path}", include_in_schema=False)
    async def allow_players(old_id: str) -> Response:  # noqa: ARG001 - part of the path
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=CORS | PREFLIGHT)

    return router


class _Signpost:
    """Knows where old URLs lead."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def target(self, request: Request, path: str, account: str) -> str:
        """Return where a path leads, without a token; empty: nowhere."""
        video_id = self._video_id(path, "" if "\x00" in account else account)
        if video_id is None:
            return ""
        try:
            video = self._context.library.find(video_id, account_id=None)
        except NotFound:  # deleted in between
            return ""
        # Of the name that the caller came in by nothing is told again: it may be anything.
        base = self._context.public_url or request.scope.get("root_path", "")
        return self._context.urls.on(base).url(_key(video, path), video.publish_domain)

    def _video_id(self, path: str, account: str) -> str | None:
        with self._context.library.engine.connect() as connection:
            found = (video_of_old_id(connection, each, account=account) for each in old_ids(path))
            return next((video_id for video_id in found if video_id), None)


def _key(video: Video, path: str) -> str:
    asset = video.asset
    if path.lower().endswith(PICTURES):
        return asset.poster_key
    return asset.playlist_key or (asset.original.key if asset.original else "")
