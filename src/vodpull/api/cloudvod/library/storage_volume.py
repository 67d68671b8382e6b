"""The call that tells how much an account stored at most, day by day, and which days it may ask for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from vodpull.api.cloudvod.library.call_dispatch import WireCall, WireCaller
from vodpull.api.cloudvod.parameters import Parameters, flag_of, text_of
from vodpull.api.http.context import ApiContext
from vodpull.errors import ParameterError
from vodpull.videos import storage_peaks

MIB, GIB = 2**20, 2**30

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class VolumeRequest:
    """Of which days `getStorageVolume` tells."""

    first: date
    last: date
    has_details: bool


class StorageVolumeCalls:
    """Carries out `getStorageVolume`."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def all(self) -> Sequence[WireCall]:
        """Return the calls."""
        return (
            WireCall(
                path="/vod/statisticalAnalysis/getStorageVolume",
                act=self._volume,
                rules={},
                summary="Tell how much was stored at most, day by day.",
            ),
        )

    def _volume(self, parameters: Parameters, caller: WireCaller) -> dict[str, Any]:
        asked = parse_volume(parameters, today=self._context.storage_days.today())
        peaks = self._context.storage_days.peaks(caller.account_id, first=asked.first, last=asked.last)
        details = [{"date": day.isoformat(), "storageVolume": round(peak / MIB, 2)} for day, peak in peaks.items()]
        return {
            "peakValue": round(max(peaks.values()) / GIB, 2),
            "details": details if asked.has_details else [],
        }


def parse_volume(parameters: Parameters, *, today: date) -> VolumeRequest:
    """
    Return of which days `getStorageVolume` tells (spec cloud-vod-videos §10).

    Raises:
        ParameterError: one day only, or days that are no period of up to 61 days before today's end.
    """
    first, last = _date(parameters, "dateFrom"), _date(parameters, "dateTo")
    has_details = flag_of(parameters, "isDetails", default=False)
    if first is None and last is None:
        return VolumeRequest(first=today, last=today, has_details=has_details)
    if first is None or last is None:
        missing = "dateFrom" if first is None else "dateTo"
        raise ParameterError(f"{missing} is missing: give both days or none", field=missing)
    if first > today:
        raise ParameterError("dateFrom is after today", field="dateFrom")
    last = min(last, today)
    if last < first or last - first > storage_peaks.MAX_REACH:
        raise ParameterError(f"dateTo is not 0 to {storage_peaks.MAX_REACH.days} days after dateFrom", field="dateTo")
    return VolumeRequest(first=first, last=last, has_details=has_details)


def _date(parameters: Parameters, name: str) -> date | None:
    text = text_of(parameters.get(name), name).strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text if _DATE.fullmatch(text) else "")
    except ValueError as error:
        raise ParameterError(f"{name} is not a day of the form yyyy-MM-dd", field=name) from error
