"""Whether a store does all that is asked of it, shown with an object of its own."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from vodpull.errors import ObjectMissing, StorageError, StorageUnavailable
from vodpull.storage.contract import ObjectStore
from vodpull.storage.object_keys import WORK, work_key

PROOF_S = 20.0
"""As long as somebody waits for a store to show what it can."""

PROBE = "probe"
"""What the names of such objects begin with: below the intermediate results, where the sweep removes what is left."""


async def prove_store(objects: ObjectStore) -> None:
    """
    Write, read, list and delete an object.

    Raises:
        StorageError: the store does not do one of these; `retryable` where that may pass.
    """
    attempt = f"{PROBE}-{secrets.token_hex(8)}"
    key, data = work_key(attempt, PROBE), secrets.token_bytes(16)
    try:
        async with asyncio.timeout(PROOF_S):
            with _told("written"):
                await objects.put_bytes(key, data)
            with _told("read"):
                if await objects.get_bytes(key) != data:
                    raise StorageError("it comes back with other bytes")
            with _told("listed"):
                if key not in await objects.list_keys(work_key(attempt)):
                    raise StorageError("it is not in the list")
            with _told("deleted"):
                await objects.delete_below(work_key(attempt))
    except TimeoutError:
        raise StorageUnavailable(f"the store has not answered within {PROOF_S:.0f} s") from None


@contextmanager
def _told(done: str) -> Iterator[None]:
    """Say in the error what was tried."""
    try:
        yield
    except ObjectMissing as error:
        raise StorageError(f"an object cannot be {done}: there is no such bucket, container or folder") from error
    except StorageError as error:
        raise type(error)(f"an object cannot be {done}: {error}") from error


async def store_answers(objects: ObjectStore) -> bool:
    """Return True when the store is there and tells what it has; cheap, and changes nothing."""
    try:
        async with asyncio.timeout(PROOF_S):
            await objects.list_keys(f"{WORK}/{PROBE}")
    except (StorageError, TimeoutError):
        return False
    return True
