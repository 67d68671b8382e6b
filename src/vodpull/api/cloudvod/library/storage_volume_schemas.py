"""The shapes of the call about what is stored, for the OpenAPI document; `storage_volume.py` does the work."""

from __future__ import annotations

from pydantic import BaseModel

from vodpull.api.cloudvod.schemas import Shapes, WireParameters, WireReply


class WireStorageVolumeParameters(WireParameters):
    """Parameters of getStorageVolume."""

    dateFrom: str = ""
    """`yyyy-MM-dd`; both days or none, at most 61 days apart."""
    dateTo: str = ""
    """`yyyy-MM-dd`; a later day counts as today."""
    isDetails: int = 0
    """1: with every day."""


class WireStorageDay(BaseModel):
    """The peak of one day."""

    date: str
    storageVolume: float
    """MiB."""


class WireStorageVolume(BaseModel):
    """What was stored at most."""

    peakValue: float
    """GiB."""
    details: list[WireStorageDay]


class WireStorageVolumeReply(WireReply):
    """Reply of getStorageVolume."""

    data: WireStorageVolume | None = None


STORAGE_VOLUME_SHAPES: dict[str, Shapes] = {
    "/vod/statisticalAnalysis/getStorageVolume": (WireStorageVolumeParameters, WireStorageVolumeReply),
}
"""By path."""
