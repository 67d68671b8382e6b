"""
`pullVideoQuery`, the call that clients make all day: answered on the event loop, with one read of the database.

It stands before the framework, whose routing would cost more than the answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from vodpull.accounts.access_keys import LiveKey
from vodpull.accounts.scopes import Scope as KeyScope
from vodpull.api.cloudvod.parameters import parameters_of
from vodpull.api.cloudvod.pull.replies import QueryReplies
from vodpull.api.cloudvod.pull.requests import parse_query
from vodpull.api.http.error_replies import WireCode, problem_of, problem_reply
from vodpull.api.http.event_loop_shares import PassLimit
from vodpull.api.http.every_request import REQUEST_ID_HEADERS, new_request_id
from vodpull.api.http.keys.authentication import Access
from vodpull.api.http.keys.signature_coverage import RawRequest, read_wire_request, wire_request
from vodpull.api.http.keys.signatures import check_claim, read_claim
from vodpull.api.http.reply_counts import Answered, note_wire_code
from vodpull.api.http.translation import Language
from vodpull.clock import now_ms, now_s
from vodpull.errors import ParameterError, PermissionDenied, VodpullError
from vodpull.jobs.status.lookups import FoundBatch, Lookup, QueryReader
from vodpull.jobs.status.status_data import BatchStatus
from vodpull.request_signing import SignedRequest

PATH = "/vod/videoManage/pullVideoQuery"
METHODS = frozenset({"GET", "POST"})

AT_ONCE = 4
"""Other requests that begin in one pass of the event loop: each takes the framework about a millisecond."""


class StatusQuery:
    """Answers signed status queries."""

    def __init__(self, reader: QueryReader, access: Access, *, language: Language, compat: Collection[str]) -> None:
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
        query = _Query(await read_wire_request(request))
        found = await self._reader.find(query.lookup)
        caller = query.caller(found)
        await self._access.count_from_loop(caller)
        return Response(self._reply(query.batch(found, caller)), media_type="application/json")

    def ask(self, arrived: RawRequest, take: Callable[[bytes | None], None]) -> None:
        """Give the reply to one call as soon as the database has told; None: no good one. May raise as `answer`."""
        query = _Query(wire_request(arrived))
        self._reader.ask(query.lookup, partial(self._give, query, take))

    def _give(self, query: _Query, take: Callable[[bytes | None], None], found: FoundBatch | Exception) -> None:
        try:
            content = None if isinstance(found, Exception) else self._good(query, found)
        except Exception:  # noqa: BLE001 - the application meets the same, and answers or logs it
            content = None
        take(content)

    def _good(self, query: _Query, found: FoundBatch) -> bytes | None:
        caller = query.caller(found)
        batch = query.batch(found, caller)
        # At last: a call without a good answer is counted where it gets another one.
        return self._reply(batch) if self._access.count_here(caller) else None

    def _reply(self, batch: BatchStatus) -> bytes:
        return self._replies.reply(batch, now_ms=now_ms())


class PromptStatusQuery:
    """Answers status queries where they come in, when all is well with them."""

    path = PATH.encode()

    def __init__(self, query: StatusQuery, *, on_reply: Callable[[Answered], None]) -> None:
        self._query = query
        self._on_reply = on_reply

    def answer(self, arrived: RawRequest, take: Callable[[bytes | None], None]) -> None:
        """Give header lines and content of a good answer; None, or any exception: there is none."""
        if arrived.method not in _WIRE_METHODS or b"#" in arrived.target or b"\0" in arrived.body:
            take(None)  # the framework has rules of its own for these
        else:
            self._query.ask(arrived, partial(self._give, take, time.perf_counter()))

    def _give(self, take: Callable[[bytes | None], None], started_s: float, content: bytes | None) -> None:
        if content is None:
            take(None)
            return
        request_id = new_request_id().encode()
        self._on_reply(Answered(route=PATH, code=WireCode.SUCCESS, seconds=time.perf_counter() - started_s))
        take(_HEAD % (len(content), request_id, request_id) + content)


_WIRE_METHODS = frozenset(method.encode() for method in METHODS)
_HEAD = b"content-length: %%d\r\ncontent-type: application/json\r\n%b: %%b\r\n%b: %%b\r\n\r\n" % REQUEST_ID_HEADERS


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


class _Query:
    """One call: who is said to have signed it, and what it asks for."""

    def __init__(self, signed: SignedRequest) -> None:
        self._signed = signed
        self._claim = read_claim(signed, now_s=now_s())
        self._fault: ParameterError | None = None
        task_id = trans_no = ""
        try:
            asked = parse_query(parameters_of(signed))
            task_id, trans_no = asked.task_id or "", asked.trans_no or ""
        except ParameterError as error:
            self._fault = error  # who asks must be known before that is told
        self.lookup = Lookup(self._claim.access_key, task_id, trans_no)
        """The key, and in the same visit what an honest caller may see."""

    def caller(self, found: FoundBatch) -> LiveKey:
        """Return the key that signed."""
        key = check_claim(self._claim, self._signed, key=found.key)[0]
        key.require(KeyScope.READ)
        return key

    def batch(self, found: FoundBatch, caller: LiveKey) -> BatchStatus:
        """Return what was asked for, if it is the caller's."""
        if self._fault is not None:
            raise self._fault
        if found.batch is None:
            name = "taskId" if self.lookup.task_id else "transNo"
            raise ParameterError(f"there is no task with this {name}", field=name)
        if found.batch.account_id != caller.account_id:
            raise PermissionDenied("the task belongs to another account", field="taskId")
        return found.batch
