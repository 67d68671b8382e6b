"""The HTTP around every call: request ids, a capped body, and errors as replies."""

from __future__ import annotations

import secrets

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vodpull.api.auth import SignedRequest
from vodpull.errors import RequestTooLarge

MAX_BODY_BYTES = 2 * 1024 * 1024
"""Fifty items with URLs and names of full length, base64 in a form, come to less than 1 MiB."""

log = structlog.get_logger(__name__)


class RequestIds:
    """Gives every reply one request id under both of its names, errors included (spec cloud-vod-auth §7)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(16)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-WS-RequestId"] = request_id
                headers["x-cnc-request-id"] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)


async def read_signed_request(request: Request) -> SignedRequest:
    """
    Return a request as its signature sees it: the raw target and the raw body.

    Raises:
        RequestTooLarge: the body is over the cap; no more of it is read.
    """
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > MAX_BODY_BYTES:
            raise RequestTooLarge(f"the body is larger than {MAX_BODY_BYTES} bytes")
    raw_path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return SignedRequest(
        method=request.method,
        path=raw_path.decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=bytes(body),
    )
