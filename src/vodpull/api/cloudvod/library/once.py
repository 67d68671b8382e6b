"""What begins work: one signature begins it once, and whoever repeats the request gets the first answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from vodpull.errors import RequestRepeated
from vodpull.jobs.status.status import compact_json
from vodpull.jobs.submission.idempotency import first_answer, forget, note_answer, signed_fingerprint


class Once:
    """Remembers what was carried out, in one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def carry_out(self, identity: str, act: Callable[[], Any]) -> Any:
        """
        Return what `act` returns, or what the first request of this identity got from it.

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
        note_answer(self._engine, request, compact_json(answer).decode())
        return answer


def _read(earlier: str) -> Any:
    if not earlier:
        raise RequestRepeated("this signed request is being carried out")
    return json.loads(earlier)
