"""Every refused address by every route, for sources and for notifications: nobody at the other end hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from tests.origin import Canary, Origin

from vodpull.errors import FetchError, VodpullError
from vodpull.fetch import AddressGuard, FetchLimits, download
from vodpull.notify import post

PUBLIC = "93.184.215.14"
NAME = "media.example"

ADDRESSES = [
    *("127.0.0.1", "127.0.0.2", "127.8.8.8", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.254"),
    *("172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.254", "100.64.0.1", "100.127.255.254"),
    *("169.254.169.254", "169.254.170.2", "169.254.0.1", "100.100.100.200", "192.0.0.192", "192.0.0.8"),
    *("168.63.129.16", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.254", "192.88.99.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "::ffff:0:127.0.0.1", "::ffff:10.0.0.1"),
    *("::ffff:169.254.169.254", "::ffff:0.0.0.0", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808"),
    *("64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:808:808::1", "2001::1", "2001:0:7f00:1::"),
    *("2001:20::1", "2001:db8::1", "3fff::1", "5f00::1", "100::1", "fc00::1", "fd12:3456::1", "fd00:ec2::254"),
    *("fd20:ce::254", "fe80::1", "fec0::1", "ff02::1", "ff0e::1", "4000::1"),
]

# Spellings that lead to one of those in some resolver or parser, and names that do.
SPELLINGS = [
    *("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "0x7f.1", "127.0.0.1.", "①②⑦.⓪.⓪.①", "127。0。0。1"),
    *("localhost", "LOCALHOST.", "a.localhost", "ip6-localhost", "metadata.google.internal", "metadata.goog"),
    *("[fe80::1%25lo]", "[::ffff:7f00:0001]", "[0:0:0:0:0:0:0:1]", "user@127.0.0.1", "8.8.8.8@127.0.0.1"),
]

Send = Callable[[AddressGuard, str], Awaitable[None]]


class Names:
    """A name server of one name: one answer at first, then another for ever."""

    def __init__(self, first: str, then: str) -> None:
        self.first, self.then, self.asked = first, then, 0

    async def lookup(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        return [self.first if self.asked == 1 else self.then]


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    async with Canary() as running:
        yield running


@pytest.fixture(params=["fetch", "notify"])
def send(request: pytest.FixtureRequest, tmp_path: Path, limits: FetchLimits) -> Send:
    """Return what asks a URL, and raises a FetchError or an AssertionError if it did not fail."""
    quick = replace(limits, attempts=2, retry_initial_s=0, connect_timeout_s=2)

    async def fetch(guard: AddressGuard, url: str) -> None:
        with pytest.raises(VodpullError):
            await download(url, tmp_path / "v", guard=guard, limits=quick, on_progress=lambda *_: None)

    async def notify(guard: AddressGuard, url: str) -> None:
        for _ in range(quick.attempts):
            assert (await post(url, "{}", {}, guard=guard)).status != 200

    return fetch if request.param == "fetch" else notify


def host_of(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def test_the_campaign_is_large_enough() -> None:
    assert len({ip_address(address) for address in ADDRESSES}) >= 60


async def test_directly(send: Send, canary: Canary, connects: list[str]) -> None:
    guard = AddressGuard(ports=[canary.port])
    for host in [*map(host_of, ADDRESSES), *SPELLINGS]:
        await send(guard, f"http://{host}:{canary.port}/v.mp4")
    assert (canary.connects, connects) == (0, [])


async def test_by_a_name(send: Send, canary: Canary, connects: list[str]) -> None:
    for address in ADDRESSES:
        guard = AddressGuard(ports=[canary.port], lookup=Names(address, address).lookup)
        await send(guard, f"http://{NAME}:{canary.port}/v.mp4")
    assert (canary.connects, connects) == (0, [])


async def test_by_a_redirect(send: Send, canary: Canary, origin: Origin, connects: list[str]) -> None:
    guard = AddressGuard(trusted_origins=[origin.origin], ports=[canary.port])
    hosts = [*map(host_of, ADDRESSES), *SPELLINGS]
    for host in hosts:
        await send(guard, origin.url(f"redirect?to=http://{host}:{canary.port}/"))
    assert canary.connects == 0
    assert set(connects) == {"127.0.0.1"}
    assert len(connects) == origin.requests["/redirect"] >= len(hosts)


async def test_by_a_name_that_is_bound_again(send: Send, canary: Canary, connects: list[str]) -> None:
    for address in ADDRESSES:
        names = Names(PUBLIC, address)
        guard = AddressGuard(ports=[canary.port], lookup=names.lookup)
        await send(guard, f"http://{NAME}:{canary.port}/v.mp4")
        assert names.asked == 2
    assert canary.connects == 0
    assert connects == [PUBLIC] * len(ADDRESSES)


async def test_a_lan_range_that_holds_everything_opens_none_of_the_worst(
    send: Send, canary: Canary, connects: list[str]
) -> None:
    guard = AddressGuard(ports=[canary.port], allow_networks=["0.0.0.0/0", "::/0"])
    worst = [address for address in ADDRESSES if address.startswith(("127.", "0.", "169.254.", "::", "fe80"))]
    for address in worst:
        await send(guard, f"http://{host_of(address)}:{canary.port}/")
    assert (canary.connects, [host for host in connects if host in worst]) == (0, [])


def test_a_refusal_is_told_before_anything_is_sent() -> None:
    for address in ADDRESSES:
        with pytest.raises(FetchError):
            AddressGuard().check_url(f"http://{host_of(address)}/")
