"""Under which route and code a reply is counted, and how long it took: the eye that sees every reply go out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vodpull.api.http.error_replies import OWN_PREFIX

CLIENT_LEFT = 499
"""The status of a request whose client left before its reply began: a custom of web servers, no fault of ours."""


NO_ROUTE = "none"
"""The route of a path that is none of ours: what people make up must not become a label."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One reply as it is counted."""

    route: str
    """Template of the path, such as `/api/v1/batches/{batch_id}`."""
    code: int
    """`code` of the wire contract where that is spoken, elsewhere the HTTP status."""
    seconds: float


class Watched:
    """Stands around the application and tells of every reply."""

    def __init__(self, app: ASGIApp, *, on_reply: Callable[[Answered], None]) -> None:
        self._app = app
        self._on_reply = on_reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = CLIENT_LEFT
        started_s = time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            status = HTTPStatus.INTERNAL_SERVER_ERROR.value
            raise
        finally:
            seconds = time.perf_counter() - started_s
            self._on_reply(Answered(route=_route(scope), code=_code(scope, status), seconds=seconds))


def _route(scope: Scope) -> str:
    template = getattr(scope.get("route"), "path", None)
    return NO_ROUTE if template is None else f"{scope.get('root_path', '')}{template}"


def _code(scope: Scope, status: int) -> int:
    """Return the wire code that `note_wire_code` left, else the HTTP status."""
    code: int = scope.get("state", {}).get("wire_code", status)
    return code


def note_wire_code(request: Request, code: int) -> None:
    """Remember the code of a refusal: over the wire contract it travels with HTTP 200."""
    if not request.url.path.startswith(OWN_PREFIX):
        request.state.wire_code = int(code)
