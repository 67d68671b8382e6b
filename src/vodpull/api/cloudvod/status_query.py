"""
`pullVideoQuery`, the call that clients make all day: answered on the event loop, with one read of the database.

It stands before the framework, whose routing would cost more than the answer.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vodpull.accounts.keys import LiveKey
from vodpull.api.cloudvod.parameters import parameters_of
from vodpull.api.cloudvod.replies import QueryReplies
from vodpull.api.cloudvod.requests import QueryRequest, parse_query
from vodpull.api.http.access import Access
from vodpull.api.http.auth import SignedRequest, prove, read_claim
from vodpull.api.http.exchange import read_wire_request
from vodpull.api.http.messages import Language
from vodpull.api.http.metrics import note_wire_code
from vodpull.api.http.pass_limit import PassLimit
from vodpull.api.http.problems import problem_of, problem_reply
from vodpull.clock import now_ms, now_s
from vodpull.errors import ParameterError, PermissionDenied, VodpullError
from vodpull.jobs.status.status import BatchStatus
from vodpull.jobs.status.status_reader import Found, StatusReader

PATH = "/vod/videoManage/pullVideoQuery"
METHODS = frozenset({"GET", "POST"})

AT_ONCE = 4
"""Other requests that begin in one pass of the event loop: each takes the framework about a millisecond."""


class StatusQuery:
    """Answers signed status queries."""

    def __init__(self, reader: StatusReader, access: Access, *, language: Language, compat: Collection[str]) -> None:
        self.language = language
        self._reader = reader
        self._access = access
        self._replies = QueryReplies(compat=compat, language=language)

    async def answer(self, request: Request) -> Response:
        """
        Return the reply to one call.

        Raises:
            AuthenticationError: no live key signed it.
            RateLimited: this key has made too many calls.
            ParameterError: it names no task, or one that is not there.
            PermissionDenied: the task belongs to another account.
        """
        signed = await read_wire_request(request)
        claim = read_claim(signed, now_s=now_s())
        asked = _asked(signed)
        found = await self._find(claim.access_key, asked)
        caller = prove(claim, signed, key=found.key).key
        self._access.count(caller)
        if isinstance(asked, ParameterError):
            raise asked
        reply = self._replies.reply(_owned(found, caller, asked), now_ms=now_ms())
        return Response(reply, media_type="application/json")

    async def _find(self, access_key: str, asked: QueryRequest | ParameterError) -> Found:
        """Look for the key, and in the same visit for what an honest caller may see."""
        if isinstance(asked, ParameterError):
            return await self._reader.find(access_key)
        return await self._reader.find(access_key, task_id=asked.task_id or "", trans_no=asked.trans_no or "")


class StatusQueryDoor:
    """Stands inside the middlewares and before the framework; everything else passes."""

    def __init__(self, app: ASGIApp, *, query: StatusQuery) -> None:
        self._app = app
        self._query = query
        self._pass_limit = PassLimit(AT_ONCE)
        self.path = PATH
        """As the route is called in metrics."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a status query, or hand the request on."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] not in METHODS:
            await self._pass_limit.enter()
            await self._app(scope, receive, send)
            return
        scope["route"] = self
        request = Request(scope, receive)
        try:
            reply = await self._query.answer(request)
        except VodpullError as error:
            note_wire_code(request, problem_of(error).code)
            request_id, language = request.state.request_id, self._query.language
            reply = problem_reply(error, path=PATH, request_id=request_id, language=language)
        await reply(scope, receive, send)


def _asked(signed: SignedRequest) -> QueryRequest | ParameterError:
    """Return what is asked for, or what is wrong with it: who asks must be known before that is told."""
    try:
        return parse_query(parameters_of(signed))
    except ParameterError as error:
        return error


def _owned(found: Found, caller: LiveKey, asked: QueryRequest) -> BatchStatus:
    if found.batch is None:
        name = "taskId" if asked.task_id else "transNo"
        raise ParameterError(f"there is no task with this {name}", field=name)
    if found.batch.account_id != caller.account_id:
        raise PermissionDenied("the task belongs to another account", field="taskId")
    return found.batch
