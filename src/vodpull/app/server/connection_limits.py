"""What connections may use. Pure, but for the calls that prepare the process."""

from __future__ import annotations

import fcntl
import os
import resource
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

import structlog

KEPT_DESCRIPTORS = 256
"""For databases, files and children of the service itself."""
DESCRIPTORS_OF_FETCH = 16
"""Connections and files of one download."""
DESCRIPTORS_OF_CONNECTION = 2
"""Its own, and that of the file that it reads."""

WANTED_DESCRIPTORS = 65536

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one connection may use, and how many may be open."""

    connections: int = 1000
    """Open at once."""
    header_bytes: int = 64 * 1024
    """Names and values of all header lines and trailers of a request."""
    header_lines: int = 100
    """Header lines and trailers of a request."""
    target_bytes: int = 64 * 1024
    """Path and query of a request; `pullVideo` may come as GET with its items in the query."""
    chunk_overhead_bytes: int = 64 * 1024
    """What a chunked body may have around its content (chunk sizes and extensions), and eight times its content."""
    pipelined: int = 16
    """Requests that may wait for the reply to an earlier one."""
    idle_s: float = 10.0
    """For the first byte of a request on a new connection."""
    head_s: float = 15.0
    """For the whole head of a request."""
    body_s: float = 20.0
    """For a body, and as much again as it takes at `body_bytes_per_s`."""
    body_bytes_per_s: float = 16 * 1024
    linger_s: float = 5.0
    """For the rest of a body that was answered before it had come, and for the peer to take a last reply."""
    write_s: float = 30.0
    """Without the peer taking a byte of a reply."""
    check_every_s: float = 1.0
    """How often connections are looked at, whether they take too long."""
    keep_alive_s: int = 5
    """From a reply to the next request."""

    @classmethod
    def of_process(cls, *, connections: int, fetch_slots: int) -> Self:
        """Return limits that fit this process, whose own limit of descriptors is raised as far as it is allowed."""
        descriptors = raise_descriptor_limit()
        limit = connection_limit(connections, descriptors=descriptors, fetch_slots=fetch_slots)
        if limit < connections:
            log.warning("descriptors are scarce: fewer connections than VODPULL_MAX_CONNECTIONS", connections=limit)
        make_room_for_descriptors(min(descriptors, KEPT_DESCRIPTORS + DESCRIPTORS_OF_CONNECTION * limit))
        return cls(connections=limit)

    @property
    def connections_of_address(self) -> int:
        """Of them from one address, or one /64 of IPv6; trusted proxies are not counted."""
        return max(1, self.connections // 4)


class CloseReason(StrEnum):
    """Why a connection was closed: a closed list, for counting."""

    ADDRESS = "address"
    """Too many from there."""
    BODY_TIMEOUT = "body_timeout"
    CHUNKS = "chunks"
    CONNECTIONS = "connections"
    """Too many in all."""
    EVICTED = "evicted"
    """Idle for longer than the others when room was needed."""
    HEADERS = "headers"
    HEAD_TIMEOUT = "head_timeout"
    MALFORMED = "malformed"
    PIPELINED = "pipelined"
    TARGET = "target"
    WRITE_TIMEOUT = "write_timeout"


def connection_limit(wanted: int, *, descriptors: int, fetch_slots: int) -> int:
    """Return how many connections can be open, so that work under way never runs out of descriptors."""
    free = descriptors - KEPT_DESCRIPTORS - DESCRIPTORS_OF_FETCH * fetch_slots
    return max(16, min(wanted, free // DESCRIPTORS_OF_CONNECTION))


def raise_descriptor_limit() -> int:
    """Raise this process's limit of descriptors as far as it is allowed, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, WANTED_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return WANTED_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft


def make_room_for_descriptors(count: int) -> None:
    """
    Let the process's table of descriptors have room for so many, fewer than its limit.

    It grows by itself at 64, 128 and so on; but a process with several threads waits for all processors of the machine
    then, and every connection with it: for a tenth of a second and more beside encoders.
    """
    with Path(os.devnull).open() as file:
        os.close(fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, count - 1))
