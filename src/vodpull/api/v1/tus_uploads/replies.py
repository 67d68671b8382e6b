"""What every reply of tus has, refusals included: its version, and what lets pages of other sites read it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vodpull.api.http.error_replies import UPLOADS_PREFIX
from vodpull.api.v1.tus_uploads.headers import VERSION

_ALL = {
    "Access-Control-Allow-Origin": "*",  # no cookie counts there
    "Access-Control-Expose-Headers": "Location, Retry-After, Tus-Checksum-Algorithm, Tus-Extension, Tus-Max-Size, "
    "Tus-Resumable, Tus-Version, Upload-Expires, Upload-Length, Upload-Offset, Vodpull-Material-Id, Vodpull-Video-Id, "
    "X-Ws-RequestId",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST, HEAD, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Tus-Resumable, Upload-Checksum, Upload-Length, "
    "Upload-Metadata, Upload-Offset, X-HTTP-Method-Override, X-Request-ID, X-Requested-With",
    "Access-Control-Max-Age": "86400",
}


class TusReplies:
    """Stands around the application, where refusals of every kind pass."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{UPLOADS_PREFIX}/"):
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Tus-Resumable"] = VERSION
                headers.update(_ALL | _PREFLIGHT if scope["method"] == "OPTIONS" else _ALL)
            await send(message)

        await self._app(scope, receive, answer)
