"""One address of every range that must not be connected to."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from vodpull.fetch.guard.addresses import is_never_allowed, is_public, parse_literal

REFUSED = [
    "127.0.0.1",
    "127.8.8.8",
    "::1",
    "0.0.0.0",
    "0.1.2.3",
    "::",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "100.64.0.1",
    "100.127.255.254",
    "100.100.100.200",
    "169.254.169.254",
    "169.254.170.2",
    "192.0.0.192",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2001::1",
    "2001:0:7f00:1::",
    "224.0.0.1",
    "239.255.255.250",
    "ff02::1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "198.18.0.1",
    "192.88.99.1",
    "192.0.0.8",
    "2001:db8::1",
    "2001:20::1",
    "3fff::1",
    "5f00::1",
    "100::1",
    "4000::1",
]

NEVER = [
    "127.0.0.1",
    "127.255.255.255",
    "::1",
    "0.0.0.0",
    "::",
    "169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
]


@pytest.mark.parametrize("text", REFUSED)
def test_inner_and_special_ranges_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450::8a", "::ffff:8.8.8.8"])
def test_ordinary_addresses_are_public(text: str) -> None:
    assert is_public(ip_address(text))
    assert not is_never_allowed(ip_address(text))


@pytest.mark.parametrize("text", NEVER)
def test_no_lan_range_may_open_loopback_link_local_or_metadata(text: str) -> None:
    assert is_never_allowed(ip_address(text))


@pytest.mark.parametrize("text", ["10.0.0.1", "192.168.1.1", "fd12:3456::1", "100.64.0.1", "100.100.100.199"])
def test_a_lan_range_may_open_private_addresses(text: str) -> None:
    assert not is_never_allowed(ip_address(text))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "017700000001", "127.0.0.1."]
)
def test_every_spelling_of_an_address_is_recognised(host: str) -> None:
    assert parse_literal(host) == ip_address("127.0.0.1")


@pytest.mark.parametrize("host", ["example.com", "1.example", "127.0.0.1.example.com", "0x7g", "a1"])
def test_names_are_not_addresses(host: str) -> None:
    assert parse_literal(host) is None


@pytest.mark.parametrize("host", ["1.2.3.4.5", "256.1.1.1", "example.1", "4294967296", "::g", "1:2:3"])
def test_broken_addresses_are_errors(host: str) -> None:
    with pytest.raises(ValueError):
        parse_literal(host)
