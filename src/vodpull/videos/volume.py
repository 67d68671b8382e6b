"""How much each account had stored, day by day: the peaks that getStorageVolume tells (spec cloud-vod-videos §10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo

import sqlalchemy as sa

from vodpull.clock import now_s
from vodpull.database import tables
from vodpull.database.rows import insert_new


class StorageDays:
    """The daily peaks of one database; a day begins at midnight of one time zone."""

    def __init__(self, engine: sa.Engine, *, zone: tzinfo = UTC) -> None:
        self._engine = engine
        self._zone = zone

    def today(self) -> date:
        """Return the present day."""
        return datetime.fromtimestamp(now_s(), self._zone).date()

    def note(self) -> None:
        """Record what every account has stored now, where it is more than at any time of this day before."""
        video, day = tables.video.c, tables.storage_day.c
        stored = sa.select(video.account_id, sa.func.sum(video.size_bytes).label("bytes")).group_by(video.account_id)
        today = self.today().isoformat()
        # Before the transaction: it takes a while with many videos, and on SQLite nobody else writes in a transaction.
        with self._engine.connect() as connection:
            rows = connection.execute(stored).all()
        with self._engine.begin() as connection:
            for row in rows:
                values = {"account_id": row.account_id, "day": today, "peak_bytes": int(row.bytes)}
                if not insert_new(connection, tables.storage_day, values):
                    lower = sa.and_(day.account_id == row.account_id, day.day == today, day.peak_bytes < int(row.bytes))
                    connection.execute(tables.storage_day.update().where(lower).values(peak_bytes=int(row.bytes)))

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
