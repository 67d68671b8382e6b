"""Whether a process can take work: its database and its store answer, and its disk has more free than is kept."""

from __future__ import annotations

import asyncio
import shutil

import sqlalchemy as sa

from vodpull import storage
from vodpull.settings import Settings


async def working_parts(database: sa.Engine, objects: storage.ObjectStore, settings: Settings) -> dict[str, bool]:
    """Return of each part whether it works."""
    return {
        "database": await asyncio.to_thread(_database_answers, database),
        "storage": await storage.store_answers(objects),
        "disk": shutil.disk_usage(settings.data_dir).free > settings.min_free_bytes,
    }


def _database_answers(database: sa.Engine) -> bool:
    try:
        with database.connect() as connection:
            connection.execute(sa.select(1))
    except sa.exc.SQLAlchemyError:
        return False
    return True
