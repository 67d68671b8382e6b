"""
How much there is of each state of an import, kept beside its entries: a list would count a million of them each time.

Whoever writes entries does so inside `counted`, in the transaction that took the turn of the import, or is alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from vodpull.database import tables

_entry, _kept = tables.import_entries.c, tables.import_figures.c
_FIGURES = ("entries", "sized", "size_bytes", "duration_ms", "fetched_bytes")


@contextmanager
def counted(connection: sa.Connection, import_id: str, numbers: Sequence[int] | None = None) -> Iterator[None]:
    """Keep the figures of an import true while its entries of these numbers, or of any, are written."""
    before = _counts(connection, import_id, numbers)
    yield
    after, none = _counts(connection, import_id, numbers), [0] * len(_FIGURES)
    for state in {**before, **after}:
        more = [new - old for new, old in zip(after.get(state, none), before.get(state, none), strict=True)]
        if any(more):
            _add(connection, (import_id, state), more)


def count_again(connection: sa.Connection, import_id: str) -> None:
    """Make the figures of an import true, whatever a process of an older release has written meanwhile."""
    connection.execute(tables.import_figures.delete().where(_kept.import_id == import_id))
    for state, figures in _counts(connection, import_id, None).items():
        _add(connection, (import_id, state), figures)


def _counts(connection: sa.Connection, import_id: str, numbers: Sequence[int] | None) -> dict[str, list[int]]:
    summed = (_entry.size_bytes, _entry.duration_ms, _entry.fetched_bytes)
    sums = (sa.func.coalesce(sa.func.sum(column), 0) for column in summed)
    query = sa.select(_entry.state, sa.func.count(), sa.func.count(_entry.size_bytes), *sums)
    query = query.where(_entry.import_id == import_id).group_by(_entry.state)
    if numbers is not None:
        query = query.where(_entry.number.in_(numbers))
    # PostgreSQL sums whole numbers as decimals.
    return {state: [int(figure) for figure in figures] for state, *figures in connection.execute(query)}


def _add(connection: sa.Connection, row: tuple[str, str], figures: Sequence[int]) -> None:
    import_id, state = row
    more = dict(zip(_FIGURES, figures, strict=True))
    sums = {name: _kept[name] + figure for name, figure in more.items()}
    mine = sa.and_(_kept.import_id == import_id, _kept.state == state)
    if not connection.execute(tables.import_figures.update().where(mine).values(sums)).rowcount:
        connection.execute(tables.import_figures.insert().values(import_id=import_id, state=state, **more))
