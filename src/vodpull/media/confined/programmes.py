"""
Which streams of an MPEG transport stream belong together; a part of the confined children probe.py and clock_jumps.py.

Only the standard library. Source: ISO/IEC 13818-1, 2.4.4 (program association and program map tables).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

# Tables come several times a second; of one that is larger, what is read tells enough.
PROBED_BYTES, HEAD_BYTES = 4096, 8 << 20
# Plain, as cameras and discs write it with a time before each packet, and with error correction behind each.
PACKET_BYTES = (188, 192, 204)
SYNC = 0x47
# So many packets in a row are no coincidence.
SYNCED_PACKETS = 5
ASSOCIATION, MAP = 0, 2


def programmes(file: BinaryIO) -> list[set[int]]:
    """
    Return the packet identifiers of the streams of each programme, in the order in which a file names them.

    Of what is no transport stream, hardly anything is read, and nothing returned.
    """
    tables = Tables()
    for packet in _packets(file):
        tables.add(packet)
    return list(tables.streams.values())


def of_one_programme(streams: Sequence[Any], known: Sequence[set[int]]) -> list[Any]:
    """
    Return the streams that are shown together, of those that can be decoded.

    Of several programmes, the first one with picture and sound counts, or else with a picture, or with sound. Streams
    of none stay.
    """
    every = set[int]().union(*known)
    playable = [[stream for stream in streams if stream.id in programme] for programme in known]
    best = max(playable, key=_worth, default=[])
    return [stream for stream in streams if stream in best or stream.id not in every]


def _worth(streams: Sequence[Any]) -> tuple[bool, bool]:
    kinds = {stream.type for stream in streams}
    return "video" in kinds, "audio" in kinds


def _packets(file: BinaryIO) -> Iterator[bytes]:
    """Yield the packets from where the first one begins; none of what is no transport stream."""
    begun = _read(file, PROBED_BYTES)
    for size in PACKET_BYTES:
        for first in range(size):
            if begun[first : first + size * SYNCED_PACKETS : size] == bytes([SYNC]) * SYNCED_PACKETS:
                head = begun + _read(file, HEAD_BYTES)
                places = range(first, len(head) - PACKET_BYTES[0] + 1, size)
                yield from (head[at : at + PACKET_BYTES[0]] for at in places)
                return


def _read(file: BinaryIO, length: int) -> bytes:
    pieces = []
    while length and (piece := file.read(length)):
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


class Tables:
    """The tables of a transport stream, put together from its packets."""

    def __init__(self) -> None:
        self.streams: dict[int, set[int]] = {}
        """By the number of the programme; only those that the first table names are there at the same time."""
        self._maps: dict[int, set[int]] = {}
        """The programmes whose maps a packet identifier carries."""
        self._sections: dict[int, bytearray] = {}

    def add(self, packet: bytes) -> None:
        """Take one packet of 188 bytes."""
        identifier = int.from_bytes(packet[1:3], "big") & 0x1FFF
        is_table = identifier in self._maps or (identifier == 0 and not self._maps)
        if packet[0] != SYNC or not is_table or not packet[3] & 0x10:
            return
        payload = packet[5 + packet[4] :] if packet[3] & 0x20 else packet[4:]
        if packet[1] & 0x40 and payload:
            # A byte tells where the next section begins.
            self._continue(identifier, payload[1 : 1 + payload[0]])
            self._sections[identifier] = bytearray()
            payload = payload[1 + payload[0] :]
        self._continue(identifier, payload)

    def _continue(self, identifier: int, content: bytes) -> None:
        section = self._sections.get(identifier)
        if section is None:
            return
        section += content
        while len(section) >= 3 and section[0] != 0xFF:  # noqa: PLR2004 - a header; the rest is stuffing
            length = 3 + (int.from_bytes(section[1:3], "big") & 0xFFF)
            if len(section) < length:
                return
            self._read(identifier, bytes(section[:length]))
            del section[:length]

    def _read(self, identifier: int, section: bytes) -> None:
        # Behind a header of eight bytes; four of a checksum come last.
        number, body = int.from_bytes(section[3:5], "big"), section[8:-4]
        if section[0] == ASSOCIATION and identifier == 0:
            for at in range(0, len(body) - 3, 4):
                programme, carrier = (int.from_bytes(body[each : each + 2], "big") for each in (at, at + 2))
                # 0 names the network.
                if programme:
                    self.streams.setdefault(programme, set())
                    self._maps.setdefault(carrier & 0x1FFF, set()).add(programme)
        elif section[0] == MAP and number in self._maps.get(identifier, ()):
            self.streams[number] |= set(_mapped(body))


def _mapped(body: bytes) -> Iterator[int]:
    """Yield the packet identifiers of the streams of a programme."""
    at = 4 + (int.from_bytes(body[2:4], "big") & 0xFFF)
    while at + 5 <= len(body):
        yield int.from_bytes(body[at + 1 : at + 3], "big") & 0x1FFF
        at += 5 + (int.from_bytes(body[at + 3 : at + 5], "big") & 0xFFF)
