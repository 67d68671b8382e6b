"""Folders that sources may be read from: nothing outside of them, whatever lies there or changes."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path

from vodpull.errors import ObjectMissing, SourceChanged, StorageError, StorageUnavailable, error_of_disk
from vodpull.storage.contract import ListedObject

_BLOCK_BYTES = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_MISSING = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}

_MAX_DEPTH = 64
"""Of folders in folders that are listed."""

_PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class OpenedSource:
    """An object, or a span of it, that is being read."""

    size_bytes: int
    etag: str
    modified_s: float
    blocks: AsyncGenerator[bytes]


class FolderSource:
    """
    The files below one folder, each opened part by part below a descriptor of the folder itself.

    No link is followed, so that none leads out, and only regular files with a single name are read: another name of a
    file may have been made by somebody who must not read it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def open(self, key: str, span: tuple[int, int] | None) -> OpenedSource | None:
        """
        Open a file; None where it ends before the span.

        Raises:
            ObjectMissing, StorageError: there is none, or it must not or cannot be read.
        """
        descriptor = await asyncio.to_thread(self._open, key)
        told = os.fstat(descriptor)
        if span and span[0] >= told.st_size:
            os.close(descriptor)
            return None
        start, stop = span or (0, told.st_size)
        return OpenedSource(
            size_bytes=told.st_size,
            etag=_etag(told),
            modified_s=told.st_mtime,
            blocks=_read(descriptor, start, min(stop, told.st_size)),
        )

    async def list_pages(self, prefix: str, after: str = "") -> AsyncGenerator[list[ListedObject]]:
        """Give every regular file below a prefix that comes after a key, in the order of keys."""
        found = self._walk(prefix, after)
        while page := await asyncio.to_thread(_some, found):
            yield page

    def _open(self, key: str) -> int:
        *folders, name = key.split("/")
        try:
            place = self._enter(folders)
            try:
                descriptor = os.open(name, _FILE, dir_fd=place)
            finally:
                os.close(place)
        except OSError as error:
            raise _refused(error, key) from error
        told = os.fstat(descriptor)
        why = _unfit(told)
        if why:
            os.close(descriptor)
            raise StorageError(f"{key!r} {why}")
        return descriptor

    def _enter(self, folders: list[str]) -> int:
        """Return a descriptor of a folder below the root, whose own path may have links."""
        try:
            place = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:  # as of a disk that was not mounted
            raise StorageUnavailable("the folder is not there") from error
        for folder in folders:
            outer = place
            try:
                place = os.open(folder, _FOLDER, dir_fd=outer)
            finally:
                os.close(outer)
        return place

    def _walk(self, prefix: str, after: str) -> Iterator[ListedObject]:
        """Give files in the order of their keys; `/` counts as the least character, so that folders stay together."""
        start = [part for part in prefix.strip("/").split("/") if part]
        yield from self._below(start, tuple(after.split("/")) if after else ())

    def _below(self, folders: list[str], after: tuple[str, ...]) -> Iterator[ListedObject]:
        if len(folders) > _MAX_DEPTH:
            return
        for name, told in self._entries(folders):
            parts = (*folders, name)
            if stat.S_ISDIR(told.st_mode):
                if parts >= after[: len(parts)]:
                    yield from self._below(list(parts), after)
            elif stat.S_ISREG(told.st_mode) and parts > after:
                yield ListedObject(key="/".join(parts), size_bytes=told.st_size, modified_s=told.st_mtime)

    def _entries(self, folders: list[str]) -> list[tuple[str, os.stat_result]]:
        try:
            place = self._enter(folders)
        except OSError as error:
            raise _refused(error, "/".join(folders)) from error
        found = []
        try:
            for name in sorted(os.listdir(place)):  # noqa: PTH208 - of a descriptor
                try:
                    found.append((name, os.stat(name, dir_fd=place, follow_symlinks=False)))
                except FileNotFoundError:  # it went away just now
                    continue
        finally:
            os.close(place)
        return found


def _some(found: Iterator[ListedObject]) -> list[ListedObject]:
    return [each for each, _ in zip(found, range(_PAGE), strict=False)]


def _unfit(told: os.stat_result) -> str:
    """Return why a file is not read; empty: it is."""
    if not stat.S_ISREG(told.st_mode):
        return "is no regular file"
    return "has another name (a hard link)" if told.st_nlink > 1 else ""


def _etag(told: os.stat_result) -> str:
    return f"{told.st_ino:x}-{told.st_size:x}-{told.st_mtime_ns:x}"


async def _read(descriptor: int, start: int, stop: int) -> AsyncGenerator[bytes]:
    """Give the bytes of a span, and close the file, which must be the same at the end."""
    before = _etag(os.fstat(descriptor))
    try:
        while start < stop:
            try:
                block = await asyncio.to_thread(os.pread, descriptor, min(_BLOCK_BYTES, stop - start), start)
            except OSError as error:
                raise error_of_disk(error, "the file cannot be read") from error
            if not block or _etag(os.fstat(descriptor)) != before:
                raise SourceChanged("the file changed while it was read")
            start += len(block)
            yield block
    finally:
        os.close(descriptor)


def _refused(error: OSError, key: str) -> StorageError:
    if error.errno in _MISSING:
        return ObjectMissing(f"there is no file {key!r}")
    if error.errno == errno.ELOOP:
        return StorageError(f"{key!r} leads over a link, and links are not followed")
    return error_of_disk(error, f"{key!r} cannot be opened")
