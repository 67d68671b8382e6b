"""Whose turn is next where accounts share a queue: of those with work, whoever was served longest ago."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any


class AccountTurns:
    """Whose turn it is in the queues that accounts share: whoever was served longest ago."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._served: dict[tuple[str, str], int] = {}

    def served(self, queue: str, account: str) -> None:
        """Take note that an account got something from a queue."""
        self._served[queue, account] = next(self._numbers)

    def order(self, queue: str, accounts: Iterable[str]) -> list[str]:
        """Return the accounts in the order of their turns; who was never served is first."""
        return _Fixed(sorted(accounts, key=lambda account: self._served.get((queue, account), 0)))


class _Fixed(list[str]):
    """A list that stays in its order when the library shuffles it."""

    def __setitem__(self, *_ignored: Any) -> None:
        pass
