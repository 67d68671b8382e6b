"""Mutations of a whole file, each made again from its number. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable

# Numbers at which lengths and counts turn over.
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(whole: bytes, number: int, *, lure: bytes) -> bytes:
    """
    Return one mutation of a file; the same number gives the same one.

    `lure` is the name of a file outside of the sandbox, which some mutations point to.
    """
    chance = random.Random(number)
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 2, 4))):
        chance.choice(KINDS)(data, chance)
        if not data:
            return whole[: number % len(whole)]
    if chance.random() < 0.05:
        at = _place(data, chance)
        data[at : at + len(lure)] = lure
    return bytes(data)


def _place(data: bytearray, chance: random.Random) -> int:
    """Return a place, half of the time near the beginning or the end, where headers are."""
    whole, near = len(data), min(len(data), 1024)
    return chance.choice((chance.randrange(whole), chance.randrange(near), whole - 1 - chance.randrange(near)))


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 2, 8, 64))):
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _noise(data: bytearray, chance: random.Random) -> None:
    at, length = _place(data, chance), chance.choice((1, 4, 16, 256))
    data[at : at + length] = chance.randbytes(len(data[at : at + length]))


def _edge(data: bytearray, chance: random.Random) -> None:
    at, width = _place(data, chance), chance.choice((1, 2, 4, 8))
    value = chance.choice(EDGES) & ((1 << 8 * width) - 1)
    data[at : at + width] = value.to_bytes(width, chance.choice(("big", "little")))[: len(data[at : at + width])]


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[_place(data, chance) + 1 :]


def _remove(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    del data[at : at + chance.choice((1, 4, 32, 512))]


def _repeat(data: bytearray, chance: random.Random) -> None:
    at, length = _place(data, chance), chance.choice((4, 32, 512))
    data[at:at] = data[at : at + length]


def _move(data: bytearray, chance: random.Random) -> None:
    at, length = _place(data, chance), chance.choice((4, 32, 512))
    piece = data[at : at + length]
    to = _place(data, chance)
    data[to : to + length] = piece


KINDS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip,
    _flip,
    _noise,
    _edge,
    _edge,
    _cut,
    _remove,
    _repeat,
    _move,
)
