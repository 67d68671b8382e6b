"""
Every query about what has arrived of uploads, and what of it may come again: blocks, and the parts of each.

Call them from a thread, not a loop, and change only what belongs to an upload whose row is locked. A part is one object
in the store, of at most `SPAN_BYTES`, that never reaches over a multiple of that in its block.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.database.row_locks import lock_row
from vodpull.errors import UploadIncomplete, UploadMisplaced
from vodpull.uploads.blocks.block_ctx import BlockPlace
from vodpull.uploads.blocks.vendor_hash import SPAN_BYTES

_BLOCK, _PART = tables.upload_block.c, tables.upload_part.c

_NAMED: dict[str, sa.BindParameter[Any]] = {
    name: sa.bindparam(name) for name in ("upload_id", "series", "number", "at")
}


def _all_of(columns: sa.ColumnCollection[str, sa.Column[Any]], *names: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(columns[name] == _NAMED[name] for name in names))


_OF_BLOCK, _OF_PART = (_all_of(columns, "upload_id", "series", "number") for columns in (_BLOCK, _PART))
_END = _PART.at + _PART.size_bytes

# What each body of an upload asks is built once: that takes several times as long as asking.
_FIND_BLOCK = sa.select(tables.upload_block).where(_OF_BLOCK)
_OTHER_BYTES = sa.select(sa.func.sum(_BLOCK.size_bytes)).where(
    _all_of(_BLOCK, "upload_id", "series"), _BLOCK.number != _NAMED["number"]
)
_FIND_END = sa.select(sa.func.max(_END)).where(_OF_PART)
_SIZE_OF_BODY = sa.select(sa.func.sum(_PART.size_bytes)).where(
    _OF_PART, _PART.body_at == sa.bindparam("body_at"), _PART.body_md5 == sa.bindparam("body_md5")
)
_ENDS_AT = sa.select(_PART.at).where(_OF_PART, _PART.at < _NAMED["at"], _NAMED["at"] == _END)
_DROP = tables.upload_part.delete().where(_OF_PART, _PART.at >= _NAMED["at"]).returning(_PART.key)
_ADD_BLOCK, _ADD_PARTS = tables.upload_block.insert(), tables.upload_part.insert()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One object of a block."""

    at: int
    """In the block."""
    size_bytes: int
    key: str
    body_at: int
    body_md5: str
    """Of the body that it came in: where in the block that began, and its MD5."""
    sha1: str
    """Of its span of the block up to where it ends, 40 hex characters; empty: not known yet."""

    @property
    def end(self) -> int:
        """Where in the block the next part begins."""
        return self.at + self.size_bytes


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block with the parts that have arrived, in their order."""

    number: int
    size_bytes: int
    nonce: str
    parts: tuple[Part, ...]

    @property
    def is_whole(self) -> bool:
        """Return True when no byte is missing."""
        return _run(self.parts) == self.size_bytes


def begin_block(connection: sa.Connection, place: BlockPlace, parts: Sequence[Part]) -> tuple[BlockPlace, list[str]]:
    """
    Begin a block with the parts of its first body; return where the next bytes belong, and objects that nobody needs.

    A block that is there begins anew, unless it began with the same bytes: whoever sends those again goes on.
    """
    end = replace(place, at=_run(parts))
    known = connection.execute(_FIND_BLOCK, _of(place)).first()
    if known is not None and known.size_bytes == place.size_bytes and _has_body(connection, place, parts):
        return replace(end, nonce=known.nonce), [part.key for part in parts]
    begun = replace(end, nonce=secrets.token_hex(8))
    dropped = forget_block(connection, place) if known is not None else []
    _add_block(connection, begun)
    _insert(connection, place, parts)
    return begun, dropped


def go_on(connection: sa.Connection, place: BlockPlace, parts: Sequence[Part]) -> tuple[BlockPlace, list[str]]:
    """
    Add the parts of a body to its block; return where the next bytes belong, and objects that nobody needs.

    What lay behind that place is replaced, unless it is the same bytes.

    Raises:
        UploadMisplaced: the block was begun anew meanwhile, or does not reach so far.
    """
    end = replace(place, at=place.at + sum(part.size_bytes for part in parts))
    known = connection.execute(_FIND_BLOCK, _of(place)).first()
    if known is None or known.nonce != place.nonce:
        raise UploadMisplaced("ctx does not fit")
    if _has_body(connection, place, parts):
        return end, [part.key for part in parts]
    if place.at and not _ends_at(connection, place):
        raise UploadMisplaced("ctx does not fit")
    dropped = _drop(connection, place)
    _insert(connection, place, parts)
    return end, dropped


def append(connection: sa.Connection, place: BlockPlace, parts: Sequence[Part]) -> None:
    """
    Add parts that follow each other to a block that grows by one writer, if it still ends there.

    Raises:
        UploadMisplaced: somebody else has written meanwhile.
    """
    if end_of(connection, place) != parts[0].at:
        raise UploadMisplaced("somebody else has written there meanwhile")
    _insert(connection, place, parts)


def open_block(connection: sa.Connection, place: BlockPlace) -> list[str]:
    """
    Begin a block that grows by `append`, unless it is there; return objects that nobody needs.

    One of another size begins anew.
    """
    known = connection.execute(_FIND_BLOCK, _of(place)).first()
    if known is not None and known.size_bytes == place.size_bytes:
        return []
    dropped = _drop(connection, replace(place, at=0))
    connection.execute(tables.upload_block.delete().where(_OF_BLOCK), _of(place))
    _add_block(connection, place)
    return dropped


def fill_block(connection: sa.Connection, place: BlockPlace, parts: Sequence[Part]) -> None:
    """Add a whole block at once."""
    lock_row(connection, tables.upload.c.upload_id, place.upload_id)
    open_block(connection, place)
    _insert(connection, place, parts)


def forget_block(connection: sa.Connection, place: BlockPlace) -> list[str]:
    """Delete what is known of a block, and return its objects."""
    keys = _drop(connection, replace(place, at=0))
    connection.execute(tables.upload_block.delete().where(_OF_BLOCK), _of(place))
    return keys


def end_of(connection: sa.Connection, place: BlockPlace) -> int:
    """Return how far a block that grows by `append` reaches."""
    return int(connection.scalar(_FIND_END, _of(place)) or 0)


def other_bytes(connection: sa.Connection, place: BlockPlace) -> int:
    """Return how many bytes the other blocks of a series have, whole."""
    return int(connection.scalar(_OTHER_BYTES, _of(place)) or 0)


def read_blocks(connection: sa.Connection, upload_id: str, series: str) -> list[Block]:
    """Return all blocks of a series, in their order."""
    of_block = sa.and_(_BLOCK.upload_id == upload_id, _BLOCK.series == series)
    of_part = sa.and_(_PART.upload_id == upload_id, _PART.series == series)
    rows = connection.execute(sa.select(tables.upload_part).where(of_part).order_by(_PART.number, _PART.at)).mappings()
    parts = {
        number: tuple(Part(**{name: row[name] for name in Part.__dataclass_fields__}) for row in some)
        for number, some in groupby(rows, key=lambda row: row["number"])
    }
    blocks = connection.execute(sa.select(tables.upload_block).where(of_block).order_by(_BLOCK.number)).mappings()
    return [
        Block(
            number=row["number"], size_bytes=row["size_bytes"], nonce=row["nonce"], parts=parts.get(row["number"], ())
        )
        for row in blocks
    ]


def largest_series(connection: sa.Connection, upload_id: str) -> str:
    """Return the series of which most has arrived."""
    size = sa.func.sum(_PART.size_bytes).desc()
    query = sa.select(_PART.series).where(_PART.upload_id == upload_id).group_by(_PART.series).order_by(size)
    return connection.scalar(query.limit(1)) or ""


def beginning(blocks: Sequence[Block]) -> list[Part]:
    """Return the parts of a file from its first byte on, up to the first gap."""
    found: list[Part] = []
    for number, block in enumerate(blocks):
        if block.number != number:
            break
        run = _run(block.parts)
        found += (part for part in block.parts if part.end <= run)
        if run != block.size_bytes:
            break
    return found


def read_span(connection: sa.Connection, place: BlockPlace) -> list[Part]:
    """Return the parts of the span that ends at a place, as far as they have arrived."""
    start = (place.at - 1) // SPAN_BYTES * SPAN_BYTES
    some = sa.and_(_OF_PART, _PART.at >= start, _PART.at < place.at)
    rows = connection.execute(sa.select(tables.upload_part).where(some).order_by(_PART.at), _of(place)).mappings()
    return [Part(**{name: row[name] for name in Part.__dataclass_fields__}) for row in rows]


def note_sha1(connection: sa.Connection, key: str, sha1: str) -> None:
    """Keep the digest of a span with the part that ends it."""
    connection.execute(tables.upload_part.update().where(_PART.key == key).values(sha1=sha1))


def ordered(blocks: Sequence[Block], *, size_bytes: int) -> list[Part]:
    """
    Return the parts of a file, its first bytes first.

    Raises:
        UploadIncomplete: they do not make up a file of this size.
    """
    numbers = [block.number for block in blocks]
    whole = numbers == list(range(len(numbers))) and all(block.is_whole for block in blocks)
    if not whole or sum(block.size_bytes for block in blocks) != size_bytes:
        raise UploadIncomplete("blocks do not make up the file")
    return [part for block in blocks for part in block.parts]


def forget_parts(connection: sa.Connection, upload_id: str, *, but_series: str | None = None) -> list[str]:
    """Delete what is known of the parts of an upload, those of one series apart, and return their objects."""
    of_part, of_block = _PART.upload_id == upload_id, _BLOCK.upload_id == upload_id
    if but_series is not None:
        of_part, of_block = sa.and_(of_part, _PART.series != but_series), sa.and_(of_block, _BLOCK.series != but_series)
    keys = list(connection.scalars(tables.upload_part.delete().where(of_part).returning(_PART.key)))
    connection.execute(tables.upload_block.delete().where(of_block))
    return keys


def known_keys(connection: sa.Connection, keys: Collection[str]) -> set[str]:
    """Return those of these objects that are parts of an upload."""
    return set(connection.scalars(sa.select(_PART.key).where(_PART.key.in_(keys))))


def arrived_bytes(connection: sa.Connection, account_id: str) -> int:
    """Return how many bytes of an account's unfinished uploads have arrived."""
    sizes = sa.select(sa.func.sum(_PART.size_bytes)).join(tables.upload, tables.upload.c.upload_id == _PART.upload_id)
    return int(connection.scalar(sizes.where(tables.upload.c.account_id == account_id)) or 0)


