"""
What a client is told about a batch: the `data` object of status replies and notifications, as plain values.

What the numbers mean says `jobs/states_and_codes.py`; `store/final_statuses.py` and `store/next_attempt.py` set
them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from vodpull.jobs.model import Asset, BatchView, StoredFile
from vodpull.jobs.states_and_codes import WireStatus
from vodpull.wire_values import compact_json, half_up, whole_seconds

BATCH_RUNNING = 1
"""Value of `status` while any item shows a 1 (spec cloud-vod-fetch §5.2)."""
BATCH_COMPLETED = 2
"""Value of `status` afterwards, also when every item failed: the contract has no failure value."""


class ItemState(Protocol):
    """What an item shows of its job."""

    @property
    def file_name(self) -> str:
        """As the client named it."""

    @property
    def source_url(self) -> str:
        """As requested."""

    @property
    def md5(self) -> str:
        """As the client wrote it."""

    @property
    def pull_status(self) -> WireStatus:
        """Of the fetch."""

    @property
    def cmd_status(self) -> WireStatus:
        """Of the command."""

    @property
    def asset(self) -> Asset | None:
        """What is kept, as soon as there is something."""


@dataclass(frozen=True, kw_only=True)
class BatchStatus:
    """Where a batch is, ready to be sent."""

    batch_id: str
    account_id: str
    trans_no: str
    status: int
    """Value of `status`."""
    items: tuple[bytes, ...]
    """JSON of each element of `items`, in request order."""


def status_of(view: BatchView) -> BatchStatus:
    """Return where a batch is, ready to be sent."""
    return BatchStatus(
        batch_id=view.batch.batch_id,
        account_id=view.batch.account_id,
        trans_no=view.batch.trans_no,
        status=batch_status(view.jobs),
        items=tuple(compact_json(item_data(job)) for job in view.jobs),
    )


def query_data(
    view: BatchView, *, now_ms: int, timestamp_as_string: bool = False, only_item: int | None = None
) -> dict[str, Any]:
    """
    Return the `data` object that tells where a batch is, members in alphabetical order.

    `only_item` keeps the one job at that position; `status` still speaks of the whole batch. `now_ms` is the time of
    the reply; `timestamp_as_string` is for clients that declare `timestamp` as text. Pure.

    Source: spec cloud-vod-fetch §5.
    """
    shown = view.jobs if only_item is None else tuple(job for job in view.jobs if job.position == only_item)
    return {
        "items": [item_data(job) for job in shown],
        "status": batch_status(view.jobs),
        "taskId": view.batch.batch_id,
        "timestamp": str(now_ms) if timestamp_as_string else now_ms,
        "transNo": view.batch.trans_no,
    }


def notification_body(
    view: BatchView, *, now_ms: int, item: int | None = None, timestamp_as_string: bool = False
) -> str:
    """
    Return the text that is posted to the notify URL: url-safe base64 of the compact UTF-8 JSON of `query_data`.

    `item` is the position of the job for a notification per video (`separate`), None for one of the whole batch.
    """
    data = query_data(view, now_ms=now_ms, timestamp_as_string=timestamp_as_string, only_item=item)
    return base64.urlsafe_b64encode(compact_json(data)).decode("ascii")


def batch_status(items: Iterable[ItemState]) -> int:
    """Return `status` of a batch with these items."""
    running = any(WireStatus.RUNNING in (item.pull_status, item.cmd_status) for item in items)
    return BATCH_RUNNING if running else BATCH_COMPLETED


def item_data(job: ItemState) -> dict[str, Any]:
    """Return one element of `items`."""
    item: dict[str, Any] = {
        "cmdStatus": int(job.cmd_status),
        "fetchUrl": job.source_url,
        "fileName": job.file_name,
        "md5": job.md5,
        "pullStatus": int(job.pull_status),
    }
    if job.asset is not None and job.pull_status is WireStatus.SUCCEEDED:  # else it is what an earlier attempt stored
        item["videoInfo"] = _video_info(job.asset)
    return item


def _video_info(asset: Asset) -> dict[str, Any]:
    files = sorted(asset.files, key=lambda file: (file.clarity, file.server_type))
    return {
        "duration": whole_seconds(asset.duration_s),
        "videoFileList": [_file(file) for file in files],
        "videoId": asset.video_id,
    }


def _file(file: StoredFile) -> dict[str, Any]:
    return {
        "bitrate": half_up(file.bitrate_bps / 1000),  # kbit/s on the wire
        "clarity": int(file.clarity),
        "fileSize": file.size_bytes,
        "fileUrl": file.key.lstrip("/"),
        "resolution": f"{file.width_px}:{file.height_px}",
        "serverType": int(file.server_type),
    }
