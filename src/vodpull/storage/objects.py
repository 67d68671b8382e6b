"""Objects in S3, a folder or memory, all through obstore."""

from __future__ import annotations

import asyncio
import errno
import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, MemoryStore, S3Store

from vodpull.errors import ConfigurationError, ObjectMissing, StorageError, StorageFull, StorageUnavailable
from vodpull.storage.base import ListedObject, ObjectInfo

_READ_BLOCK_BYTES = 1024 * 1024
"""Size of the pieces that `read` yields: large enough for speed, small enough for a slow reader's memory."""

_LIST_BLOCK = 1000
"""Objects of a page: as many as one bulk delete of S3 takes."""

_STAGED = re.compile(r".+#\d+")
"""Name of a file that the folder store is still writing; listings leave it out."""


def open_store(url: str) -> ObstoreObjects:
    """
    Return the store of a URL: `s3://bucket/prefix`, `file:///dir` or `memory:///`.

    S3 takes its endpoint, region and keys from the standard AWS variables.

    Raises:
        ConfigurationError: the URL names no store that vodpull can use.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc:
        folder = Path(unquote(parts.path))
        return ObstoreObjects(LocalStore(folder, mkdir=True), folder=folder)
    if parts.scheme == "memory":
        return ObstoreObjects(MemoryStore())
    if parts.scheme == "s3" and parts.netloc:
        return ObstoreObjects(_s3(parts.netloc, parts.path.strip("/")))
    raise ConfigurationError(
        "VODPULL_STORAGE_URL must be s3://bucket/prefix or file:///dir", field="VODPULL_STORAGE_URL"
    )


def _s3(bucket: str, prefix: str) -> S3Store:
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")  # noqa: TID251 - the standard variable that obstore reads, too
    return S3Store(
        bucket,
        prefix=prefix or None,
        client_options={"allow_http": endpoint.startswith("http://"), "timeout": "60s", "connect_timeout": "10s"},
        # Bounded, so that an outage reaches the workflow, which waits without holding a slot.
        retry_config={"max_retries": 5, "retry_timeout": timedelta(seconds=60)},
    )


class ObstoreObjects:
    """An `ObjectStore` on obstore. With `folder`, what is put is also flushed to that disk."""

    def __init__(self, store: LocalStore | MemoryStore | S3Store, *, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    async def put_file(self, key: str, path: Path) -> None:
        """Store a file under a key."""
        with _translated(key):
            await obstore.put_async(self._store, key, path)
            await self._flush(key)

    async def put_bytes(self, key: str, data: bytes) -> None:
        """Store a small object."""
        with _translated(key):
            await obstore.put_async(self._store, key, data)
            await self._flush(key)

    async def get_file(self, key: str, path: Path) -> None:
        """Write an object to a local file."""
        partial = path.with_name(path.name + ".part")
        with _translated(key):
            result = await obstore.get_async(self._store, key)
            with partial.open("wb") as target:
                async for block in result.stream(min_chunk_size=_READ_BLOCK_BYTES):
                    await asyncio.to_thread(target.write, bytes(block))
            partial.replace(path)

    async def head(self, key: str) -> ObjectInfo:
        """Return what is known of an object."""
        with _translated(key):
            meta = await obstore.head_async(self._store, key)
        return ObjectInfo(
            size_bytes=meta["size"],
            etag=(meta["e_tag"] or "").strip('"'),
            modified_s=meta["last_modified"].timestamp(),
        )

    async def get_bytes(self, key: str) -> bytes:
        """Return a small object whole."""
        with _translated(key):
            result = await obstore.get_async(self._store, key)
            return bytes(await result.bytes_async())

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield a range of an object."""
        with _translated(key):
            if start >= end:
                return
            result = await obstore.get_async(self._store, key, options={"range": (start, end)})
            async for block in result.stream(min_chunk_size=_READ_BLOCK_BYTES):
                yield bytes(block)

    async def list_keys(self, prefix: str) -> list[str]:
        """Return every key below a prefix."""
        with _translated(prefix):
            pages = obstore.list(self._store, prefix)
            return sorted([meta["path"] async for page in pages for meta in page])

    async def delete(self, key: str) -> None:
        """Remove an object."""
        try:
            with _translated(key):
                await obstore.delete_async(self._store, key)
        except ObjectMissing:
            return

    async def list_pages(self, prefix: str) -> AsyncIterator[list[ListedObject]]:
        """Yield every object below a prefix."""
        with _translated(prefix):
            async for page in obstore.list(self._store, prefix, chunk_size=_LIST_BLOCK):
                yield [
                    ListedObject(
                        key=meta["path"], size_bytes=meta["size"], modified_s=meta["last_modified"].timestamp()
                    )
                    for meta in page
                ]

    async def delete_all(self, keys: Sequence[str]) -> None:
        """Remove many objects."""
        try:
            with _translated("among many"):
                await obstore.delete_async(self._store, list(keys))
        except ObjectMissing:  # a folder complains of one that somebody else removed; do not leave the others
            for key in keys:
                await self.delete(key)

    async def delete_below(self, prefix: str) -> int:
        """Remove everything below a prefix."""
        deleted = 0
        async for page in self.list_pages(prefix):
            await self.delete_all([found.key for found in page])
            deleted += len(page)
        if self._folder is not None:
            await asyncio.to_thread(_remove_folders, self._folder / prefix)
        return deleted

    async def drop_parts(self, *, before_s: float) -> int:
        """Remove what unfinished uploads left."""
        return 0 if self._folder is None else await asyncio.to_thread(_drop_staged, self._folder, before_s)

    async def _flush(self, key: str) -> None:
        if self._folder is not None:
            await asyncio.to_thread(_sync_to_disk, self._folder / key)


def _sync_to_disk(path: Path) -> None:
    """Make a file and its name survive a power cut."""
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_folders(folder: Path) -> None:
    """Remove a folder and those in it, unfinished uploads included, as far as no object is there."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            if _STAGED.fullmatch(name):
                (Path(place) / name).unlink(missing_ok=True)
        with suppress(OSError):  # somebody wrote there again
            Path(place).rmdir()


def _drop_staged(folder: Path, before_s: float) -> int:
    dropped = 0
    for place, _, names in os.walk(folder):
        for path in (Path(place) / name for name in names if _STAGED.fullmatch(name)):
            with suppress(FileNotFoundError):  # the upload ended just now
                if path.stat().st_mtime < before_s:
                    path.unlink()
                    dropped += 1
    return dropped


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise ObjectMissing(f"there is no object {key}") from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull("no space is left in the store") from error
        raise StorageError(f"the store failed: {error.strerror}") from error
    except BaseError as error:
        raise _of_library(error) from error


def _of_library(error: BaseError) -> StorageError:
    text = str(error)
    if "No space left" in text or "os error 28" in text:
        return StorageFull("no space is left in the store")
    name = type(error).__name__
    if name in {"PermissionDeniedError", "UnauthenticatedError", "UnknownConfigurationKeyError", "InvalidPathError"}:
        return StorageError(f"the store refuses: {name}")
    return StorageUnavailable(f"the store does not answer as it should: {name}")
