"""The routes that files come in by: `/file/upload`, `/mkblk`, `/bput`, `/mkfile` (spec cloud-vod-videos §8.3, §8.4)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from vodpull.accounts.rate_limits import RateLimit
from vodpull.api.cloudvod.file_upload.forms_before_token import FormsBeforeToken, check_unknown
from vodpull.api.cloudvod.file_upload.multipart_form import MultipartForm
from vodpull.api.cloudvod.file_upload.replies import answer, no_method, preflight, refusal
from vodpull.api.http.request_body_limits import fill_of
from vodpull.errors import (
    UploadDamaged,
    UploadMalformed,
    UploadMisplaced,
    UploadTooLarge,
)
from vodpull.uploads.blocks.arrived_parts import Part
from vodpull.uploads.blocks.block_ctx import BlockPlace
from vodpull.uploads.blocks.part_objects import Received, Sums
from vodpull.uploads.blocks.shared_body_memory import Announced, Body
from vodpull.uploads.limits import MAX_BLOCKS
from vodpull.uploads.upload_and_ticket import Ticket
from vodpull.uploads.uploads import Uploads
from vodpull.wire_values import read_number

TRANSFER_PREFIXES = ("/file/upload", "/mkblk/", "/bput/", "/mkfile/")
"""Bodies below these are read as they come."""

MAX_LIST_BYTES = 100 * MAX_BLOCKS
"""Of the places that a file is made of."""

NO_BATCH = "-"
"""The series of clients that name none."""

RUNS_OVER = "chunk is longer than its block"
"""As the vendor says it, whether the length was announced or not."""

_BATCH = re.compile(r"[A-Za-z0-9_-]{1,64}")

Act = Callable[[Request], Awaitable[Response]]


def transfer_router(uploads: Uploads, limit: RateLimit) -> APIRouter:
    """Return the routes; a token lets in, not a key."""
    router = APIRouter(tags=["Cloud VOD uploads"])
    transfer = FileTransfer(uploads, limit)
    for path, act, summary in (
        ("/file/upload", transfer.form, "Send a whole file as a form with the parts `token` and `file`."),
        ("/mkblk/{block:path}", transfer.begin, "Begin a block: `/mkblk/<size of the block>/<its number, from 0>`."),
        ("/bput/{place:path}", transfer.go_on, "Go on with a block: `/bput/<ctx of the last reply>/<offset in it>`."),
        ("/mkfile/{file:path}", transfer.complete, "Make the file of its blocks: `/mkfile/<size of the file>`."),
    ):
        router.add_api_route(
            path,
            _endpoint(act),
            methods=["POST"],
            operation_id=path.split("/")[1],
            description=summary,
            response_class=Response,
            responses={200: {"content": {"application/json": {}}}},
        )
        others = ["OPTIONS", "GET", "HEAD", "PUT", "PATCH", "DELETE"]
        router.add_api_route(path, _other, methods=others, include_in_schema=False)
    return router


def _endpoint(act: Act) -> Act:
    async def endpoint(request: Request) -> Response:
        try:
            return await act(request)
        except ClientDisconnect:
            return refusal(request, UploadDamaged("chunk is damaged"))
        except Exception as error:  # noqa: BLE001 - each is an answer of this protocol
            return refusal(request, error)

    return endpoint


async def _other(request: Request) -> Response:
    return preflight(request) if request.method == "OPTIONS" else no_method(request)


class FileTransfer:
    """Says in HTTP what `Uploads` does."""

    def __init__(self, uploads: Uploads, limit: RateLimit) -> None:
        self._uploads = uploads
        self._limit = limit
        self._before_token = FormsBeforeToken()

    async def begin(self, request: Request) -> Response:
        """Take the first body of a block."""
        size_bytes, number = _numbers(request.path_params["block"], 2)
        ticket, series = await self._admit(request.headers.get("authorization", "")), _series(request)
        place = self._uploads.first_place(ticket.upload, series=series, number=number, size_bytes=size_bytes)
        return await self._take(request, ticket, place, is_first=True)

    async def go_on(self, request: Request) -> Response:
        """Take the next body of a block."""
        text, _, offset = request.path_params["place"].strip("/").partition("/")
        ticket, series = await self._admit(request.headers.get("authorization", "")), _series(request)
        place = self._place(text, ticket, series)
        if read_number(offset) != place.at:
            raise UploadMisplaced("ctx does not fit")
        return await self._take(request, ticket, place, is_first=False)

    async def complete(self, request: Request) -> Response:
        """Make the file."""
        [size_bytes] = _numbers(request.path_params["file"].partition("/")[0], 1)
        ticket, series = await self._admit(request.headers.get("authorization", "")), _series(request)
        body = bytearray()
        async for data in request.stream():
            body += data
            if len(body) > MAX_LIST_BYTES:
                raise UploadMalformed("the list of blocks is too long")
        texts = body.decode("latin-1").strip().split(",")
        places = [self._place(text.strip(), ticket, series) for text in texts]
        found = await self._uploads.completing.complete(ticket, series=series, size_bytes=size_bytes, places=places)
        return _made(request, ticket, found)

    async def form(self, request: Request) -> Response:
        """Take a file, in a form that may say only at its end where it belongs."""
        length, sums = _length(request), Sums(has_crc32=False)

        async def admit(token: str) -> Ticket:
            ticket = await self._admit(token)
            await self._uploads.check_quota(ticket.upload, length or 0)
            sums.of_body = bool(ticket.upload.md5)  # nobody else asks for it
            return ticket

        reading = _FormReading(
            admit, MultipartForm(request.headers.get("content-type", "")), on_ticket=self._before_token.end
        )
        parts = list[Part]()
        inbox = self._uploads.inbox
        self._before_token.begin()
        try:
            with self._uploads.room.promised(length):
                most = self._uploads.terms.max_bytes
                async for part in inbox.parts(reading.file(request.stream()), at=0, most=most, sums=sums):
                    parts.append(part)
            ticket = await reading.admitted()
        except BaseException:
            await asyncio.shield(inbox.drop([part.key for part in parts]))
            raise
        finally:
            reading.end()
        found = await self._uploads.take_file(ticket, parts, sums)
        return _made(request, ticket, found)

    async def _admit(self, token: str) -> Ticket:
        ticket = await self._uploads.admit(token)
        await self._limit.count_from_loop(ticket.upload.account_id)
        return ticket

    def _place(self, text: str, ticket: Ticket, series: str) -> BlockPlace:
        return BlockPlace.read(text, upload_id=ticket.upload.upload_id, series=series, key=self._uploads.terms.key)

    async def _take(self, request: Request, ticket: Ticket, place: BlockPlace, *, is_first: bool) -> Response:
        length, most = _length(request), place.size_bytes - place.at
        if length is not None and length > most:
            raise UploadMalformed(RUNS_OVER)
        with self._uploads.room.promised(length):
            body = _body(request, length, most=most)
            end, received = await self._uploads.take_body(ticket, place, body, is_first=is_first)
        return answer(request, _said(end.text(self._uploads.terms.key), end, received))


class _FormReading:
    """One form on its way in."""

    def __init__(
        self, admit: Callable[[str], Awaitable[Ticket]], form: MultipartForm, *, on_ticket: Callable[[], None]
    ) -> None:
        self._admit = admit
        self._form = form
        self._on_ticket = on_ticket
        self._ticket: Ticket | None = None
        self._is_counted = True

    async def file(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the bytes of the file, as far as is known that they may come."""
        seen = 0
        async for data in body:
            piece = self._form.feed(data)
            if self._ticket is None and "token" in self._form.fields:
                await self.admitted()
            seen += len(piece)
            self._check(seen)
            if piece:
                yield piece
        if not self._form.is_whole:
            _refuse_damaged()

    async def admitted(self) -> Ticket:
        """Return what the form's token lets in."""
        if self._ticket is None:
            self._ticket = await self._admit(self._form.fields.get("token", ""))
            self.end()
        return self._ticket

    def end(self) -> None:
        """Count it no more among those that nobody knows."""
        if self._is_counted:
            self._is_counted = False
            self._on_ticket()

    def _check(self, seen: int) -> None:
        if self._ticket is None:
            check_unknown(seen)
        elif seen > self._ticket.max_bytes:
            raise UploadTooLarge("file is larger than fsizeLimit")


