"""
Stored files over HTTP, `/media/<fileUrl>`: validators, types and the headers that players need.

Which part is sent: `range_requests.py`; who else may read it: `cross_origin.py`; what is looked up: `media_keys.py`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from email.utils import formatdate
from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Request
from starlette.responses import Response, StreamingResponse

from vodpull.api.http.event_loop_shares import PassLimit
from vodpull.api.http.stored.cross_origin import CORS, PREFLIGHT
from vodpull.api.http.stored.media_keys import MEDIA_KEY
from vodpull.api.http.stored.range_requests import UNSATISFIABLE, Span, parse_range, range_applies
from vodpull.errors import ObjectMissing
from vodpull.videos.playback.playback_tokens import FileRequest


class SentHeaders(Protocol):
    """What a server says of an object beside its bytes."""

    @property
    def content_type(self) -> str:
        """Its media type."""
        ...

    @property
    def cache_control(self) -> str:
        """How long caches may keep it."""
        ...


class SentObject(Protocol):
    """What is known of a stored object before it is read."""

    @property
    def size_bytes(self) -> int:
        """Size of the whole object."""
        ...

    @property
    def etag(self) -> str:
        """Changes with the content; with or without quotes."""
        ...

    @property
    def modified_s(self) -> float:
        """Unix time of the last change, in seconds."""
        ...

    @property
    def headers(self) -> SentHeaders:
        """To serve it with."""
        ...


class ObjectReader(Protocol):
    """The little that serving needs of an object store."""

    async def head(self, key: str) -> SentObject:
        """
        Return what is known of an object.

        Raises:
            ObjectMissing: no object has this key.
        """
        ...

    def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from offset `start` up to, not including, `end`: exactly that many, in blocks."""
        ...


class FileAccess(Protocol):
    """Says who may have what."""

    async def refusal(self, directory: str, name: str, *, token: str | None, visit: FileRequest) -> str:
        """Return why the file of this name in a video's folder is not for a visitor; empty: it is."""
        ...


BLOCKS_AT_ONCE = 16
"""Handed to the network in one pass of the event loop, by all readers together: a few milliseconds of it."""


class _FewAtATime:
    """A reader whose blocks go out a few at a time."""

    def __init__(self, reader: ObjectReader) -> None:
        self._reader = reader
        self._pass_limit = PassLimit(BLOCKS_AT_ONCE)

    async def head(self, key: str) -> SentObject:
        return await self._reader.head(key)

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        async for block in self._reader.read(key, start, end):
            await self._pass_limit.enter()
            yield block


TOKEN_COOKIE = "vodpull_playback"  # noqa: S105 - its name
"""Bears a playback token where paths cannot change."""

Token = Annotated[str, Path(description="A playback token: `GET /api/v1/videos/{video_id}/playback` makes one.")]

Key = Annotated[str, Path(description="`fileUrl` of a reply, or what a playlist names beside it.")]


def media_router(reader: ObjectReader, gate: FileAccess) -> APIRouter:
    """
    Return the routes under `/media/` and `/play/`; storage errors other than a missing object are the application's.

    Both serve the same files: those of signed videos for bearers of a token only, which stands in the path, where
    relative links keep it, or in a cookie.
    """
    router = APIRouter(tags=["media"])
    counter = _Counter(_FewAtATime(reader), gate)

    @router.head("/media/{key:path}", operation_id="probe_media", response_class=Response, responses=_DOCUMENTED)
    @router.get("/media/{key:path}", operation_id="read_media", response_class=Response, responses=_DOCUMENTED)
    async def read_media(request: Request, key: Key) -> Response:
        """Return a stored file or one range of it; `key` is a `fileUrl` of a reply. HEAD returns its headers."""
        return await counter.answer(request, key, request.cookies.get(TOKEN_COOKIE))

    @router.head("/play/{token}/{key:path}", operation_id="probe_play", response_class=Response, responses=_DOCUMENTED)
    @router.get("/play/{token}/{key:path}", operation_id="read_play", response_class=Response, responses=_DOCUMENTED)
    async def read_play(request: Request, token: Token, key: Key) -> Response:
        """Return a stored file, as `/media/` does, for the bearer of a playback token."""
        return await counter.answer(request, key, token)

    @router.options("/media/{key:path}", include_in_schema=False)
    @router.options("/play/{token}/{key:path}", include_in_schema=False)
    async def allow_players(key: str) -> Response:  # noqa: ARG001 - part of the path
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=CORS | PREFLIGHT)

    return router


