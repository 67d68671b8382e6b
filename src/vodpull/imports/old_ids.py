"""Which video an old id of elsewhere is here now, and whose it is when several accounts brought it."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.imports.import_states import EntryState

MAX_CHARACTERS = 1024
"""Of an id with what stands behind it."""

_entries, _job, _video = tables.import_entries.c, tables.job.c, tables.video.c

_HERE = [state.value for state in (EntryState.RUNNING, EntryState.DONE, EntryState.EXISTS)]


def old_ids(path: str) -> tuple[str, ...]:
    """Return the ids that a path may begin with, the longest first: `a/b.m3u8` may be of `a/b.m3u8`, or of `a`."""
    if not path or len(path) > MAX_CHARACTERS or "\x00" in path:
        return ()
    first = path.partition("/")[0]
    return tuple(dict.fromkeys(each for each in (path, first, first.rpartition(".")[0]) if each))


def video_of_old_id(connection: sa.Connection, old_id: str, *, account: str = "") -> str | None:
    """
    Return the id of the video that an id of elsewhere became, or that came along under this id; None: none.

    Without the name of an account it is that of the first one that brought it, so that nobody takes over what is
    linked already; of this account the newest.
    """
    kept = sa.select(_job.job_id).where(_job.video_id == old_id.lower())
    for condition in (_entries.origin_id == old_id, _entries.job_id.in_(kept)):
        query = _brought().where(condition)
        if account:
            query = query.join(tables.account, tables.account.c.account_id == _video.account_id)
            query = query.where(tables.account.c.name == account)
        first = connection.execute(query.order_by(_entries.at_ms, _entries.import_id).limit(1)).first()
        if first is not None:
            newest = query.where(_video.account_id == first.account_id)
            newest = newest.order_by(_entries.at_ms.desc(), _entries.import_id.desc()).limit(1)
            return next((str(row.video_id) for row in connection.execute(newest)), None)
    return None


def _brought() -> sa.Select[tuple[str, str]]:
    """Of videos that are here: an entry that failed may name the video of somebody else."""
    same = sa.and_(_video.video_id == _entries.video_id, _video.account_id == _entries.account_id)
    query = sa.select(_video.video_id, _video.account_id).join_from(tables.import_entries, tables.video, same)
    return query.where(_entries.state.in_(_HERE))
