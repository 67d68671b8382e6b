"""What counts as one caller."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from vodpull.caller_networks import is_in, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_an_address_counts_as_what_one_customer_gets(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("address", "network", "expected"),
    [
        ("192.0.2.9", "192.0.2.0/24", True),
        ("::ffff:192.0.2.9", "192.0.2.0/24", True),
        ("192.0.3.9", "192.0.2.0/24", False),
        ("2001:db8::1", "2001:db8::/32", True),
        ("2001:db8::1", "192.0.2.0/24", False),
        ("nginx", "192.0.2.0/24", False),
    ],
)
def test_a_proxy_is_found_in_its_range_however_it_is_spelt(address: str, network: str, *, expected: bool) -> None:
    assert is_in(address, [ip_network(network)]) is expected
