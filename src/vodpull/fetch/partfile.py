"""One file on its way in: written and hashed on a thread, and visible under its name only when it is whole."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, ParamSpec, Self, TypeVar

from vodpull.fetch.upstream import disk_errors

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `call` returns on a thread; a cancelled caller still waits for its end, so that nothing races it."""
    running = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # looked at, so that asyncio does not complain that nobody did
        raise


class PartFile:
    """
    The file `<target>.part`, renamed to `target` by `publish` and removed on leaving the `async with` otherwise.

    One block is written while the next one is received. Not for use by two tasks at once.
    """

    def __init__(self, target: Path) -> None:
        self.size_bytes = 0
        """Bytes handed over so far."""
        self._target = target
        self._part = target.with_name(target.name + ".part")
        # md5 is what clients name their files by; it is not used against forgery
        self._hash = hashlib.md5(usedforsecurity=False)
        self._file: BinaryIO | None = None
        self._writing: asyncio.Task[None] | None = None
        self._renamed = False
        self._published = False

    async def __aenter__(self) -> Self:
        try:
            await in_thread(self._open)
        except asyncio.CancelledError:
            await self._leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(asyncio.ensure_future(self._leave()))

    async def write(self, block: bytes | bytearray) -> None:
        """
        Take a block, which the caller must not touch again.

        Raises:
            StorageFull, StorageUnavailable: this block, or the one before it, could not be written.
        """
        await self._settle()
        self.size_bytes += len(block)
        self._writing = asyncio.create_task(in_thread(self._append, block))

    async def md5(self) -> str:
        """Return the md5 of everything written so far, as lower-case hex."""
        await self._settle()
        return self._hash.hexdigest()

    async def publish(self) -> None:
        """Put the file under its final name; when this returns it survives a power cut."""
        await self._settle()
        await in_thread(self._rename)
        self._published = True

    async def _settle(self) -> None:
        if self._writing is not None:
            await asyncio.shield(self._writing)

    async def _leave(self) -> None:
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)  # its error was raised by `_settle`, or is moot
        await in_thread(self._close)

    def _open(self) -> None:
        with disk_errors():
            self._file = self._part.open("wb", buffering=0)

    def _append(self, block: bytes | bytearray) -> None:
        self._hash.update(block)
        rest = memoryview(block)
        with disk_errors():
            while rest:
                rest = rest[self._opened().write(rest) :]

    def _rename(self) -> None:
        with disk_errors():
            os.fsync(self._opened().fileno())
            self._part.replace(self._target)
            self._renamed = True
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _close(self) -> None:
        with disk_errors():
            if self._file is not None:
                self._file.close()
            if not self._published:
                (self._target if self._renamed else self._part).unlink(missing_ok=True)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise RuntimeError("PartFile is used outside its `async with`")
        return self._file
