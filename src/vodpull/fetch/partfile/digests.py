"""The md5 and sha256 of a file while it arrives; with what they are compared: `transfer/wanted_md5.py`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial

from vodpull.errors import StorageUnavailable
from vodpull.fetch.partfile.disk_errors import disk_errors
from vodpull.fetch.partfile.threads import SerialWorker

# Bytes a read when something is hashed from the disk: large enough for few calls, small enough to stay in the cache.
_READ_BYTES = 1 << 20


class Digests:
    """
    The md5 and sha256 of one file whose bytes are given in order, each computed on a thread of its own.

    What is given as memory is hashed from memory; what is given as a span of the file is read back from it. Where
    nobody wants them, nothing is computed, and they are empty.
    """

    def __init__(self, *, wanted: bool = True) -> None:
        # md5 is what clients name their files by; it is not used against forgery
        self._hashes = (hashlib.md5(usedforsecurity=False), hashlib.sha256()) if wanted else ()
        self._workers = tuple(SerialWorker() for _ in self._hashes)
        self._reads: list[Future[None]] = []
        self._is_stopped = False

    def update(self, chunks: Sequence[bytes]) -> list[Future[None]]:
        """Take the next bytes of the file; they must not change any more."""
        return [worker.submit(partial(self._hash_chunks, index, chunks)) for index, worker in enumerate(self._workers)]

    def read(self, file_number: int, start: int, stop: int) -> None:
        """Take the next bytes of the file from the file itself, where they are already."""
        self._reads = [read for read in self._reads if not read.done() or read.exception()]
        for index, worker in enumerate(self._workers):
            call = partial(self._hash_span, index, file_number, span=(start, stop))
            self._reads.append(worker.submit(call))

    async def hex_digests(self) -> tuple[str, str]:
        """
        Return md5 and sha256 of everything given so far, as lower-case hex.

        Raises:
            StorageUnavailable: bytes that were on disk could not be read back.
        """
        for worker in self._workers:
            await worker.settle()
        for read in self._reads:
            read.result()
        md5, sha256 = (each.hexdigest() for each in self._hashes) if self._hashes else ("", "")
        return md5, sha256

    async def stop(self) -> None:
        """End without a result; afterwards the file is not read any more."""
        self._is_stopped = True
        for worker in self._workers:
            await worker.settle()

    def _hash_chunks(self, index: int, chunks: Sequence[bytes]) -> None:
        for chunk in chunks:
            self._hashes[index].update(chunk)

    def _hash_span(self, index: int, file_number: int, *, span: tuple[int, int]) -> None:
        position, stop = span
        while position < stop and not self._is_stopped:
            with disk_errors():
                block = os.pread(file_number, min(_READ_BYTES, stop - position), position)
            if not block:
                raise StorageUnavailable("the work folder lost bytes that were written to it")
            self._hashes[index].update(block)
            position += len(block)
