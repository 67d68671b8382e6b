"""What a store of objects can do. Every implementation passes the same contract suite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vodpull.errors import ObjectMissing
from vodpull.storage.object_headers import ObjectHeaders


@dataclass(frozen=True, kw_only=True)
class ObjectInfo:
    """What a store knows of one object."""

    size_bytes: int
    etag: str
    """Changes whenever the bytes do; without quotes."""
    modified_s: float
    """Unix time."""
    headers: ObjectHeaders
    """To serve it with."""


@dataclass(frozen=True, kw_only=True)
class ListedObject:
    """One object as a listing shows it."""

    key: str
    size_bytes: int
    modified_s: float
    """Unix time."""


class ObjectStore(Protocol):
    """
    Bytes by key. All methods may be called from any event loop and may run twice.

    Errors: `StorageUnavailable` and `StorageFull` may pass by themselves; `ObjectMissing` and other `StorageError`s do
    not.
    """

    async def put_file(self, key: str, path: Path) -> None:
        """
        Store a file under a key, whole or not at all; an object of that key is replaced. Durable on return.

        Stores that can keep headers with an object are given those of its key.
        """

    async def adopt_file(self, key: str, path: Path) -> None:
        """
        Store a file that nobody writes into any more, as `put_file` does.

        Where both lie on one disk they are one file from then on, so that its bytes are not written again.
        """

    async def put_bytes(self, key: str, data: bytes | bytearray | memoryview) -> None:
        """Store a small object, as `put_file` does; what lies behind a view may change after that."""

    async def put_stream(self, key: str, blocks: AsyncIterator[bytes], *, size_bytes: int) -> None:
        """Store what comes block by block, so many bytes in all, as `put_file` does."""

    async def get_file(self, key: str, path: Path) -> None:
        """Write an object to a local file, whole or not at all."""

    async def head(self, key: str) -> ObjectInfo:
        """Return what is known of an object without reading it."""

    async def get_bytes(self, key: str) -> bytes:
        """Return a small object whole."""

    def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to, not including, `end`."""

    async def list_keys(self, prefix: str) -> list[str]:
        """Return every key below a prefix, sorted."""

    def list_pages(self, prefix: str) -> AsyncIterator[list[ListedObject]]:
        """Yield every object below a prefix, up to about a thousand at a time, in any order."""

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there counts as removed."""

    async def delete_all(self, keys: Sequence[str]) -> None:
        """Remove many objects, as `delete` does."""

    async def delete_below(self, prefix: str) -> int:
        """Remove everything below a prefix and return how many objects that were."""


async def exists(objects: ObjectStore, key: str) -> bool:
    """Return True for a key that the store has an object of."""
    try:
        await objects.head(key)
    except ObjectMissing:
        return False
    return True


class UnfinishedUploads(Protocol):
    """The uploads to a store that were begun and never ended."""

    async def drop_parts(self, *, before_s: float) -> int:
        """
        Remove what uploads that never ended left before a Unix time, and return how many.

        On S3 it needs the extra `s3`; Google and Azure have rules of their own for that (docs/operations.md).
        """
