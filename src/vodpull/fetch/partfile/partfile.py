"""One file on its way in: written and hashed on threads, and visible under its name only when it is whole."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from vodpull.atomic import flush
from vodpull.errors import StorageUnavailable
from vodpull.fetch.partfile import journal
from vodpull.fetch.partfile.byte_ranges import ByteRanges, Span
from vodpull.fetch.partfile.digests import Digests
from vodpull.fetch.partfile.disk_errors import disk_errors
from vodpull.fetch.partfile.journal import FileIdentity
from vodpull.fetch.partfile.mp4_index import find_index
from vodpull.fetch.partfile.threads import SerialWorker, in_thread, in_thread_or_leave, landed

# Bytes handed over and not yet written and hashed, for one file: enough to keep three threads busy, small enough to
# have many transfers at once, and so little that a cancelled one is over soon.
_MAX_IN_FLIGHT_BYTES = 8 << 20
# Seconds that a second writer of one target waits for the first: longer than a cancelled one takes to leave.
_TURN_PATIENCE_S = 5.0
_TURN_LOOK_S = 0.05


class PartFile:
    """
    The file `<target>.part`, renamed to `target` by `publish` and removed on leaving the `async with` otherwise.

    Blocks may come in any order; each byte comes once. They are hashed in the file's order: from memory if they come
    in that order, else read back when their turn has come. With `keep` called before leaving, part and journal stay
    for a later `PartFile` of the same target, which finds them in `identity` and `held_bytes`. Of all processes, one
    at a time has the file: entering waits a while for the other one to leave, then raises StorageUnavailable.

    A piece of another file is not hashed. It has its name only when its bytes are on disk, but after a power cut it may
    have none.
    """

    def __init__(self, target: Path, *, is_piece: bool = False) -> None:
        self.identity: FileIdentity | None = None
        """What the bytes here belong to; None: they cannot be continued by another answer."""
        self.announced_bytes: int | None = None
        """Size of the whole file, as its origin says; None: not known."""
        self.taken_bytes = 0
        """Bytes handed over since the file was begun."""
        self._target = target
        self._is_piece = is_piece
        self._part = target.with_name(target.name + ".part")
        self._number = -1
        self._door = Lock()  # held by threads only: whoever holds it may use the file's number and the journal
        self._is_left = False
        self._lock = Lock()  # held for moments only: guards the next three
        self._generation = 0
        self._spans = ByteRanges()
        self._hashed_up_to = 0
        self._digests = Digests(wanted=not is_piece)
        self._writer = SerialWorker()
        self._flusher = SerialWorker()
        self._flushing: Future[None] | None = None
        self._in_flight: deque[tuple[int, list[Future[None]]]] = deque()
        self._in_flight_bytes = 0
        self._is_renamed = False
        self._stays = False

    async def __aenter__(self) -> Self:
        try:
            await self._take_turn()
        except BaseException:
            self._stays = self.identity is not None
            await self._leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.shield(asyncio.ensure_future(self._leave()))

    @property
    def held_bytes(self) -> int:
        """Return how many bytes are written."""
        with self._lock:
            return self._spans.size_bytes

    @property
    def path(self) -> Path:
        """Return where the bytes are now."""
        return self._target if self._is_renamed else self._part

    def here(self) -> tuple[int, tuple[Span, ...]]:
        """Return what is written, and a number that is another one after bytes were thrown away; any thread may ask."""
        with self._lock:
            return self._generation, tuple(self._spans.pairs())

    async def find_index(self) -> int | None:
        """Return where the index of an MP4 file begins that stands at the end (see `fetch.index`)."""
        await self.settle()
        return await in_thread(self._find_index)

    def missing(self, size_bytes: int) -> list[Span]:
        """Return the gaps of a file of that size; call `settle` before."""
        with self._lock:
            return self._spans.missing(size_bytes)

    async def write(self, chunks: Sequence[bytes], *, at: int) -> None:
        """
        Take bytes for the position `at`; returns when there is room for more.

        Raises:
            StorageFull, StorageUnavailable: these bytes, or others before them, could not be written.
        """
        size_bytes = sum(map(len, chunks))
        self.taken_bytes += size_bytes
        futures = [self._writer.submit(partial(self._put, chunks, at, size_bytes))]
        with self._lock:
            if at == self._hashed_up_to:
                self._hashed_up_to += size_bytes
                futures += self._digests.update(chunks)
        self._in_flight.append((size_bytes, futures))
        self._in_flight_bytes += size_bytes
        while self._in_flight_bytes > _MAX_IN_FLIGHT_BYTES:
            await self._land_one()

    async def settle(self) -> None:
        """Wait until everything handed over is written; raises as `write` does."""
        while self._in_flight:
            await self._land_one()

    async def start_over(self, identity: FileIdentity | None) -> None:
        """Forget every byte; those that come now belong to `identity`."""
        self.identity = identity
        self.announced_bytes = None if identity is None else identity.size_bytes
        if not self._hashed_up_to and not self._in_flight and not self.held_bytes:
            return
        await self._digests.stop()
        await self._writer.settle()
        await self._flusher.settle()
        self._in_flight.clear()
        self._in_flight_bytes = self.taken_bytes = 0
        with self._lock:
            self._generation += 1
            self._spans, self._hashed_up_to = ByteRanges(), 0
            self._digests = Digests(wanted=not self._is_piece)
        await in_thread(self._truncate)

    def checkpoint(self) -> None:
        """
        Begin to flush what is written and then to note it in the journal; nothing if the last time still runs.

        Raises:
            StorageFull, StorageUnavailable: the last time failed, and the system tells of a failed flush only once.
        """
        if self.identity is None or (self._flushing is not None and not self._flushing.done()):
            return
        if self._flushing is not None:
            self._flushing.result()
        with self._lock:
            spans = self._spans.pairs()
        self._flushing = self._flusher.submit(partial(self._note, self.identity, spans))

    async def keep(self) -> None:
        """
        Let part and journal stay after leaving, if there is anything that a later transfer can continue.

        Whoever interrupts it loses what came since the last journal, and nothing else.
        """
        self._stays = self.identity is not None
        await self._writer.settle()
        await self._flusher.settle()
        self._stays = self._stays and self.held_bytes > 0
        if not self._stays:
            return
        self.checkpoint()
        if self._flushing is not None:
            await landed(self._flushing)
        self._stays = True

    async def digests(self) -> tuple[str, str]:
        """Return md5 and sha256 of the whole file, as lower-case hex; of a piece they are empty."""
        await self.settle()
        return await self._digests.hex_digests()

    async def publish(self) -> None:
        """Put the file under its final name; when this returns it survives a power cut, unless it is a piece."""
        await self.settle()
        if self._flushing is not None:
            await landed(self._flushing)
        await in_thread_or_leave(self._flush)
        await in_thread(self._rename)
        self._stays = True

    async def _land_one(self) -> None:
        size_bytes, futures = self._in_flight.popleft()
        self._in_flight_bytes -= size_bytes
        for future in futures:
            await landed(future)

    async def _leave(self) -> None:
        self._is_left = True
        await self._digests.stop()
        await self._writer.settle()
        await in_thread(self._close)

    async def _take_turn(self) -> None:
        deadline_s = time.monotonic() + _TURN_PATIENCE_S
        while not await in_thread(self._open):
            if time.monotonic() > deadline_s:
                raise StorageUnavailable("another process writes this file")
            await asyncio.sleep(_TURN_LOOK_S)

    def _open(self) -> bool:
        """Open the file and what is known of it; False: somebody else has it now."""
        with disk_errors():
            number = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                is_mine = _is_alone(number, self._part)
            except OSError:
                os.close(number)
                raise
            if not is_mine:
                os.close(number)
                return False
            self._number = number
            size_bytes = os.lseek(number, 0, os.SEEK_END)
            entry = journal.load(self._target, size_bytes) if size_bytes else None
        if entry is None:
            self._truncate()
            return True
        self.identity, self.announced_bytes = entry.identity, entry.identity.size_bytes
        self._spans = ByteRanges(entry.spans)
        self._hash_what_is_next()
        return True

    def _find_index(self) -> int | None:
        with self._lock:
            here = self._spans.stop_of(0)
        size_bytes = self.announced_bytes or 0
        with disk_errors():
            return find_index(lambda at: os.pread(self._number, 16, at), here=here, size_bytes=size_bytes)

    def _put(self, chunks: Sequence[bytes], at: int, size_bytes: int) -> None:
        with disk_errors():
            written = os.pwritev(self._number, chunks, at)
            if written < size_bytes:  # a nearly full disk, or a signal
                rest = memoryview(b"".join(chunks))[written:]
                while rest:
                    rest = rest[os.pwrite(self._number, rest, at + size_bytes - len(rest)) :]
        with self._lock:
            self._spans.add(at, at + size_bytes)
            self._hash_what_is_next()

    def _hash_what_is_next(self) -> None:
        stop = self._spans.stop_of(self._hashed_up_to)
        if stop > self._hashed_up_to:
            self._digests.read(self._number, self._hashed_up_to, stop)
            self._hashed_up_to = stop

    def _truncate(self) -> None:
        journal.remove(self._target)
        with disk_errors():
            if os.lseek(self._number, 0, os.SEEK_END):
                os.ftruncate(self._number, 0)

    def _note(self, identity: FileIdentity, spans: Sequence[Span]) -> None:
        self._flush()
        with self._door:
            if not self._is_left:
                journal.save(self._target, identity, spans)

    def _flush(self) -> None:
        with self._door:
            if self._is_left:
                return
            number = os.dup(self._number)  # a cancelled transfer does not wait for the flush, and closes the other one
        try:
            with disk_errors():
                os.fdatasync(number)
        finally:
            os.close(number)

    def _rename(self) -> None:
        with disk_errors():
            self._part.replace(self._target)
            self._is_renamed = True
            if not self._is_piece:
                flush(self._target.parent)
        journal.remove(self._target)

    def _close(self) -> None:
        with self._door, disk_errors():
            if self._number < 0:
                return
            try:
                if not self._stays:  # before the next writer may come in
                    journal.remove(self._target)
                    self.path.unlink(missing_ok=True)
            finally:
                os.close(self._number)
                self._number = -1


def _is_alone(number: int, path: Path) -> bool:
    """Lock an open file; False: another process has the lock, or the file has lost its name to somebody meanwhile."""
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(number), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
