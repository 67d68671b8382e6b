"""
Reply bodies of pullVideo and pullVideoQuery. Errors: `api/http/error_replies.py`. Pure.

The envelope of all other calls: `library/call_dispatch.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from vodpull.api.http.error_replies import WireCode, message_of
from vodpull.api.http.translation import Language
from vodpull.jobs.model import Batch
from vodpull.jobs.status.status_data import BatchStatus
from vodpull.wire_values import compact_json

TIMESTAMP_AS_STRING = "timestamp-string"
"""Compatibility switch for clients that declare `timestamp` as text (spec cloud-vod-fetch §7 row 2)."""

REMEMBERED_TEXTS = 4096
"""Ids as JSON: at most 32 characters each."""


def pull_reply(batch: Batch, *, language: Language = "zh") -> dict[str, Any]:
    """Return the answer to an accepted `pullVideo`; both spellings of the business id, as clients look for either."""
    data = {"taskId": batch.batch_id, "tranNo": batch.trans_no, "transNo": batch.trans_no}
    return _success(data, language)


class QueryReplies:
    """Writes answers to `pullVideoQuery`: around items that are bytes already, only what differs is written."""

    def __init__(self, *, compat: Collection[str] = (), language: Language = "zh") -> None:
        timestamp = b'"%d"' if TIMESTAMP_AS_STRING in compat else b"%d"
        message = compact_json(message_of(WireCode.SUCCESS, language=language)).replace(b"%", b"%%")
        self._frame = (
            b'{"code":200,"data":{"items":[%b],"status":%d,"taskId":%b,"timestamp":'
            + timestamp
            + b',"transNo":%b},"message":'
            + message
            + b"}"
        )

    def reply(self, batch: BatchStatus, *, now_ms: int) -> bytes:
        """Return the whole JSON body; `now_ms` is the time of the reply (spec cloud-vod-fetch §5)."""
        ids = _json(batch.batch_id), _json(batch.trans_no)
        return self._frame % (b",".join(batch.items), batch.status, ids[0], now_ms, ids[1])


@lru_cache(maxsize=REMEMBERED_TEXTS)
def _json(text: str) -> bytes:
    return compact_json(text)


def _success(data: dict[str, Any], language: Language) -> dict[str, Any]:
    return {"code": int(WireCode.SUCCESS), "data": data, "message": message_of(WireCode.SUCCESS, language=language)}
