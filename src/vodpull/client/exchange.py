"""
Calls and their outcomes without a network: what to send, when to send it again, and which error an answer is.

An operation is a generator (`Flow`) that yields calls, is sent their outcomes, and returns the result. Both clients
run the same flows; only how they send a call differs.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, TypeAlias, TypeVar

from vodpull.clock import now_s
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
from vodpull.signing import SigningKey, sign
from vodpull.wire_values import read_retry_after_s

T = TypeVar("T")

OWN_PREFIX = "/api/v1"

FIRST_DELAY_S = 0.5
MAX_DELAY_S = 8.0
"""Waits before a call is sent again: doubled each time, up to the second."""

MAX_MESSAGE_CHARACTERS = 500


@dataclass(frozen=True, kw_only=True)
class HttpCall:
    """One HTTP request to the service."""

    method: str
    target: str
    """Path and query, encoded."""
    body: Any = None
    """JSON value, or a file as bytes; None: no body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    may_repeat: bool = False
    """Sent twice it does what it does once."""
    delay_s: float = 0.0
    """Wait before it is sent."""
    tried: int = 0
    waited_s: float = 0.0
    """Spent so far on waiting to send it again."""

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body, ensure_ascii=False).encode()

    @property
    def content_type(self) -> str:
        """What the body says that it is."""
        if "Content-Type" in self.headers:
            return self.headers["Content-Type"]
        return "application/octet-stream" if isinstance(self.body, bytes) else "application/json"


@dataclass(frozen=True, kw_only=True)
class HttpReply:
    """An answer of the service."""

    status: int
    headers: Mapping[str, str]
    """Found in any letter case."""
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Return True for a 2xx status."""
        return self.status // 100 == 2  # noqa: PLR2004 - the class of status codes that mean success

    def json(self) -> Any:
        """Return the body as a JSON value; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, kw_only=True)
class NoReply:
    """The service was not reached, or broke off."""

    reason: str
    remedy: str = ""
    """What to do, where that is known."""
    may_pass: bool = True
    """It may help to try again."""


Outcome: TypeAlias = HttpReply | NoReply
Flow: TypeAlias = Generator[HttpCall, Outcome, T]


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the service is and who calls it."""

    server: str
    """Base URL."""
    key: SigningKey

    def headers(self, call: HttpCall, content: bytes) -> dict[str, str]:
        """
        Return the headers of a call, credentials included.

        The secret itself crosses encrypted connections only, as a bearer token; elsewhere the call is signed.
        """
        if call.target.startswith(OWN_PREFIX) and self.server.startswith("https://"):
            token = f"{self.key.access_key}.{self.key.secret}"
            own = {"Authorization": f"Bearer {token}", "Content-Type": call.content_type, "Accept": "application/json"}
        else:
            # A signed call of our own API is carried out once: two of one second must not look alike.
            nonce = secrets.token_hex(8) if call.target.startswith(OWN_PREFIX) and call.method != "GET" else ""
            key = replace(self.key, nonce=nonce)
            url = self.server + call.target
            own = sign(call.method, url, content, key=key, now_s=now_s(), content_type=call.content_type)
        return {**own, **call.headers}


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a call that may pass by itself is tried again."""

    total_s: float

    def again(self, call: HttpCall, outcome: Outcome) -> HttpCall | None:
        """Return the call to send next, or None when this outcome is the last one."""
        if not _may_pass(call, outcome):
            return None
        delay_s = _retry_after_s(outcome) or min(FIRST_DELAY_S * 2**call.tried, MAX_DELAY_S)
        waited_s = call.waited_s + delay_s
        if waited_s > self.total_s:
            return None
        return replace(call, delay_s=delay_s, tried=call.tried + 1, waited_s=waited_s)


def _may_pass(call: HttpCall, outcome: Outcome) -> bool:
    if isinstance(outcome, NoReply):
        return call.may_repeat and outcome.may_pass
    if outcome.status == HTTPStatus.TOO_MANY_REQUESTS:  # refused before anything was done
        return True
    return call.may_repeat and outcome.status in _GATEWAY


_GATEWAY = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
"""What a proxy answers while the service behind it starts."""


def _retry_after_s(outcome: Outcome) -> float:
    """Return `Retry-After` in seconds (RFC 9110 §10.2.3); 0 without one that can be read."""
    text = outcome.headers.get("retry-after", "") if isinstance(outcome, HttpReply) else ""
    return read_retry_after_s(text) or 0.0


def ask(call: HttpCall) -> Flow[Any]:
    """
    Return the JSON value that a call is answered with; None when the answer has no body.

    Raises:
        VodpullError: the class of the catalogue that the service names, or that the silence is.
    """
    outcome = yield call
    error = error_of(outcome)
    if error is not None:
        raise error
    return outcome.json() if isinstance(outcome, HttpReply) and outcome.body else None


def ask_file(call: HttpCall, content_type: str) -> Flow[bytes]:
    """
    Return the file of this type that a call is answered with.

    Raises:
        VodpullError: as `ask`.
    """
    outcome = yield call
    if isinstance(outcome, HttpReply) and outcome.is_success:
        told = outcome.headers.get("content-type", "")
        if told.partition(";")[0] == content_type:
            return outcome.body
    raise error_of(outcome) or CallFailed(f"the service answered with something else than {content_type}")


def error_of(outcome: Outcome) -> VodpullError | None:
    """Return the error that an outcome is; None for a success."""
    if isinstance(outcome, NoReply):
        why = f"the service cannot be reached: {outcome.reason}"
        return ServiceUnreachable(why, remedy=outcome.remedy, may_pass=outcome.may_pass)
    said = outcome.json()
    if outcome.is_success and not outcome.body:
        return None
    if not isinstance(said, dict | list):
        if outcome.status in _GATEWAY:
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
        return RateLimited(message, retry_after_s=math.ceil(_retry_after_s(reply)))
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
