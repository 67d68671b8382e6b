"""
How much each account had stored, day by day: the peaks that getStorageVolume tells (spec cloud-vod-videos §10).

What it has at this moment is counted in `accounts/stored_bytes.py`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

import sqlalchemy as sa

from vodpull.clock import now_s
from vodpull.database import tables
from vodpull.database.row_locks import insert_new

MAX_REACH = timedelta(days=61)
"""From the first day that one call may ask for to the last."""


class StorageDays:
    """The daily peaks of one database; a day begins at midnight of one time zone."""

    def __init__(self, engine: sa.Engine, *, zone: tzinfo = UTC) -> None:
        self._engine = engine
        self._zone = zone

    def today(self) -> date:
        """Return the present day."""
        return datetime.fromtimestamp(now_s(), self._zone).date()

    def note(self) -> None:
        """
        Record the most that every account has stored since this was done last, where that is the most of this day.

        Called often, so that little of a day counts for the next one.
        """
        account, day = tables.account.c, tables.storage_day.c
        today = self.today().isoformat()
        mine = sa.and_(day.account_id == account.account_id, day.day == today)
        known = sa.func.coalesce(day.peak_bytes, 0)
        query = sa.select(account.account_id, account.peak_bytes).outerjoin_from(
            tables.account, tables.storage_day, mine
        )
        due = sa.or_(account.peak_bytes > known, account.peak_bytes > account.stored_bytes)
        with self._engine.connect() as connection:  # mostly nothing is due, and nothing is written
            rows = connection.execute(query.where(due)).all()
        for row in rows:
            self._note(row.account_id, today, int(row.peak_bytes))

    def _note(self, account_id: str, today: str, peak_bytes: int) -> None:
        account, day = tables.account.c, tables.storage_day.c
        values = {"account_id": account_id, "day": today, "peak_bytes": peak_bytes}
        with self._engine.begin() as connection:
            if not insert_new(connection, tables.storage_day, values):
                lower = sa.and_(day.account_id == account_id, day.day == today, day.peak_bytes < peak_bytes)
                connection.execute(tables.storage_day.update().where(lower).values(peak_bytes=peak_bytes))
            noted = sa.and_(account.account_id == account_id, account.peak_bytes == peak_bytes)
            connection.execute(tables.account.update().where(noted).values(peak_bytes=account.stored_bytes))

    def peaks(self, account_id: str, *, first: date, last: date) -> dict[date, int]:
        """Return the most that an account had stored on each day from the first to the last, in bytes; 0: nothing."""
        self.note()
        day = tables.storage_day.c
        mine = sa.and_(day.account_id == account_id, day.day >= first.isoformat(), day.day <= last.isoformat())
        with self._engine.connect() as connection:
            known = {
                row.day: int(row.peak_bytes) for row in connection.execute(sa.select(tables.storage_day).where(mine))
            }
        days = (date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1))
        return {each: known.get(each.isoformat(), 0) for each in days}
