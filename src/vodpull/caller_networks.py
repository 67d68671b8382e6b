"""
Where callers come from, and what counts as one of them. Pure.

Which proxies are trusted says the setting `trusted_proxies`; `app/server/server.py` believes their `X-Forwarded-For`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

CUSTOMER_BITS = 64
"""Of an IPv6 address: one customer gets all addresses that begin with them."""


def network_of(address: str) -> str:
    """Return what limits count by: an IPv4 address, the /64 of an IPv6 one, or the text itself if it is neither."""
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, CUSTOMER_BITS), strict=False))
    return address if found is None else str(found)


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether an address lies in one of the networks."""
    found = _read(address)
    return found is not None and any(found in network for network in networks)


@lru_cache(maxsize=4096)
def _read(address: str) -> IPv4Address | IPv6Address | None:
    """Return an address; an IPv4 one also where a socket of both families spells it as IPv6."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
