"""Calls that change something: one signature carries one out once, and whoever repeats it gets the first answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

import sqlalchemy as sa

from vodpull.errors import RequestRepeated
from vodpull.jobs.idempotency import Fingerprint, first_answer, forget, note_answer, signed_fingerprint
from vodpull.jobs.status import compact_json


class Once:
    """Remembers what was carried out, in one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def carry_out(self, identity: str, act: Callable[[], Any]) -> Any:
        """
        Return what `act` returns, awaitable or not, or what the first request of this identity got from it.

        What was refused was not carried out: sent again, it is judged again.

        Raises:
            RequestRepeated: the first one is still being carried out, or nobody knows how it ended.
        """
        request = signed_fingerprint(identity)
        earlier = first_answer(self._engine, request)
        if earlier is not None:
            return _read(earlier)
        try:
            answer = act()
        except Exception:
            forget(self._engine, request)
            raise
        return self._later(request, answer) if isawaitable(answer) else self._noted(request, answer)

    async def _later(self, request: Fingerprint, coming: Awaitable[Any]) -> Any:
        try:
            answer = await coming
        except Exception:
            await asyncio.to_thread(forget, self._engine, request)
            raise
        return await asyncio.to_thread(self._noted, request, answer)

    def _noted(self, request: Fingerprint, answer: Any) -> Any:
        note_answer(self._engine, request, compact_json(answer).decode())
        return answer


def _read(earlier: str) -> Any:
    if not earlier:
        raise RequestRepeated("this signed request is being carried out")
    return json.loads(earlier)