def _body(request: Request, length: int | None, *, most: int) -> Body:
    """Return a body that must have the length that was announced, or else ends with its block."""
    if length is None:
        return _within(request.stream(), most)
    whole = _whole(request.stream(), length)
    return Announced(size_bytes=length, fill=fill_of(request), on_cut=_refuse_damaged, stream=whole)


def _refuse_damaged() -> None:
    raise UploadDamaged("chunk is damaged")


async def _within(body: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    """Yield a body whose length nobody announced, as far as its block goes."""
    async for data in body:
        most -= len(data)
        if most < 0:
            raise UploadMalformed(RUNS_OVER)
        yield data


async def _whole(body: AsyncIterator[bytes], length: int) -> AsyncIterator[bytes]:
    seen = 0
    async for data in body:
        seen += len(data)
        yield data
    if seen != length:
        _refuse_damaged()


def _said(ctx: str, end: BlockPlace, received: Received) -> dict[str, object]:
    return {"ctx": ctx, "checksum": received.md5, "crc32": received.crc32, "offset": end.at}


def _made(request: Request, ticket: Ticket, found: str) -> Response:
    return answer(request, {"hash": found, "key": ticket.upload.key, "response": '{"success":0}'})


def _series(request: Request) -> str:
    name = request.headers.get("uploadbatch", NO_BATCH)
    if not _BATCH.fullmatch(name):
        raise UploadMalformed("UploadBatch has 1 to 64 letters, digits, dashes or underscores")
    return name


def _numbers(text: str, count: int) -> list[int]:
    found = [read_number(part) for part in text.strip("/").split("/")]
    numbers = [number for number in found if number is not None]
    if len(found) != count or len(numbers) != count:
        raise UploadMalformed("the path has a size or a number that is none")
    return numbers


def _length(request: Request) -> int | None:
    return read_number(request.headers.get("content-length", ""))
