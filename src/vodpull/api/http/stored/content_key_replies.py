"""Content keys of encrypted videos over HTTP, for bearers of a playback token; beside the files, wherever those are."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from vodpull.api.http.stored.cross_origin import CORS, PREFLIGHT
from vodpull.api.http.stored.files import TOKEN_COOKIE, Token, refused, visit_of
from vodpull.videos.playback.playback_tokens import FileRequest
from vodpull.wire_values import ID_PATTERN

KeyId = Annotated[str, Path(description="As playlists of encrypted videos name it.", pattern=f"^{ID_PATTERN}$")]


class KeyGate(Protocol):
    """Says who may have which key."""

    async def open_key(self, key_id: str, *, token: str | None, visit: FileRequest) -> bytes | str | None:
        """Return a content key, or why a visitor may not have it; None: there is none of this id."""
        ...


def content_keys_router(gate: KeyGate) -> APIRouter:
    """Return the routes. Playlists name keys relative to themselves: below the token of a path, or beside a cookie."""
    router = APIRouter(tags=["media"])

    @router.get("/play/{token}/keys/{key_id}", operation_id="play_key", response_class=Response, responses=_DOCUMENTED)
    async def play_key(request: Request, token: Token, key_id: KeyId) -> Response:
        """Return the 16 bytes of a content key for the bearer of a playback token."""
        return await _answer(gate, request, key_id, token=token)

    @router.get("/media/keys/{key_id}", include_in_schema=False)
    @router.get("/keys/{key_id}", operation_id="read_key", response_class=Response, responses=_DOCUMENTED)
    async def read_key(request: Request, key_id: KeyId) -> Response:
        """Return the 16 bytes of a content key for the bearer of a playback token in the cookie `vodpull_playback`."""
        return await _answer(gate, request, key_id, token=request.cookies.get(TOKEN_COOKIE))

    @router.options("/keys/{key_id}", include_in_schema=False)
    async def allow_players(key_id: str) -> Response:  # noqa: ARG001 - part of the path
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=CORS | PREFLIGHT)

    return router


_DOCUMENTED: dict[int | str, dict[str, object]] = {
    HTTPStatus.OK: {"content": {"application/octet-stream": {}}, "description": "The key; no cache keeps it"},
    HTTPStatus.FORBIDDEN: {"description": "The video is blocked, or not for this visitor; the text says why"},
    HTTPStatus.NOT_FOUND: {"description": "No such key"},
}


async def _answer(gate: KeyGate, request: Request, key_id: str, *, token: str | None) -> Response:
    found = await gate.open_key(key_id, token=token, visit=visit_of(request))
    if found is None:
        return refused(HTTPStatus.NOT_FOUND)
    if isinstance(found, str):
        return refused(HTTPStatus.FORBIDDEN, found)
    headers = CORS | {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(found, headers=headers, media_type="application/octet-stream")
