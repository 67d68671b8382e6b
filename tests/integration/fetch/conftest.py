"""An origin that the guard trusts, quick limits, and a record of every connection that is tried."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.origin import Origin

from vodpull.fetch import AddressGuard, FetchLimits

_recorders: list[list[str]] = []


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not _recorders:
        return
    host = str(args[1][0]) if isinstance(args[1], tuple) else "unix"
    for recorder in _recorders:
        recorder.append(host)
    if host not in {"127.0.0.1", "::1", "unix"}:
        raise ConnectionRefusedError("tests leave this machine alone")


sys.addaudithook(_audit)  # for good, as Python has it; it does nothing unless `connects` is in use


@pytest.fixture
def connects() -> Iterator[list[str]]:
    """Record the address of every connect; those to other machines fail before a packet leaves."""
    recorder: list[str] = []
    _recorders.append(recorder)
    yield recorder
    _recorders.remove(recorder)


@pytest.fixture
async def origin() -> AsyncIterator[Origin]:
    async with Origin() as running:
        yield running


@pytest.fixture
def guard(origin: Origin) -> AddressGuard:
    return AddressGuard(trusted_origins=[origin.origin], allow_networks=())


@pytest.fixture
def limits() -> FetchLimits:
    """Return limits under which a misbehaving origin is given up soon."""
    return FetchLimits(
        max_bytes=10_000_000,
        connect_timeout_s=5,
        first_byte_timeout_s=5,
        stall_timeout_s=5,
        attempts=3,
        retry_initial_s=0.01,
        retry_max_s=0.05,
        retry_after_max_s=0.1,
    )
