"""No connection to a refused address: by literal, by name, by redirect, by rebinding, as seen at the sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import pytest
from tests.origin import Canary, Origin

from vodpull.errors import ConnectFailed, UrlForbidden, VodpullError
from vodpull.fetch import AddressGuard, FetchLimits, download

PUBLIC = "93.184.215.14"
NAME = "media.example"

LITERALS = [
    "127.0.0.1",
    "127.8.8.8",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "0",
    "0.0.0.0",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "localhost",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
]

REFUSED = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "0.0.0.0",
    "224.0.0.1",
    "198.18.0.1",
    "::1",
    "fe80::1%lo",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


class Names:
    """A name server of one name that answers as told, the last answer for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def lookup(self, host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        assert host == NAME
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    async with Canary() as running:
        yield running


async def fetch(url: str, guard: AddressGuard, folder: Path, limits: FetchLimits) -> None:
    await download(url, folder / "v", guard=guard, limits=limits, on_progress=lambda *_: None)


@pytest.mark.parametrize("host", LITERALS)
async def test_no_spelling_of_this_machine_is_connected(
    canary: Canary, connects: list[str], *, host: str, tmp_path: Path, limits: FetchLimits
) -> None:
    guard = AddressGuard(trusted_origins=(), allow_networks=(), ports=[canary.port])
    with pytest.raises(VodpullError):
        await fetch(f"http://{host}:{canary.port}/", guard, tmp_path, limits)
    assert (canary.connects, connects) == (0, [])


@pytest.mark.parametrize("host", [*LITERALS, "10.0.0.1", "169.254.169.254", "metadata.google.internal"])
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_to_a_refused_host_ends_at_that_hop(
    origin: Origin, canary: Canary, *, connects: list[str], host: str, code: int, tmp_path: Path, limits: FetchLimits
) -> None:
    guard = AddressGuard(trusted_origins=[origin.origin], allow_networks=(), ports=[canary.port])
    with pytest.raises(VodpullError):
        await fetch(origin.url(f"redirect?code={code}&to=http://{host}:{canary.port}/"), guard, tmp_path, limits)
    assert (canary.connects, connects) == (0, ["127.0.0.1"])
    assert origin.requests["/redirect"] == 1


@pytest.mark.parametrize("address", REFUSED)
@pytest.mark.parametrize("others", [[], [PUBLIC]])
async def test_a_name_with_any_refused_address_is_refused_whole(
    address: str, others: list[str], *, connects: list[str], tmp_path: Path, limits: FetchLimits
) -> None:
    for answer in ([address, *others], [*others, address]):
        guard = AddressGuard(trusted_origins=(), allow_networks=(), lookup=Names(answer).lookup)
        with pytest.raises(UrlForbidden, match=NAME):
            await fetch(f"http://{NAME}/", guard, tmp_path, limits)
    assert connects == []


async def test_a_name_that_is_bound_again_never_reaches_its_second_address(
    canary: Canary, connects: list[str], *, tmp_path: Path, limits: FetchLimits
) -> None:
    names = Names([PUBLIC], ["127.0.0.1"])
    guard = AddressGuard(trusted_origins=(), allow_networks=(), ports=[canary.port], lookup=names.lookup)
    with pytest.raises(UrlForbidden):  # the second try, after the first found nobody at the public address
        await fetch(f"http://{NAME}:{canary.port}/", guard, tmp_path, limits)
    assert (canary.connects, connects, names.asked) == (0, [PUBLIC], 2)


async def test_a_connection_goes_to_the_address_that_was_checked(
    connects: list[str], tmp_path: Path, limits: FetchLimits
) -> None:
    names = Names(["2606:4700::1111", PUBLIC])
    guard = AddressGuard(trusted_origins=(), allow_networks=(), lookup=names.lookup)
    with pytest.raises(ConnectFailed):
        await fetch(f"https://{NAME}/", guard, tmp_path, limits)
    assert set(connects) == {"2606:4700::1111", PUBLIC}
    assert names.asked == limits.attempts


async def test_a_trusted_name_may_be_this_machine_but_never_a_metadata_service(
    origin: Origin, connects: list[str], *, tmp_path: Path, limits: FetchLimits
) -> None:
    url = f"http://{NAME}:{origin.port}"
    names = Names(["127.0.0.1"])
    await fetch(f"{url}/chunked", AddressGuard(trusted_origins=[url], lookup=names.lookup), tmp_path, limits)
    assert connects == ["127.0.0.1"]
    for address in ("169.254.169.254", "fe80::1", "100.100.100.200", "0.0.0.0"):
        names = Names(["127.0.0.1", address])
        with pytest.raises(UrlForbidden):
            await fetch(f"{url}/chunked", AddressGuard(trusted_origins=[url], lookup=names.lookup), tmp_path, limits)
    assert connects == ["127.0.0.1"]


async def test_a_lan_range_is_connected_and_loopback_stays_refused(
    connects: list[str], tmp_path: Path, limits: FetchLimits
) -> None:
    networks = ["192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"]
    names = Names(["192.168.7.7"])
    with pytest.raises(ConnectFailed):
        await fetch(f"http://{NAME}/", AddressGuard(allow_networks=networks, lookup=names.lookup), tmp_path, limits)
    assert set(connects) == {"192.168.7.7"}
    for address in ("127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"):
        guard = AddressGuard(allow_networks=networks, lookup=Names([address]).lookup)
        with pytest.raises(UrlForbidden):
            await fetch(f"http://{NAME}/", guard, tmp_path, limits)
    assert set(connects) == {"192.168.7.7"}


async def test_a_session_serves_its_own_origin_only(origin: Origin, canary: Canary, guard: AddressGuard) -> None:
    url = guard.check_url(origin.url("chunked"))
    async with guard.session(url, timeout=aiohttp.ClientTimeout(total=5)) as session:
        async with session.post(origin.url("x"), data=b"x", allow_redirects=False) as response:
            assert response.status == 405
        for elsewhere in (f"http://127.0.0.1:{canary.port}/", f"http://localhost:{origin.port}/", "http://10.0.0.1/"):
            with pytest.raises(UrlForbidden):
                await session.get(elsewhere)
        with pytest.raises(UrlForbidden):
            await session.get(origin.url(f"redirect?to=http://127.0.0.1:{canary.port}/"))
    assert canary.connects == 0
