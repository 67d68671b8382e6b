"""Who may connect, and who goes first when room is needed."""

from __future__ import annotations

import subprocess
import sys
from ipaddress import ip_network

import pytest

from vodpull.app.server.admitted_connections import Connections
from vodpull.app.server.connection_limits import CloseReason, Limits, connection_limit


class Peer:
    def __init__(self, idle_since_s: float | None) -> None:
        self.idle_since_s = idle_since_s
        self.closed_as: CloseReason | None = None

    def close_as(self, why: CloseReason) -> None:
        self.closed_as = why

    def check(self) -> None: ...


def connections(refused: list[CloseReason], *trusted: str) -> Connections:
    return Connections(Limits(connections=8), trusted=map(ip_network, trusted), on_refused=refused.append)


def connect(to: Connections, address: str, *, idle_since_s: float | None = None) -> Peer | None:
    if not to.has_room_for(address):
        return None
    peer = Peer(idle_since_s)
    to.add(peer, address)
    return peer


@pytest.mark.parametrize("addresses", [["192.0.2.1"] * 3, ["2001:db8::1", "2001:db8::2", "2001:db8::3:4"]])
def test_one_address_gets_a_quarter(addresses: list[str]) -> None:
    refused: list[CloseReason] = []
    door = connections(refused)
    peers = [connect(door, address) for address in addresses]
    assert [peer is not None for peer in peers] == [True, True, False]
    assert refused == [CloseReason.ADDRESS]
    assert connect(door, "198.51.100.7") is not None


def test_a_trusted_proxy_gets_all_but_no_more() -> None:
    refused: list[CloseReason] = []
    door = connections(refused, "192.0.2.0/24")
    assert sum(connect(door, "::ffff:192.0.2.1") is not None for _ in range(9)) == 8
    assert refused == [CloseReason.CONNECTIONS]


def test_the_longest_idle_makes_room_and_no_request_under_way_does() -> None:
    refused: list[CloseReason] = []
    door = connections(refused)
    busy = [connect(door, f"192.0.2.{number}") for number in range(5)]
    older, old, young = (
        connect(door, "198.51.100.7", idle_since_s=1),
        *(connect(door, f"203.0.113.{since_s}", idle_since_s=since_s) for since_s in (2, 3)),
    )
    assert connect(door, "198.51.100.8") is not None
    assert older is not None
    assert older.closed_as is CloseReason.EVICTED
    assert not any(peer and peer.closed_as for peer in (*busy, old, young))
    assert door.open == 8


def test_the_idle_of_one_address_make_room_for_itself_alone() -> None:
    refused: list[CloseReason] = []
    door = connections(refused)
    other = connect(door, "198.51.100.7", idle_since_s=1)
    first, _, _ = (connect(door, "192.0.2.1", idle_since_s=since_s) for since_s in (2, 3, 4))
    assert first is not None
    assert other is not None
    assert (first.closed_as, other.closed_as) == (CloseReason.EVICTED, None)


def test_who_left_counts_no_more() -> None:
    door = connections([])
    peer = connect(door, "192.0.2.1")
    assert peer is not None
    door.remove(peer)
    door.remove(peer)
    assert door.open == 0
    assert all(connect(door, "192.0.2.1") for _ in range(2))


def test_the_table_of_descriptors_has_room_before_connections_come() -> None:
    """Told by a process of its own: the table of this one may have grown already, and never shrinks."""
    size = "next(line for line in open('/proc/self/status') if line.startswith('FDSize')).split()[1]"
    program = f"""
from vodpull.app.server.connection_limits import Limits
before = int({size})
Limits.of_process(connections=600, fetch_slots=8)
print(before, {size})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert before < 1024 <= after


@pytest.mark.parametrize(
    ("wanted", "descriptors", "expected"), [(1000, 65536, 1000), (1000, 1024, 320), (1000, 256, 16), (20, 65536, 20)]
)
def test_connections_leave_descriptors_to_work_under_way(wanted: int, descriptors: int, expected: int) -> None:
    assert connection_limit(wanted, descriptors=descriptors, fetch_slots=8) == expected
