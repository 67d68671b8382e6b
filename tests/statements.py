"""What a database is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa


@contextmanager
def counted(database: sa.Engine) -> Iterator[list[str]]:
    """Give a list that grows by each statement."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sa.event.listen(database, "before_cursor_execute", note)
    yield seen
    sa.event.remove(database, "before_cursor_execute", note)


def statements(database: sa.Engine, call: Callable[[], object]) -> int:
    """Return how many statements a call makes."""
    with counted(database) as seen:
        call()
    return len(seen)