class _Counter:
    """Where files are handed out."""

    def __init__(self, reader: ObjectReader, gate: FileAccess) -> None:
        self._reader = reader
        self._gate = gate

    async def answer(self, request: Request, key: str, token: str | None) -> Response:
        """Return a file, or why it is not served."""
        found = MEDIA_KEY.fullmatch(key)
        if found is None:
            return refused(HTTPStatus.NOT_FOUND)
        if directory := found["directory"]:
            name = key.partition(f"{directory}/")[2]
            if reason := await self._gate.refusal(directory, name, token=token, visit=visit_of(request)):
                return refused(HTTPStatus.FORBIDDEN, reason)
        return await _answer(self._reader, key, request, is_private=token is not None)


def visit_of(request: Request) -> FileRequest:
    """Return who asks, as far as tokens are bound to it."""
    client = request.client.host if request.client else ""
    return FileRequest(address=client, referrer=request.headers.get("referer", ""))


_DOCUMENTED: dict[int | str, dict[str, object]] = {
    HTTPStatus.PARTIAL_CONTENT: {"description": "The range that was asked for"},
    HTTPStatus.NOT_MODIFIED: {"description": "The client's copy is current"},
    HTTPStatus.FORBIDDEN: {"description": "The video is blocked, or not for this visitor; the text says why"},
    HTTPStatus.NOT_FOUND: {"description": "No such file"},
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: {"description": "The range lies behind the end of the file"},
}


async def _answer(reader: ObjectReader, key: str, request: Request, *, is_private: bool) -> Response:
    try:
        info = await reader.head(key)
    except ObjectMissing:
        return refused(HTTPStatus.NOT_FOUND)
    headers = _file_headers(info)
    if is_private:
        headers["Cache-Control"] = headers["Cache-Control"].replace("public", "private")
    asked = request.headers
    if _is_current(asked.get("if-none-match", ""), headers.get("ETag", "")):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    wanted = asked.get("range", "") if request.method == "GET" else ""
    if not range_applies(asked.get("if-range", ""), headers):
        wanted = ""
    span = parse_range(wanted, size_bytes=info.size_bytes)
    if span == UNSATISFIABLE:
        headers["Content-Range"] = f"bytes */{info.size_bytes}"
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    return _content(reader, key, info, span=span, headers=headers, head_only=request.method == "HEAD")


def refused(status: HTTPStatus, reason: str = "") -> Response:
    """Return a refusal, which no cache keeps."""
    headers = CORS | {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    text = f"{status.phrase.lower()}: {reason}" if reason else status.phrase.lower()
    return Response(f"{text}\n", status_code=status, headers=headers, media_type="text/plain")


def _file_headers(info: SentObject) -> dict[str, str]:
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": info.headers.cache_control,
        "Content-Type": info.headers.content_type,
        "Last-Modified": formatdate(int(info.modified_s), usegmt=True),
        "X-Content-Type-Options": "nosniff",
    }
    if etag := _quoted(info.etag):
        headers["ETag"] = etag
    return CORS | headers


def _quoted(etag: str) -> str:
    """Return an entity tag as it stands in headers; empty when the store's is not fit for one."""
    weak, bare = ("W/" if etag.startswith("W/") else ""), etag.removeprefix("W/").strip('"')
    return f'{weak}"{bare}"' if re.fullmatch(r"[\x21\x23-\x7e]+", bare) else ""


def _is_current(if_none_match: str, etag: str) -> bool:
    """Compare weakly, as RFC 9110 §13.1.2 says for `If-None-Match`."""
    if if_none_match.strip() == "*":
        return True
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return bool(etag) and etag.removeprefix("W/") in tags


def _content(
    reader: ObjectReader, key: str, info: SentObject, *, span: Span | None, headers: dict[str, str], head_only: bool
) -> Response:
    start, end = span or (0, info.size_bytes)
    status = HTTPStatus.OK
    if span is not None:
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{info.size_bytes}"
    headers["Content-Length"] = str(end - start)
    if head_only or start == end:
        return Response(status_code=status, headers=headers)
    return StreamingResponse(reader.read(key, start, end), status_code=status, headers=headers)
