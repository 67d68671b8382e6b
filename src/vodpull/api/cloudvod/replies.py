"""Reply bodies of the wire contract: the envelope around what was asked. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from vodpull.api.http.messages import Language
from vodpull.api.http.problems import WireCode, message_of
from vodpull.jobs.model import Batch, BatchView
from vodpull.jobs.status import query_data

TIMESTAMP_AS_STRING = "timestamp-string"
"""Compatibility switch for clients that declare `timestamp` as text (spec cloud-vod-fetch §7 row 2)."""


def pull_reply(batch: Batch, *, language: Language = "zh") -> dict[str, Any]:
    """Return the answer to an accepted `pullVideo`; both spellings of the business id, as clients look for either."""
    data = {"taskId": batch.batch_id, "tranNo": batch.trans_no, "transNo": batch.trans_no}
    return _success(data, language)


def query_reply(
    view: BatchView, *, now_ms: int, compat: Collection[str] = (), language: Language = "zh"
) -> dict[str, Any]:
    """Return the answer to `pullVideoQuery`; `now_ms` is the time of the reply."""
    data = query_data(view, now_ms=now_ms, timestamp_as_string=TIMESTAMP_AS_STRING in compat)
    return _success(data, language)


def _success(data: dict[str, Any], language: Language) -> dict[str, Any]:
    return {"code": int(WireCode.SUCCESS), "data": data, "message": message_of(WireCode.SUCCESS, language=language)}
