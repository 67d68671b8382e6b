"""
Objects in S3, Google Cloud Storage, Azure, a folder or memory, all through obstore.

How long a store may be silent is here; what a bucket keeps of uploads that never ended, `unfinished_uploads.py`.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import AzureStore, GCSStore, LocalStore, MemoryStore, S3Store

from vodpull.errors import (
    ConfigurationError,
    ObjectMissing,
    StorageError,
    StorageUnavailable,
    error_of_disk,
)
from vodpull.storage import durable_folder_files as disk
from vodpull.storage.contract import ListedObject, ObjectInfo
from vodpull.storage.object_headers import headers_of
from vodpull.storage.unfinished_uploads import can_drop_uploads, drop_uploads

if TYPE_CHECKING:
    from obstore import Attributes
    from obstore.store import ClientConfig, RetryConfig

READ_BLOCK_BYTES = 128 * 1024
"""Size of the pieces that `read` yields: large enough for speed, small enough for hundreds who ask and do not read."""
_COPY_BLOCK_BYTES = 1024 * 1024

_SILENCE = timedelta(seconds=60)
"""Longest wait for the next bytes of a remote store, or for its word on a part that was sent."""

_PART_BYTES = 5 * 1024 * 1024
"""Smallest part of an upload: S3 takes none below."""

_MOST_PARTS = 10_000
"""Parts that S3 and Google take of one object."""

_PARTS_AT_ONCE = 4
"""Few, so that a slow line has time for each: a third of a megabyte a second is enough."""

WRITES_AT_ONCE = 8
"""Of small objects into a folder: a disk makes several durable in hardly more time than one."""

LIST_BLOCK = 1000
"""Objects of a page: as many as one bulk delete of S3 takes."""

Remote = S3Store | GCSStore | AzureStore

_OS_ERROR = re.compile(r"\(os error (\d+)\)")


def open_store(url: str, *, field: str = "VODPULL_STORAGE_URL") -> ObstoreObjects:
    """
    Return the store of a URL.

    `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`, `file:///dir` or `memory:///`. Remote stores
    take address and credentials from their own standard variables (docs/how-to/object-stores.md), never from the URL.

    Raises:
        ConfigurationError: the URL names no store that vodpull can use; `field` says where it was written.
    """
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise _unusable(f"{field} takes no credentials and no query: use the store's own variables", field)
    if parts.scheme == "file" and not parts.netloc:
        folder = Path(unquote(parts.path))
        try:
            return ObstoreObjects(LocalStore(folder, mkdir=True), folder=folder)
        except OSError as error:
            why = f"{field}: the folder {folder} cannot be used: {error}"
            remedy = "Name a folder that this user may write to, or make it and give it to this user (chown)."
            raise ConfigurationError(why, field=field, remedy=remedy) from error
    if parts.scheme == "memory":
        return ObstoreObjects(MemoryStore())
    if parts.scheme in _REMOTE and parts.netloc:
        return ObstoreObjects(open_remote(parts, field))
    raise _unusable(
        f"{field} must be s3://bucket/prefix, gs://bucket/prefix, az://container/prefix or file:///dir", field
    )


_REMOTE: dict[str, tuple[type[Remote], str]] = {
    "s3": (S3Store, "AWS_ENDPOINT_URL"),
    "gs": (GCSStore, "GOOGLE_BASE_URL"),
    "az": (AzureStore, "AZURE_STORAGE_ENDPOINT"),
}
"""By scheme: the library's store, and the variable in which it looks for another address than the provider's."""


def listed(meta: obstore.ObjectMeta) -> ListedObject:
    """Return an object of the library's listing. Pure."""
    return ListedObject(key=meta["path"], size_bytes=meta["size"], modified_s=meta["last_modified"].timestamp())


def open_remote(parts: SplitResult, field: str = "VODPULL_STORAGE_URL") -> Remote:
    """
    Return a store of another machine, with address and credentials from the variables that there are just now.

    Raises:
        ConfigurationError: they cannot be used; `field` names the setting of the URL.
    """
    kind, address = _REMOTE[parts.scheme]
    plain = os.environ.get(address, "").startswith("http://")  # noqa: TID251 - the store's own variable
    client: ClientConfig = {
        "allow_http": plain,
        "connect_timeout": "10s",
        "read_timeout": _SILENCE,
        "timeout": "1day",  # of a whole transfer, which may be long as long as bytes flow
    }
    # Bounded, so that an outage reaches the workflow, which waits without holding a slot.
    retry: RetryConfig = {"max_retries": 5, "retry_timeout": _SILENCE}
    try:
        return kind(parts.netloc, prefix=parts.path.strip("/") or None, client_options=client, retry_config=retry)
    except BaseError:  # not chained: its text may show a key that cannot be read
        why = f"the variables of the {parts.scheme}:// store are missing or cannot be read"
        raise ConfigurationError(why, field=field) from None


def _unusable(text: str, field: str) -> ConfigurationError:
    return ConfigurationError(text, field=field)


