"""How many progress streams and waiting polls one key may have open, which cost something for as long as they last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from vodpull.errors import RateLimited

MAX_OF_KEY = 32
"""Progress streams and waiting polls for events of one key, in one process."""

RETRY_AFTER_S = 5


class Waiters:
    """Counts them, for one application; used on its loop."""

    def __init__(self, most: int = MAX_OF_KEY) -> None:
        self._most = most
        self._waiting: Counter[str] = Counter()

    def check(self, access_key: str) -> None:
        """
        Refuse what would be one too many.

        Raises:
            RateLimited: it would.
        """
        if self._waiting[access_key] >= self._most:
            what = f"more than {self._most} streams and waiting polls of this key"
            raise RateLimited(what, retry_after_s=RETRY_AFTER_S)

    @contextmanager
    def waiting(self, access_key: str) -> Iterator[None]:
        """Count one for as long as the block lasts; raises as `check` does."""
        self.check(access_key)
        self._waiting[access_key] += 1
        try:
            yield
        finally:
            self._waiting[access_key] -= 1
            if not self._waiting[access_key]:
                del self._waiting[access_key]
