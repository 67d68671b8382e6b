"""The two clients: the same operations, over blocking and over asyncio connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar, Unpack, overload
from urllib.parse import urlsplit

import httpx2

from vodpull.client.batch_shapes import Batch
from vodpull.client.call_retries import Patience
from vodpull.client.connection_failures import no_reply
from vodpull.client.credentials import Address
from vodpull.client.exchange import Flow, HttpCall, HttpReply, Outcome
from vodpull.client.operations import account as account_operations
from vodpull.client.operations import audit as audit_operations
from vodpull.client.operations import batches as operations
from vodpull.client.operations import edits as edit_operations
from vodpull.client.operations import imports as import_operations
from vodpull.client.operations import materials as material_operations
from vodpull.client.operations import uploads as upload_operations
from vodpull.client.operations import videos as video_operations
from vodpull.client.operations.videos import VideoFilters
from vodpull.client.trust import trusted
from vodpull.client.video_shapes import Video
from vodpull.errors import ParameterError
from vodpull.request_signing import SigningKey

P = ParamSpec("P")
T = TypeVar("T")

TIMEOUT_S = 90.0
"""Longest silence: a poll for events may last 60 s, a progress stream gives a sign every 15 s."""

MAX_PAGE = 100
"""Videos that a page of a list has at most."""

PATIENCE_S = 30.0
"""How long calls that may be repeated are, in all: a service restarts in less."""


class _Method(Generic[P, T]):
    """An operation as a method: blocking on a `Client`, awaitable on an `AsyncClient`."""

    def __init__(self, operation: Callable[P, Flow[T]]) -> None:
        self._operation = operation
        self.__doc__ = operation.__doc__

    @overload
    def __get__(self, client: None, kind: type) -> Callable[P, Flow[T]]: ...
    @overload
    def __get__(self, client: Client, kind: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncClient, kind: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Client | AsyncClient | None, kind: type) -> Callable[P, Any]:
        operation = self._operation
        if client is None:
            return operation

        @wraps(operation)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.run(operation(*args, **kwargs))

        return method


class _Operations:
    """What both clients can do."""

    submit = _Method(operations.submit)
    query = _Method(operations.query)
    query_job = _Method(operations.query_job)
    wait = _Method(operations.wait)
    list_batches = _Method(operations.list_batches)
    cancel = _Method(operations.cancel)
    retry = _Method(operations.retry)
    delete = _Method(operations.delete)
    events = _Method(operations.events)
    acknowledge = _Method(operations.acknowledge)
    deliveries = _Method(operations.deliveries)
    replay = _Method(operations.replay)
    pull_video = _Method(operations.pull_video)
    pull_video_query = _Method(operations.pull_video_query)

    list_videos = _Method(video_operations.list_videos)
    video = _Method(video_operations.video)
    edit_video = _Method(video_operations.edit_video)
    block_video = _Method(video_operations.block_video)
    enable_video = _Method(video_operations.enable_video)
    encode_video = _Method(video_operations.encode_video)
    still = _Method(video_operations.still)
    set_poster = _Method(video_operations.set_poster)
    wait_video = _Method(video_operations.wait_video)
    delete_video = _Method(video_operations.delete_video)
    playback = _Method(video_operations.playback)
    account = _Method(account_operations.account)
    edit_account = _Method(account_operations.edit_account)
    playback_keys = _Method(account_operations.playback_keys)
    create_playback_key = _Method(account_operations.create_playback_key)
    revoke_playback_key = _Method(account_operations.revoke_playback_key)
    audit = _Method(audit_operations.audit)
    captions = _Method(video_operations.captions)
    put_caption = _Method(video_operations.put_caption)
    delete_caption = _Method(video_operations.delete_caption)
    categories = _Method(video_operations.categories)
    create_category = _Method(video_operations.create_category)
    delete_category = _Method(video_operations.delete_category)
    callbacks = _Method(account_operations.callbacks)
    set_callback = _Method(account_operations.set_callback)
    delete_callback = _Method(account_operations.delete_callback)
    list_deliveries = _Method(account_operations.list_deliveries)

    upload = _Method(upload_operations.upload)
    upload_material = _Method(upload_operations.upload_material)

    clip_video = _Method(edit_operations.clip_video)
    join_videos = _Method(edit_operations.join_videos)
    list_materials = _Method(material_operations.list_materials)
    material = _Method(material_operations.material)
    edit_material = _Method(material_operations.edit_material)
    delete_material = _Method(material_operations.delete_material)

    create_import = _Method(import_operations.create_import)
    list_imports = _Method(import_operations.list_imports)
    get_import = _Method(import_operations.get_import)
    add_import_entries = _Method(import_operations.add_import_entries)
    start_import = _Method(import_operations.start_import)
    pause_import = _Method(import_operations.pause_import)
    resume_import = _Method(import_operations.resume_import)
    cancel_import = _Method(import_operations.cancel_import)
    retry_import = _Method(import_operations.retry_import)
    import_entries = _Method(import_operations.import_entries)
    import_map = _Method(import_operations.import_map)
    wait_import = _Method(import_operations.wait_import)

    def __init__(self, address: Address, patience_s: float) -> None:
        self._address = address
        self._patience = Patience(total_s=patience_s)

    def _request(self, call: HttpCall) -> dict[str, Any]:
        """Return the arguments of a request."""
        content = call.content
        return {
            "method": call.method,
            "url": self._address.server + call.target,
            "content": content,
            "headers": self._address.headers(call, content),
        }


class Client(_Operations):
    """Calls one service with one key. Close it, or use it in a `with` block; threads may share it."""

    def __init__(
        self,
        server: str,
        access_key: str,
        secret_key: str,
        *,
        patience_s: float = PATIENCE_S,
        ca_file: str | Path | None = None,
        http: httpx2.Client | None = None,
    ) -> None:
        """
        Take the base URL of the service and a key.

        `patience_s` is how long calls are tried again while the service does not answer; `ca_file` is a private
        authority to trust besides those of the system and of `SSL_CERT_FILE`; `http` brings what else a network
        needs of its own: proxies, timeouts.
        """
        super().__init__(_address(server, access_key, secret_key), patience_s)
        self._http = http or httpx2.Client(timeout=TIMEOUT_S, trust_env=False, verify=trusted(server, ca_file))

    def run(self, flow: Flow[T]) -> T:
        """Make the calls of an operation and return its result."""
        try:
            call = next(flow)
            while True:
                outcome = self._send(call)
                call = self._patience.again(call, outcome) or flow.send(outcome)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def watch(self, batch_id: str) -> Iterator[Batch]:
        """Yield a batch at every change until it is final, the final state last; a broken stream is begun again."""
        progress = operations.ProgressStream(batch_id, self._patience)
        while not progress.is_over:
            time.sleep(progress.call.delay_s)
            try:
                with self._http.stream(**self._request(progress.call)) as response:
                    if response.status_code != HTTPStatus.OK:
                        progress.broke(_reply(response, response.read()))
                        continue
                    yield from filter(None, map(progress.read, response.iter_lines()))
            except httpx2.TransportError as error:
                progress.broke(no_reply(error, self._address.server))
            else:
                progress.end()

    def videos(self, *, page_size: int = MAX_PAGE, **filters: Unpack[VideoFilters]) -> Iterator[Video]:
        """Yield every video that fits, page by page; lists leave out what `video` tells."""
        page = self.list_videos(limit=page_size, **filters)
        while True:
            yield from page.videos
            if not page.next_cursor:
                return
            page = self.list_videos(limit=page_size, cursor=page.next_cursor, **filters)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, call: HttpCall) -> Outcome:
        time.sleep(call.delay_s)
        try:
            response = self._http.request(**self._request(call))
        except httpx2.TransportError as error:
            return no_reply(error, self._address.server)
        return _reply(response, response.content)


class AsyncClient(_Operations):
    """As `Client`, for asyncio. Close it, or use it in an `async with` block; tasks of one loop may share it."""

    def __init__(
        self,
        server: str,
        access_key: str,
        secret_key: str,
        *,
        patience_s: float = PATIENCE_S,
        ca_file: str | Path | None = None,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        """Take what `Client` takes."""
        super().__init__(_address(server, access_key, secret_key), patience_s)
        self._http = http or httpx2.AsyncClient(timeout=TIMEOUT_S, trust_env=False, verify=trusted(server, ca_file))

    async def run(self, flow: Flow[T]) -> T:
        """Make the calls of an operation and return its result."""
        try:
            call = next(flow)
            while True:
                outcome = await self._send(call)
                call = self._patience.again(call, outcome) or flow.send(outcome)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    async def watch(self, batch_id: str) -> AsyncIterator[Batch]:
        """Yield a batch at every change until it is final, the final state last; a broken stream is begun again."""
        progress = operations.ProgressStream(batch_id, self._patience)
        while not progress.is_over:
            await asyncio.sleep(progress.call.delay_s)
            try:
                async with self._http.stream(**self._request(progress.call)) as response:
                    if response.status_code != HTTPStatus.OK:
                        progress.broke(_reply(response, await response.aread()))
                        continue
                    async for line in response.aiter_lines():
                        if (batch := progress.read(line)) is not None:
                            yield batch
            except httpx2.TransportError as error:
                progress.broke(no_reply(error, self._address.server))
            else:
                progress.end()

    async def videos(self, *, page_size: int = MAX_PAGE, **filters: Unpack[VideoFilters]) -> AsyncIterator[Video]:
        """Yield every video that fits, page by page; lists leave out what `video` tells."""
        page = await self.list_videos(limit=page_size, **filters)
        while True:
            for video in page.videos:
                yield video
            if not page.next_cursor:
                return
            page = await self.list_videos(limit=page_size, cursor=page.next_cursor, **filters)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _send(self, call: HttpCall) -> Outcome:
        await asyncio.sleep(call.delay_s)
        try:
            response = await self._http.request(**self._request(call))
        except httpx2.TransportError as error:
            return no_reply(error, self._address.server)
        return _reply(response, response.content)


def _address(server: str, access_key: str, secret_key: str) -> Address:
    if not server.startswith(("http://", "https://")) or not _has_host(server):
        remedy = "Write http://HOST:PORT or https://HOST, as the service prints it when it starts."
        raise ParameterError(f"{server!r} is not the http or https URL of a service", field="server", remedy=remedy)
    return Address(server=server.rstrip("/"), key=SigningKey(access_key=access_key, secret=secret_key))


def _has_host(server: str) -> bool:
    try:
        parts = urlsplit(server)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an address, or a port that is no number
        return False


def _reply(response: httpx2.Response, body: bytes) -> HttpReply:
    return HttpReply(status=response.status_code, headers=response.headers, body=body)
