"""The kernel knows the addresses of this machine."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from vodpull.errors import ConfigurationError, UrlForbidden
from vodpull.fetch import AddressGuard
from vodpull.fetch.guard import own_addresses
from vodpull.fetch.guard.addresses import Address

HERE = ip_address("93.184.216.34")


@pytest.fixture
def public_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that this machine has a public address."""

    def binds(address: Address) -> bool:
        return address == HERE

    monkeypatch.setattr(own_addresses, "_binds", binds)
    monkeypatch.setattr(own_addresses, "_tells", lambda: True)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1"])
def test_loopback_is_here(text: str) -> None:
    assert own_addresses.is_here(ip_address(text))


@pytest.mark.parametrize("text", ["192.0.2.1", "8.8.8.8", "2001:4860:4860::8888"])
def test_others_are_elsewhere(text: str) -> None:
    assert not own_addresses.is_here(ip_address(text))


def test_where_the_kernel_takes_any_address_it_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_addresses, "_binds", lambda _address: True)
    monkeypatch.setattr(own_addresses, "_tells", own_addresses._tells.__wrapped__)
    assert not own_addresses.is_here(HERE)


@pytest.mark.usefixtures("public_machine")
def test_an_own_public_address_is_refused_unless_trusted() -> None:
    url = f"http://{HERE}/v.mp4"
    guard = AddressGuard(allow_networks=["93.184.216.0/24"])
    with pytest.raises(UrlForbidden):
        guard.check_url(url)
    assert guard.check_url("http://93.184.216.35/v.mp4")
    assert AddressGuard(trusted_origins=[f"http://{HERE}"]).check_url(url)


@pytest.mark.parametrize(
    "url", ["https://vod.example.com/v", "http://VOD.example.com./v", "https://vod.example.com:443"]
)
def test_an_own_public_name_is_refused_unless_trusted(url: str) -> None:
    with pytest.raises(UrlForbidden, match="itself"):
        AddressGuard(own_url="https://vod.example.com/base").check_url(url)
    assert AddressGuard(own_url="https://vod.example.com").check_url("https://www.vod.example.com/")
    trusting = AddressGuard(own_url="https://vod.example.com", trusted_origins=["https://vod.example.com"])
    assert trusting.check_url("https://vod.example.com/v")


def test_a_public_url_that_is_none_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="VODPULL_PUBLIC_URL"):
        AddressGuard(own_url="vod.example.com")
