"""How often strangers may try a password or a code."""

from __future__ import annotations

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from vodpull.console.request.visit import Visit
from vodpull.errors import RateLimited
from vodpull.peers import network_of

ATTEMPTS = "10/5 minutes"
"""Passwords that one address may try, or one /64 of IPv6, by each process."""

ATTEMPTS_OF_ALL = "100/5 minutes"
"""Passwords that all together may try; while somebody tries as many, nobody new gets in, and who is in stays in."""

ATTEMPTS_S = 5 * 60


class Attempts:
    """Counts tries by where they come from, and all together."""

    def __init__(self) -> None:
        self._limit, self._limit_of_all = parse(ATTEMPTS), parse(ATTEMPTS_OF_ALL)
        self._counter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, visit: Visit) -> None:
        """
        Count one try.

        Raises:
            RateLimited: there were too many.
        """
        # The second only counts what the first lets through: one address cannot use up everybody's.
        network = network_of(visit.from_where.address)
        if not (self._counter.hit(self._limit, network) and self._counter.hit(self._limit_of_all)):
            raise RateLimited("too many attempts: wait five minutes", retry_after_s=ATTEMPTS_S)
