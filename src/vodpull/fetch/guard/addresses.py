"""Which network addresses a fetch may connect to: pure rules, no look-ups."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Ranges that the standard library calls global in some Python version although they lead inwards, or nowhere:
# carrier-grade NAT, Azure's wire server, IETF protocol assignments, 6to4 relays, IPv4 inside IPv6 in five notations
# (compatible, SIIT, NAT64 twice, 6to4), discard, Teredo and ORCHID, documentation, SRv6 SIDs, old site-local.
_NEVER_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "::/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)

# Loopback, "this host", link-local, and the addresses at which clouds hand out credentials to whoever asks.
_LOOPBACK = tuple(ip_network(text) for text in ("127.0.0.0/8", "::1/128"))
_METADATA = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "::/128",
        "169.254.0.0/16",
        "fe80::/10",
        "100.100.100.200/32",
        "192.0.0.192/32",
        "168.63.129.16/32",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",
    )
)

# Networks whose last 32 bits are an IPv4 address that a translator may connect to.
_IPV4_IN_LAST_BITS = tuple(IPv6Network(text) for text in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96"))

# A last label of digits, or of 0x and hex digits, makes a host an IPv4 address in every resolver (WHATWG URL, 3.5).
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.IGNORECASE)


def is_public(address: Address) -> bool:
    """Tell whether an address is an ordinary one of the public internet; IPv4 inside IPv6 is judged as IPv4."""
    address = unmapped(address)
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not _within(address, _NEVER_PUBLIC)


def unmapped(address: Address) -> Address:
    """Return the IPv4 address behind `::ffff:a.b.c.d`, any other address as it is."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_never_allowed(address: Address) -> bool:
    """Tell whether no LAN range may open an address: loopback, unspecified, link-local, metadata services."""
    return is_loopback(address) or is_metadata(address)


def is_loopback(address: Address) -> bool:
    """Tell whether an address is this machine, also when written inside an IPv6 address."""
    return _within_any_form(address, _LOOPBACK)


def is_metadata(address: Address) -> bool:
    """Tell whether an address is unspecified, link-local or a metadata service: not even a trusted origin has it."""
    return _within_any_form(address, _METADATA)


def parse_literal(host: str) -> Address | None:
    """
    Return the address that a URL's host spells (decimal, hex, octal and short forms too), None for a name.

    Raises:
        ValueError: the host looks like an address and is none.
    """
    if ":" in host:
        return ip_address(host)
    labels = host.removesuffix(".").split(".")
    if not _NUMERIC_LABEL.fullmatch(labels[-1]):
        return None
    try:
        return IPv4Address(socket.inet_aton(".".join(labels)))
    except OSError as error:
        raise ValueError(host) from error


def _within_any_form(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(_within(form, networks) for form in (address, *_embedded(address)))


def _embedded(address: Address) -> tuple[IPv4Address, ...]:
    if isinstance(address, IPv4Address):
        return ()
    found = [form for form in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if form is not None]
    if address not in _LOOPBACK[1] and _within(address, _IPV4_IN_LAST_BITS):
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(found)


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
