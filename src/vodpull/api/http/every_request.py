"""
The HTTP around every call: request ids, a capped body, and a reply whatever happens inside.

What of a request its signature sees: `keys/signature_coverage.py`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vodpull.api.http.error_replies import no_path_reply, problem_reply
from vodpull.api.http.request_body_limits import Bodies, ClientLeft
from vodpull.api.http.translation import Language
from vodpull.database.connection_errors import as_outage
from vodpull.errors import InternalError, NotFound, ParameterError, RequestError

REQUEST_ID_HEADERS = (b"x-ws-requestid", b"x-cnc-request-id")

log = structlog.get_logger(__name__)


class Exchange:
    """
    Stands around the application.

    Every reply gets one request id under both of its names, errors included (spec cloud-vod-auth §7). A body is read up
    to its cap before anything else happens, so nobody can make the service hold more. What the application raises
    becomes a reply, and the log has the cause.
    """

    def __init__(
        self, app: ASGIApp, *, language: Language, is_streamed: Callable[[Scope], bool] = lambda _: False
    ) -> None:
        """`is_streamed` tells of which requests the bodies go to the application as they come."""
        self._app = app
        self._is_streamed = is_streamed
        self._language = language
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        if "\x00" in scope["path"]:  # no database looks it up
            missing = NotFound("there is no such path", remedy="Look at /docs, which lists every path.")
            request_id, language = answer.request_id, self._language
            reply = no_path_reply(missing, path=scope["path"], request_id=request_id, language=language)
            await reply(scope, receive, answer.send)
            return
        with self._bodies.held(scope) as held:
            try:
                if self._is_streamed(scope):
                    await self._app(scope, receive, answer.send)
                    return
                body = await held.read(receive)
                _refuse_other_codecs(scope, body)
                await self._app(scope, _replayed(body, receive), answer.send)
            except ClientLeft:
                return
            except Exception as error:
                if answer.started:
                    raise  # the server breaks the reply off and logs why
                known = self._known(error, request_id=answer.request_id, path=scope["path"])
                reply = problem_reply(known, path=scope["path"], request_id=answer.request_id, language=self._language)
                await reply(scope, receive, answer.send)

    @staticmethod
    def _known(error: Exception, *, request_id: str, path: str) -> Exception:
        """Return what the caller is told of; what is not theirs is logged."""
        if isinstance(error, RequestError):
            return error
        outage = as_outage(error)
        if outage is None:
            log.error("request failed", request_id=request_id, path=path, exc_info=error)
            return InternalError("unexpected")
        log.error("the database does not answer", request_id=request_id, path=path, error=type(error).__name__)
        return outage


def new_request_id() -> str:
    """Return the name of one reply."""
    return secrets.token_hex(16)


class _Answer:
    """The way back of one request."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.request_id = new_request_id()
        self.started = False
        self._send = send
        scope.setdefault("state", {})["request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            request_id = self.request_id.encode()
            message["headers"] += [(name, request_id) for name in REQUEST_ID_HEADERS]
        await self._send(message)


def _refuse_other_codecs(scope: Scope, body: bytes) -> None:
    """Refuse JSON in UTF-16 and UTF-32, which the framework would read: the caller does not choose the codec."""
    content_type = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    if b"json" in content_type.lower() and not json.detect_encoding(body).startswith("utf-8"):
        raise ParameterError("the body is not UTF-8", field="body")


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body that was read, then what comes after it (the client leaving)."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return parts.pop() if parts else await receive()

    return replay
