"""JSON APIs of other clouds, asked through the guard of sources: bounded, and without redirects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from vodpull.errors import OriginBusy, OriginFailed, OriginMissing, OriginRefused
from vodpull.fetch import AddressGuard, network_errors
from vodpull.http_dates import read_retry_after_s

MAX_BYTES = 16 << 20
"""Of an answer."""

CONNECT_S, WITHIN_S = 20.0, 60.0

_BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_MISSING = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


@dataclass(frozen=True, kw_only=True)
class JsonRequest:
    """One call."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


async def ask(guard: AddressGuard, request: JsonRequest) -> Any:
    """
    Return the JSON that a call is answered with.

    Raises:
        FetchError: it was not answered, or not with that; the message names the host and no secret.
    """
    url = guard.check_url(request.url)
    host = url.host or ""
    timeout = aiohttp.ClientTimeout(total=WITHIN_S, connect=CONNECT_S)
    headers = {"Accept": "application/json", "User-Agent": "vodpull", **request.headers}
    with network_errors(host):
        async with (
            guard.session(url, timeout=timeout) as session,
            session.request(request.method, url, headers=headers, data=request.body, allow_redirects=False) as response,
        ):
            _check_status(host, response)
            body = await _read(host, response)
    try:
        return await asyncio.to_thread(json.loads, body)
    except (ValueError, RecursionError) as error:
        raise OriginRefused(f"{host}: the answer is not JSON", remedy="Check the URL of the API.") from error


async def _read(host: str, response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_BYTES:
            raise OriginRefused(f"{host}: the answer is longer than {MAX_BYTES} bytes")
    return bytes(body)


def _check_status(host: str, response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status in _BUSY:
        busy = OriginBusy(f"{host}: the API answers {status}")
        busy.retry_after_s = read_retry_after_s(response.headers.get("Retry-After", ""))
        raise busy
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise OriginFailed(f"{host}: the API answers {status}")
    if status in _MISSING:
        raise OriginMissing(f"{host}: the API answers {status}", remedy="Check the URL of the API, and the ids in it.")
    remedy = "Check the keys and what they may do, and the clock of this machine."
    raise OriginRefused(f"{host}: the API answers {status}", remedy=remedy)
