"""What a call of the wire contract is, and what stands around each: who calls, refusals, and the envelope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from inspect import isawaitable
from typing import Any, Literal

import structlog
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from vodpull.accounts.access_keys import LiveKey
from vodpull.accounts.scopes import Scope
from vodpull.api.cloudvod.library.refusals import Refused, Rules, as_problem, refusal_of
from vodpull.api.cloudvod.library.reply_time_zone import reply_zone
from vodpull.api.cloudvod.parameters import Parameters, parameters_of
from vodpull.api.http.context import ApiContext
from vodpull.api.http.error_replies import WireCode, error_body, message_of
from vodpull.api.http.keys.audit_lines import note_of, subject_of
from vodpull.api.http.keys.signatures import SignatureProof
from vodpull.api.http.reply_counts import note_wire_code
from vodpull.errors import PermissionDenied, VodpullError
from vodpull.request_signing import SignedRequest
from vodpull.videos.file_urls import FileUrls

log = structlog.get_logger(__name__)

NO_RESULT = ""
"""`data` of calls that have none to tell (spec cloud-vod-videos §1.4)."""

Form = Literal["data", "bare", "no data"]
"""Of an answer: in the envelope, alone, or the envelope alone."""


@dataclass(frozen=True, kw_only=True)
class WireCaller:
    """Who calls, and how files and times are written for them."""

    key: LiveKey
    request: str
    """64 hex characters, those of every request that this signature fits."""
    urls: FileUrls
    zone: tzinfo

    @property
    def account_id(self) -> str:
        """The account whose things they may see."""
        return self.key.account_id

    def check_owners(self, names: Sequence[str], *, own_name: str) -> None:
        """
        Make sure that only the caller's own things are asked for.

        Raises:
            PermissionDenied: `createUser` names another account.
        """
        if names and set(names) != {own_name}:
            raise PermissionDenied("createUser names another account", field="createUser")


@dataclass(frozen=True, kw_only=True)
class WireCall:
    """One call."""

    path: str
    act: Callable[[Parameters, WireCaller], Any]
    """Returns what is answered, or an awaitable of that for work that takes long. Runs in a thread."""
    summary: str
    rules: Rules
    """What it answers to errors."""
    form: Form = "data"


class CallDispatcher:
    """Answers calls."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    async def answer(self, call: WireCall, request: Request) -> Response:
        """
        Return the reply to one call.

        Raises:
            VodpullError: what every call answers alike.
        """
        language = self._context.language
        act = partial(self._act, call, request)
        try:
            found = await self._context.access.answer(request, act)
            answer = await found if isawaitable(found) else found
        except (Refused, VodpullError) as error:
            refusal = error.refusal if isinstance(error, Refused) else refusal_of(error, call.rules)
            if refusal is None:
                raise
            log.info("wire call refused", path=call.path, reason=str(error))
            problem = as_problem(refusal, language)
            note_wire_code(request, problem.code)
            note_of(request).outcome = str(problem.code)
            return JSONResponse(error_body(problem), status_code=problem.http_status)
        if call.form == "bare":
            return JSONResponse(answer)
        data = {"data": answer} if call.form == "data" else {}
        return JSONResponse(
            {"code": int(WireCode.SUCCESS)} | data | {"message": message_of(WireCode.SUCCESS, language=language)}
        )

    def _act(self, call: WireCall, request: Request, signed: SignedRequest, proof: SignatureProof) -> Any:  # noqa: PLR0917
        urls = self._context.urls.on(self._context.public_url or str(request.base_url))
        parameters = parameters_of(signed)
        note_of(request).subject = subject_of(parameters)
        caller = WireCaller(
            key=proof.key,
            request=proof.identity,
            urls=urls if Scope.PLAYBACK in proof.key.scopes else urls.without_tokens(),
            zone=reply_zone(signed, own=self._context.wire_zone),
        )
        return call.act(parameters, caller)
