"""Operator credentials reach their origin and nobody else, and are never told."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from tests.origin import Origin

from vodpull.errors import OriginRefused
from vodpull.fetch import AddressGuard, FetchLimits, download, parse_credentials
from vodpull.notify import post


def guard_of(*origins: Origin, keyed: Origin) -> AddressGuard:
    return AddressGuard(
        trusted_origins=[origin.origin for origin in origins],
        credentials=parse_credentials([f"{keyed.origin}=Bearer secret", f"{keyed.origin}=X-Tenant: seven"]),
    )


async def fetch(url: str, folder: Path, *, guard: AddressGuard, limits: FetchLimits) -> None:
    await download(url, folder / "v", guard=guard, limits=limits, on_progress=lambda *_: None)


async def test_their_origin_gets_them(origin: Origin, tmp_path: Path, limits: FetchLimits) -> None:
    await fetch(origin.url("chunked"), tmp_path, guard=guard_of(origin, keyed=origin), limits=limits)
    assert origin.headers[0]["authorization"] == "Bearer secret"
    assert origin.headers[0]["x-tenant"] == "seven"


async def test_a_redirect_to_another_origin_does_not_take_them_along(
    origin: Origin, tmp_path: Path, limits: FetchLimits
) -> None:
    async with Origin() as other:
        guard = guard_of(origin, other, keyed=origin)
        await fetch(origin.url(f"redirect?to={other.url('chunked')}"), tmp_path, guard=guard, limits=limits)
        assert origin.headers[0]["authorization"] == "Bearer secret"
        assert not {"authorization", "x-tenant"} & set(other.headers[0])


async def test_a_redirect_into_their_origin_brings_them_back(
    origin: Origin, tmp_path: Path, limits: FetchLimits
) -> None:
    async with Origin() as other:
        guard = guard_of(origin, other, keyed=other)
        await fetch(origin.url(f"redirect?to={other.url('chunked')}"), tmp_path, guard=guard, limits=limits)
        assert "authorization" not in origin.headers[0]
        assert other.headers[0]["authorization"] == "Bearer secret"


async def test_notifications_do_not_carry_them(origin: Origin) -> None:
    await post(origin.url("redirect?to=x"), "{}", {}, guard=guard_of(origin, keyed=origin))
    assert "authorization" not in origin.headers[0]


async def test_nobody_is_told_of_them(
    origin: Origin, tmp_path: Path, *, limits: FetchLimits, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    guard = guard_of(origin, keyed=origin)
    with pytest.raises(OriginRefused) as caught:
        await fetch(origin.url("status/403"), tmp_path, guard=guard, limits=limits)
    assert "secret" not in f"{caught.value!r} {caught.value} {guard!r} {vars(limits)}" + caplog.text
