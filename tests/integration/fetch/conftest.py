"""An origin that the guard trusts, quick limits, and a record of every connection that is tried."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.origin import Origin

from vodpull.fetch import AddressGuard, FetchLimits


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the address of every connect; those to other machines fail before a packet leaves.

    Not by an audit hook: Python keeps one for good, and with one in place threads that start at the same moment
    under coverage fall over each other in `sys.settrace`.
    """
    recorder: list[str] = []
    plain = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        host = str(address[0]) if isinstance(address, tuple) else "unix"
        recorder.append(host)
        if host not in {"127.0.0.1", "::1", "unix"}:
            raise ConnectionRefusedError("tests leave this machine alone")
        plain(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return recorder


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


def ignore(_received: int, _announced: int | None) -> None:
    """Nobody wants to know."""


def md5_of(content: bytes) -> str:
    """Return the MD5 as clients write it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
