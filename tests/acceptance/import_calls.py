"""Calls about imports, and what they answer."""

from __future__ import annotations

from typing import Any

from tests.services.vodpull import Vodpull
from tests.waiting import until


def wait_for(service: Vodpull, import_id: str, *states: str, within_s: float = 120) -> dict[str, Any]:
    def found() -> dict[str, Any]:
        shown: dict[str, Any] = service.api("GET", f"/imports/{import_id}").json()
        return shown

    return until(
        found, holds=lambda shown: shown["state"] in states, within_s=within_s, told=lambda: service.log()[-3000:]
    )


def order(service: Vodpull, import_id: str, word: str, **body: object) -> dict[str, Any]:
    reply = service.api("POST", f"/imports/{import_id}/{word}", json=body)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def counted(found: dict[str, Any]) -> dict[str, int]:
    return {state: tally["entries"] for state, tally in found["counts"].items() if tally["entries"]}
