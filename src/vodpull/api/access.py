"""Who is calling, and how often: the door of every endpoint that needs a key."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated

from fastapi import Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from vodpull.api.auth import SignedRequest, authenticate, authenticate_bearer
from vodpull.api.exchange import read_signed_request
from vodpull.clock import now_s
from vodpull.errors import RateLimited
from vodpull.jobs.accounts import LiveKey

OWN_PREFIX = "/api/v1/"

BEARER = HTTPBearer(
    scheme_name="accessKey",
    bearerFormat="<accessKey>.<secretKey>",
    description="An access key and its secret; a request signed as for the wire contract is as good.",
    auto_error=False,
)
"""Only for the description of the API: the check is `Access.caller`."""


class Access:
    """Authenticates callers and counts their calls, by access key."""

    def __init__(self, find_key: Callable[[str], LiveKey | None], *, rate_limit: str) -> None:
        """`rate_limit` is in the notation of the library `limits`, for example `300/5 minutes`; empty: no limit."""
        self._find_key = find_key
        self._limit = parse(rate_limit) if rate_limit else None
        self._counter = MovingWindowRateLimiter(MemoryStorage())

    async def admit(self, request: Request) -> tuple[SignedRequest, LiveKey]:
        """
        Return a request with the key that signed it.

        Raises:
            AuthenticationError: no live key signed it.
            RateLimited: this key has made too many calls.
        """
        signed = await read_signed_request(request)
        key = await run_in_threadpool(self._authenticate, signed)
        self._count(key)
        return signed, key

    async def caller(
        self,
        request: Request,
        _: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)] = None,
    ) -> LiveKey:
        """Return the key of a call, as `admit` does; a dependency for endpoints that need nothing else."""
        return (await self.admit(request))[1]

    def _authenticate(self, signed: SignedRequest) -> LiveKey:
        authorization = signed.headers.get("authorization", "")
        if signed.path.startswith(OWN_PREFIX) and authorization[:7].lower() == "bearer ":
            return authenticate_bearer(authorization, keys=self._find_key)
        return authenticate(signed, keys=self._find_key, now_s=now_s())

    def _count(self, key: LiveKey) -> None:
        if self._limit is None or self._counter.hit(self._limit, key.access_key):
            return
        free_at_s = self._counter.get_window_stats(self._limit, key.access_key).reset_time
        wait_s = max(1, math.ceil(free_at_s - now_s()))
        raise RateLimited(f"more than {self._limit} calls with this access key", retry_after_s=wait_s)
