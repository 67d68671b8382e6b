"""
Calls and their outcomes as values, without a network. When a call is sent again: `call_retries.py`.

An operation is a generator (`Flow`) that yields calls, is sent their outcomes, and returns the result. Both clients
run the same flows; only how they send a call differs.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

OWN_PREFIX = "/api/v1"


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

GATEWAY_STATUSES = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
"""What a proxy answers while the service behind it starts."""
