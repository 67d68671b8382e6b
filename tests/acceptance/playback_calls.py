"""Calls about playback, and what is behind its URLs."""

from __future__ import annotations

from typing import Any

from tests.services.vodpull import Vodpull
from tests.waiting import until

WITHIN_S = 10.0
"""A change holds everywhere after this."""


def wait_for_status(service: Vodpull, path: str, status: int) -> None:
    until(lambda: service.get(path).status_code == status, within_s=WITHIN_S, told=lambda: (path, status))


def playback(service: Vodpull, video_id: str, **terms: Any) -> dict[str, Any]:
    found: dict[str, Any] = service.api("GET", f"/videos/{video_id}/playback", params=terms).json()
    return found


def named(service: Vodpull, base: str, key: str) -> list[str]:
    """Return the keys of all that a playlist leads to, itself included."""
    reply = service.get(f"{base}/{key}")
    assert reply.status_code == 200, key
    keys, folder = [key], key.rpartition("/")[0]
    if key.endswith(".m3u8"):
        lines = [line for line in reply.text.splitlines() if line]
        uris = [line for line in lines if not line.startswith("#")]
        uris += [line.partition('URI="')[2].partition('"')[0] for line in lines if 'URI="' in line]
        for uri in dict.fromkeys(uris):
            keys += named(service, base, f"{folder}/{uri}")
    return keys
