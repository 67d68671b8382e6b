"""
Calls that begin work: one request begins it once, and whoever repeats it gets the first answer.

What makes two requests the same one, and for how long, is decided in `jobs/submission/remembered_requests.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from vodpull.errors import RequestRepeated
from vodpull.jobs.submission.remembered_requests import Fingerprint, first_answer, forget, note_answer
from vodpull.wire_values import compact_json


class Once:
    """Remembers what was carried out, in one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def carry_out(self, act: Callable[[], Any], *known_by: Fingerprint) -> Any:
        """
        Return what `act` returns, or what the first request with one of these fingerprints got from it.

        What was refused was not carried out: sent again, it is judged again. Without a fingerprint every request is the
        first.

        Raises:
            KeyReused: the first one asked for something else.
            RequestRepeated: it is still being carried out, or nobody knows how it ended.
        """
        earlier = first_answer(self._engine, known_by)
        if earlier is not None:
            return _read(earlier)
        try:
            answer = act()
        except Exception:
            forget(self._engine, known_by)
            raise
        note_answer(self._engine, known_by, compact_json(answer).decode())
        return answer


def _read(earlier: str) -> Any:
    if not earlier:
        raise RequestRepeated("this request is being carried out")
    return json.loads(earlier)
