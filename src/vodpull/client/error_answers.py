"""
Which error of the catalogue an outcome is, by the code that the service names.

Why there was no answer at all: `connection_failures.py`.
"""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from vodpull.client.call_retries import retry_after_s
from vodpull.client.exchange import GATEWAY_STATUSES, HttpReply, NoReply, Outcome
from vodpull.errors import (
    AuthenticationError,
    CallFailed,
    FieldFault,
    InternalError,
    ParameterError,
    PermissionDenied,
    RateLimited,
    ServiceUnreachable,
    TransNoRepeated,
    VodpullError,
    catalogue,
)

MAX_MESSAGE_CHARACTERS = 500


def error_of(outcome: Outcome) -> VodpullError | None:
    """Return the error that an outcome is; None for a success."""
    if isinstance(outcome, NoReply):
        why = f"the service cannot be reached: {outcome.reason}"
        return ServiceUnreachable(why, remedy=outcome.remedy, may_pass=outcome.may_pass)
    said = outcome.json()
    if outcome.is_success and not outcome.body:
        return None
    if not isinstance(said, dict | list):
        if outcome.status in GATEWAY_STATUSES:
            return ServiceUnreachable(f"the service is not up: HTTP {outcome.status}")
        return CallFailed(f"HTTP {outcome.status}, but not an answer of a vodpull service")
    code = said.get("code", HTTPStatus.OK) if isinstance(said, dict) else HTTPStatus.OK
    if outcome.is_success and code == HTTPStatus.OK:
        return None
    error = _named(code, said if isinstance(said, dict) else {}, outcome)
    error.request_id = outcome.headers.get("x-ws-requestid")
    return error


def _named(code: object, said: dict[str, Any], reply: HttpReply) -> VodpullError:
    message = _readable(said.get("detail") or said.get("message"))
    kind = _WIRE_ERRORS.get(code) if isinstance(code, int) else _own_errors().get(str(code))
    if kind is None:
        return CallFailed(f"HTTP {reply.status}, code {_readable(code)}: {message}")
    if kind is RateLimited:
        return RateLimited(message, retry_after_s=math.ceil(retry_after_s(reply)))
    error = kind(message, field=said.get("field"), remedy=_readable(said.get("remedy") or ""))
    if isinstance(error, ParameterError):
        error.faults = tuple(
            FieldFault(field=_readable(fault.get("field")), message=_readable(fault.get("message")))
            for fault in said.get("errors") or ()
        )
    return error


_WIRE_ERRORS: dict[int, type[VodpullError]] = {
    401: AuthenticationError,
    429: RateLimited,
    500: InternalError,
    1000: ParameterError,
    1301: PermissionDenied,
    1630: TransNoRepeated,
}
"""By the wire contract's `code` (spec cloud-vod-fetch §3.1)."""


def _own_errors() -> dict[str, type[VodpullError]]:
    return {kind.code: kind for kind in catalogue()}


def _readable(text: object) -> str:
    """Return words of the service as one printable line: they end up at terminals."""
    return "".join(character if character.isprintable() else " " for character in str(text))[:MAX_MESSAGE_CHARACTERS]
