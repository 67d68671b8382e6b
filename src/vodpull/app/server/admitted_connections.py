"""Who is connected: how many in all and from where, and who goes when room is needed."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from vodpull.app.server.connection_limits import CloseReason, Limits
from vodpull.caller_networks import Network, is_in, network_of

EVICTED_SHARE = 20
"""Room is made for this part of all at once, so that a flood of connections does not look through them one by one."""


class Connection(Protocol):
    """What is asked of a connection."""

    @property
    def idle_since_s(self) -> float | None:
        """On the loop's clock; None while a request of it is under way."""
        ...

    def close_as(self, why: CloseReason) -> None:
        """Close it."""
        ...

    def check(self) -> None:
        """Close it if it takes too long."""
        ...


class Connections:
    """Counts and admits them; used by the loop's thread alone, `open` by any."""

    def __init__(
        self, limits: Limits, *, trusted: Iterable[Network] = (), on_refused: Callable[[CloseReason], None]
    ) -> None:
        """Addresses in `trusted` are proxies: many people come from there."""
        self.limits = limits
        self._trusted = tuple(trusted)
        self._on_refused = on_refused
        self._all: dict[Connection, str] = {}
        self._by_network: defaultdict[str, set[Connection]] = defaultdict(set)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._all))

    @property
    def trusted_literals(self) -> list[str]:
        """Return the proxies as text, IPv4 also as it looks on a socket that takes both families."""
        mapped = (f"::ffff:{one.network_address}/{96 + one.prefixlen}" for one in self._trusted if one.version == 4)  # noqa: PLR2004
        return [*map(str, self._trusted), *mapped]

    @property
    def open(self) -> int:
        """How many there are."""
        return len(self._all)

    def refused(self, why: CloseReason) -> None:
        """Count one that was refused or closed."""
        self._on_refused(why)

    def has_room_for(self, address: str) -> bool:
        """Tell whether one more can come from an address; the longest idle ones make room where there is none."""
        network = "" if is_in(address, self._trusted) else network_of(address)
        neighbours = self._by_network[network] if network else set()
        if len(neighbours) >= self.limits.connections_of_address and not self._evict(neighbours):
            self.refused(CloseReason.ADDRESS)
            return False
        if len(self._all) >= self.limits.connections and not self._evict(self._all):
            self.refused(CloseReason.CONNECTIONS)
            return False
        return True

    def add(self, connection: Connection, address: str) -> None:
        """Count one in."""
        network = network_of(address)
        self._all[connection] = network
        if not is_in(address, self._trusted):
            self._by_network[network].add(connection)

    def remove(self, connection: Connection) -> None:
        """Count one out; again is the same."""
        network = self._all.pop(connection, None)
        if network is None:
            return
        self._by_network[network].discard(connection)
        if not self._by_network[network]:
            del self._by_network[network]

    def _evict(self, among: Iterable[Connection]) -> bool:
        """Close those that have been idle for longest; False when nobody is."""
        idle = enumerate((one, one.idle_since_s) for one in among)
        found = [(since_s, number, one) for number, (one, since_s) in idle if since_s is not None]
        for _, _, connection in heapq.nsmallest(max(1, len(found) // EVICTED_SHARE), found):
            self.remove(connection)  # it counts no more, although its end may take a moment
            connection.close_as(CloseReason.EVICTED)
        return bool(found)