class ObstoreObjects:
    """An `ObjectStore` on obstore. With `folder`, what is put is also flushed to that disk."""

    def __init__(self, store: Remote | LocalStore | MemoryStore, *, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder
        self._writers = ThreadPoolExecutor(WRITES_AT_ONCE, thread_name_prefix="store")

    async def put_file(self, key: str, path: Path) -> None:
        """Store a file under a key."""
        with translated(key):
            part_bytes = _part_bytes((await asyncio.to_thread(path.stat)).st_size)
            await obstore.put_async(
                self._store,
                key,
                path,
                attributes=self._attributes(key),
                chunk_size=part_bytes,
                max_concurrency=_PARTS_AT_ONCE,
            )
            await self._flush(key)

    async def adopt_file(self, key: str, path: Path) -> None:
        """Store a file, in a folder on the same disk by a second name."""
        if self._folder is None or not await asyncio.to_thread(disk.link, path, self._folder / key):
            await self.put_file(key, path)

    async def put_bytes(self, key: str, data: bytes | bytearray | memoryview) -> None:
        """Store a small object."""
        with translated(key):
            if self._folder is None:
                own = bytes(data) if isinstance(data, memoryview) else data  # the library may keep what it is given
                await obstore.put_async(self._store, key, own, attributes=self._attributes(key))
            else:
                path = self._folder / key
                await asyncio.get_running_loop().run_in_executor(self._writers, disk.write, path, data)

    async def put_stream(self, key: str, blocks: AsyncIterator[bytes], *, size_bytes: int) -> None:
        """Store what comes block by block."""
        with translated(key):
            await obstore.put_async(
                self._store,
                key,
                blocks,
                attributes=self._attributes(key),
                chunk_size=_part_bytes(size_bytes),
                max_concurrency=1,  # each part waits in memory
            )
            await self._flush(key)

    async def get_file(self, key: str, path: Path) -> None:
        """Write an object to a local file."""
        partial = path.with_name(path.name + ".part")
        with translated(key):
            result = await obstore.get_async(self._store, key)
            with partial.open("wb") as target:
                async for block in result.stream(min_chunk_size=_COPY_BLOCK_BYTES):
                    await asyncio.to_thread(target.write, bytes(block))
            partial.replace(path)

    async def head(self, key: str) -> ObjectInfo:
        """Return what is known of an object."""
        with translated(key):
            meta = await obstore.head_async(self._store, key)
        return ObjectInfo(
            size_bytes=meta["size"],
            etag=(meta["e_tag"] or "").strip('"'),
            modified_s=meta["last_modified"].timestamp(),
            headers=headers_of(key),
        )

    async def get_bytes(self, key: str) -> bytes:
        """Return a small object whole."""
        with translated(key):
            result = await obstore.get_async(self._store, key)
            return bytes(await result.bytes_async())

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield a range of an object."""
        with translated(key):
            if start >= end:
                return
            result = await obstore.get_async(self._store, key, options={"range": (start, end)})
            async for block in result.stream(min_chunk_size=READ_BLOCK_BYTES):
                yield bytes(block)

    async def list_keys(self, prefix: str) -> list[str]:
        """Return every key below a prefix."""
        self._check_folder()
        with translated(prefix):
            pages = obstore.list(self._store, prefix)
            return sorted([meta["path"] async for page in pages for meta in page])

    async def delete(self, key: str) -> None:
        """Remove an object."""
        try:
            with translated(key):
                await obstore.delete_async(self._store, key)
        except ObjectMissing:
            return

    async def list_pages(self, prefix: str) -> AsyncIterator[list[ListedObject]]:
        """Yield every object below a prefix."""
        self._check_folder()
        with translated(prefix):
            async for page in obstore.list(self._store, prefix, chunk_size=LIST_BLOCK):
                yield [listed(meta) for meta in page]

    async def delete_all(self, keys: Sequence[str]) -> None:
        """Remove many objects."""
        try:
            with translated("among many"):
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
            await asyncio.to_thread(disk.remove_folders, self._folder / prefix)
        return deleted

    async def drop_parts(self, *, before_s: float) -> int:
        """Remove what unfinished uploads left."""
        if self._folder is not None:
            return await asyncio.to_thread(disk.drop_staged, self._folder, before_s)
        if isinstance(self._store, S3Store) and can_drop_uploads():
            bucket, prefix = self._store.config["bucket"], str(self._store.prefix or "")
            return await asyncio.to_thread(drop_uploads, bucket, prefix, before_s=before_s)
        return 0

    def _check_folder(self) -> None:
        """Refuse to call a folder empty that is not there, as of a disk that was not mounted."""
        if self._folder is not None and not self._folder.is_dir():
            raise StorageUnavailable("the folder of the store is not there")

    def _attributes(self, key: str) -> Attributes | None:
        """Return the headers that the store keeps with an object, for whoever serves it; a folder keeps none."""
        if self._folder is not None:
            return None
        headers = headers_of(key)
        return {"Content-Type": headers.content_type, "Cache-Control": headers.cache_control}

    async def _flush(self, key: str) -> None:
        if self._folder is not None:
            await asyncio.to_thread(disk.sync, self._folder / key)


def _part_bytes(size_bytes: int) -> int:
    """Return a size of parts of which an object of this size has no more than a store takes."""
    return max(_PART_BYTES, -(-size_bytes // _MOST_PARTS))


@contextmanager
def translated(key: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise ObjectMissing(f"there is no object {key}") from error
    except OSError as error:
        raise error_of_disk(error, "the store failed") from error
    except BaseError as error:
        raise _of_library(error) from error


def _of_library(error: BaseError) -> StorageError:
    if (found := _OS_ERROR.search(str(error))) is not None:  # of a folder
        number = int(found[1])
        return error_of_disk(OSError(number, os.strerror(number)), "the store failed")
    name = type(error).__name__
    if name in {"PermissionDeniedError", "UnauthenticatedError", "UnknownConfigurationKeyError", "InvalidPathError"}:
        return StorageError(f"the store refuses: {name}")
    return StorageUnavailable(f"the store does not answer as it should: {name}")