def _run(parts: Sequence[Part]) -> int:
    """Return how far parts reach without a gap."""
    end = 0
    for part in parts:
        if part.at != end:
            break
        end = part.end
    return end


def _of(place: BlockPlace) -> dict[str, Any]:
    return {"upload_id": place.upload_id, "series": place.series, "number": place.number}


def _has_body(connection: sa.Connection, place: BlockPlace, parts: Sequence[Part]) -> bool:
    """Tell whether the same bytes have come to the same place before."""
    if not parts:
        return False
    same = {"body_at": parts[0].body_at, "body_md5": parts[0].body_md5}
    size = connection.scalar(_SIZE_OF_BODY, _of(place) | same)
    return int(size or 0) == sum(part.size_bytes for part in parts)


def _ends_at(connection: sa.Connection, place: BlockPlace) -> bool:
    return connection.execute(_ENDS_AT, _of(place) | {"at": place.at}).first() is not None


def _drop(connection: sa.Connection, place: BlockPlace) -> list[str]:
    """Delete what lies from a place on, and return its objects."""
    return list(connection.scalars(_DROP, _of(place) | {"at": place.at}))


def _add_block(connection: sa.Connection, place: BlockPlace) -> None:
    connection.execute(_ADD_BLOCK, _of(place) | {"size_bytes": place.size_bytes, "nonce": place.nonce})


def _insert(connection: sa.Connection, place: BlockPlace, parts: Sequence[Part]) -> None:
    if parts:
        connection.execute(_ADD_PARTS, [_of(place) | asdict(part) for part in parts])
