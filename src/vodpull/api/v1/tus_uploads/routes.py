"""`/api/v1/uploads`: the tus protocol, for browsers and command lines."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from vodpull.accounts.access_keys import LiveKey
from vodpull.api.http.context import ApiContext
from vodpull.api.http.error_replies import UPLOADS_PREFIX, document_reply
from vodpull.api.http.request_body_limits import ClientLeft, fill_of
from vodpull.api.v1.caller_and_query import PROBLEMS
from vodpull.api.v1.tus_uploads.headers import (
    ALGORITHMS,
    CHECKSUM_MISMATCH,
    CONTENT_TYPE,
    EXTENSIONS,
    SERIES,
    VERSION,
    Checksum,
    Described,
    describe,
    headers_of,
    read_checksum,
    read_metadata,
    read_size,
)
from vodpull.api.v1.tus_uploads.new_upload import is_same, wanted_of
from vodpull.errors import NotFound, ParameterError, UploadDamaged, UploadMalformed, UploadMisplaced
from vodpull.uploads.blocks.shared_body_memory import Announced, Body
from vodpull.uploads.growing import Growing, GrowingUploads
from vodpull.uploads.upload_and_ticket import Upload

_OF_TUS: dict[int | str, dict[str, Any]] = {
    HTTPStatus.PRECONDITION_FAILED: {"description": "`Tus-Resumable` is not the version that `Tus-Version` names."},
    CHECKSUM_MISMATCH: {"description": "The bytes do not have the digest of `Upload-Checksum`."},
}

Act = Callable[[Request, LiveKey], Awaitable[Response]]
UploadId = Annotated[str, Path(alias="upload_id", description="The last part of `Location`.")]


def uploads_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one but `OPTIONS` needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    router = APIRouter(prefix=UPLOADS_PREFIX, tags=["uploads"], responses=PROBLEMS | _OF_TUS)
    tus = Tus(context)
    caller = context.access.sender

    @router.options("", include_in_schema=False, status_code=204)
    @router.options("/{upload_id}", include_in_schema=False, status_code=204)
    async def options() -> Response:
        """Tell what of tus is spoken."""
        return tus.options()

    @router.post("", operation_id="createUpload", status_code=201, response_class=Response)
    async def create(request: Request, key: LiveKey = Depends(caller)) -> Response:
        """Reserve a place for a file (`Upload-Length`, `Upload-Metadata`), and take first bytes if there are any."""
        return await tus.answer(request, key, tus.create)

    @router.head("/{upload_id}", operation_id="readUpload", response_class=Response)
    async def head(request: Request, _: UploadId, key: LiveKey = Depends(caller)) -> Response:
        """Tell how far an upload has come (`Upload-Offset`)."""
        return await tus.answer(request, key, tus.head)

    @router.patch("/{upload_id}", operation_id="continueUpload", status_code=204, response_class=Response)
    async def patch(request: Request, _: UploadId, key: LiveKey = Depends(caller)) -> Response:
        """Take the bytes from `Upload-Offset` on; the last ones make the file a video."""
        return await tus.answer(request, key, tus.patch)

    @router.delete("/{upload_id}", operation_id="abandonUpload", status_code=204, response_class=Response)
    async def delete(request: Request, _: UploadId, key: LiveKey = Depends(caller)) -> Response:
        """Forget an unfinished upload and what has arrived of it."""
        return await tus.answer(request, key, tus.delete)

    @router.post("/{upload_id}", include_in_schema=False)
    async def override(request: Request, _: UploadId, key: LiveKey = Depends(caller)) -> Response:
        """Do what `X-HTTP-Method-Override` says, for clients that can only post."""
        acts: dict[str, Act] = {"PATCH": tus.patch, "DELETE": tus.delete}
        act = acts.get(request.headers.get("x-http-method-override", "").upper())
        if act is None:
            raise NotFound("there is no such path", remedy="Send PATCH, HEAD or DELETE to an upload.")
        return await tus.answer(request, key, act)

    return router


class Tus:
    """Says in the words of tus what uploads do."""

    def __init__(self, context: ApiContext, *, place: Callable[[Request], str] | None = None) -> None:
        """`place`: gives the URL that those of uploads begin with; None: as other replies of the API have it."""
        self._context = context
        self._place = place or self._own_place
        self._uploads = context.uploads
        self._growing = GrowingUploads(context.uploads, series=SERIES)

    def options(self) -> Response:
        """Tell what of the protocol is spoken."""
        headers = {
            "Tus-Resumable": VERSION,
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
            "Tus-Max-Size": str(self._uploads.terms.max_bytes),
        }
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)

    async def receive(self, request: Request, key: LiveKey) -> Response:
        """Do what the method of a request asks for, as the bearer of a key."""
        acts = {"POST": self.create, "HEAD": self.head, "PATCH": self.patch, "DELETE": self.delete}
        return await self.answer(request, key, acts[request.method])

    async def answer(self, request: Request, key: LiveKey, act: Act) -> Response:
        """Do what is asked by a client that speaks this version."""
        if request.headers.get("tus-resumable") != VERSION:
            return Response(status_code=HTTPStatus.PRECONDITION_FAILED, headers={"Tus-Version": VERSION})
        try:
            return await act(request, key)
        except ClientDisconnect:
            raise ClientLeft from None
        except UploadDamaged as error:
            return document_reply(error, request_id=request.state.request_id, status=CHECKSUM_MISMATCH)

    async def create(self, request: Request, key: LiveKey) -> Response:
        """Reserve a place."""
        if "upload-defer-length" in request.headers:
            why = "a size that comes later is not supported"
            raise ParameterError(why, field="Upload-Defer-Length", remedy="Say the size with Upload-Length.")
        size_bytes = read_size(request.headers.get("upload-length"), "Upload-Length")
        if not size_bytes:
            raise UploadMalformed("the file is empty")
        described = describe(read_metadata(request.headers.get("upload-metadata", "")))
        checksum = read_checksum(request.headers.get("upload-checksum"))
        upload, dropped = await run_in_threadpool(self._reserve, key, described, size_bytes)
        await self._uploads.inbox.drop(dropped)
        growing = await self._find(upload.upload_id, key)
        offset = growing.offset
        if request.headers.get("content-type") == CONTENT_TYPE:
            if offset:
                raise UploadMisplaced("the upload is there already: go on with PATCH")
            offset = await self._take(request, growing, checksum)
        headers = headers_of(upload, offset=offset) | {"Location": f"{self._place(request)}/{upload.upload_id}"}
        return Response(status_code=HTTPStatus.CREATED, headers=headers)

    def _own_place(self, request: Request) -> str:
        base = (self._context.public_url or str(request.base_url)).rstrip("/")
        return f"{base}{UPLOADS_PREFIX}"

    def _reserve(self, key: LiveKey, described: Described, size_bytes: int) -> tuple[Upload, list[str]]:
        context = self._context
        with context.store.transaction() as connection:
            wanted = wanted_of(described, size_bytes=size_bytes, key=key, context=context, connection=connection)
            context.intake.check_quota(connection, key.account_id, size_bytes)
            upload, dropped = self._growing.begin(connection, wanted)
            if upload.is_complete and not is_same(connection, upload, wanted):
                return self._growing.begin(connection, replace(wanted, resume_id="", replaces=False))
            return upload, dropped

    async def head(self, request: Request, key: LiveKey) -> Response:
        """Tell how far it is."""
        growing = await self._find(request.path_params["upload_id"], key)
        await self._complete(growing, growing.offset)
        return Response(headers=headers_of(growing.upload, offset=growing.offset))

    async def patch(self, request: Request, key: LiveKey) -> Response:
        """Take more of it."""
        if request.headers.get("content-type") != CONTENT_TYPE:
            raise ParameterError(f"the body is not {CONTENT_TYPE}", field="Content-Type")
        growing = await self._find(request.path_params["upload_id"], key)
        if read_size(request.headers.get("upload-offset"), "Upload-Offset") != growing.offset:
            raise UploadMisplaced(f"the upload has come to {growing.offset}", field="Upload-Offset")
        checksum = read_checksum(request.headers.get("upload-checksum"))
        offset = await self._take(request, growing, checksum)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers_of(growing.upload, offset=offset))

    async def delete(self, request: Request, key: LiveKey) -> Response:
        """Forget it."""
        growing = await self._find(request.path_params["upload_id"], key)
        await self._uploads.abandon(growing.upload)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Tus-Resumable": VERSION})

    async def _find(self, upload_id: str, key: LiveKey) -> Growing:
        await self._context.upload_limit.count_from_loop(key.account_id)
        growing = await self._growing.find(upload_id, account_id=key.account_id)
        if growing is None:
            raise NotFound("there is no such upload", remedy="Begin it anew with POST.")
        return growing

    async def _take(self, request: Request, growing: Growing, checksum: Checksum | None) -> int:
        text = request.headers.get("content-length")
        length = None if text is None else read_size(text, "Content-Length")
        left, is_good = _Left(request), None
        if checksum is None:
            body = left.body(length)
        else:
            body, is_good = _watched(left.stream(), checksum)
        with self._uploads.room.promised(length):
            offset = await self._growing.append(growing, body, is_good=is_good)
        await self._complete(growing, offset)
        if left.is_cut:
            raise ClientLeft
        return offset

    async def _complete(self, growing: Growing, offset: int) -> None:
        if offset == growing.size_bytes and not growing.upload.is_complete:
            await self._growing.complete(growing)


class _Left:
    """A body whose client may leave: what came counts all the same."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.is_cut = False

    def body(self, length: int | None) -> Body:
        if length is None:
            return self.stream()
        fill = fill_of(self._request)
        return Announced(size_bytes=length, fill=fill, on_cut=self._cut, stream=self.stream())

    def _cut(self) -> None:
        self.is_cut = True

    async def stream(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._request.stream():
                yield data
        except ClientDisconnect:
            self._cut()


def _watched(body: AsyncIterator[bytes], checksum: Checksum) -> tuple[AsyncIterator[bytes], Callable[[], bool]]:
    """Return a body, and what tells after it has come whether it has this checksum."""
    digest = checksum.new()

    async def watched() -> AsyncIterator[bytes]:
        async for data in body:
            digest.update(data)
            yield data

    return watched(), lambda: hmac.compare_digest(digest.digest(), checksum.value)
