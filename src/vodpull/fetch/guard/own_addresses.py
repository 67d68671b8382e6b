"""Which addresses are this machine's own, as its kernel says."""

from __future__ import annotations

import socket
from functools import cache
from ipaddress import ip_address

from vodpull.fetch.guard.addresses import Address, unmapped

# For documentation (RFC 5737): no machine has it.
_NOBODYS = ip_address("192.0.2.1")


def is_here(address: Address) -> bool:
    """Tell whether an address belongs to an interface of this machine; nothing is sent."""
    return _tells() and _binds(unmapped(address))


@cache
def _tells() -> bool:
    """Tell whether the kernel refuses foreign addresses; some routers and load balancers are set not to."""
    return not _binds(_NOBODYS)


def _binds(address: Address) -> bool:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - of the Internet Protocol
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
