"""
Pictures that come with videos of other clouds, in the place of one of the film; none is worth a failed job.

Which are taken, and how large they may be, is decided in `media/package/pictures/poster_file_checks.py`.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
import structlog

from vodpull import media, storage
from vodpull.errors import FetchError, MediaError
from vodpull.imports.entries import Entry
from vodpull.imports.import_rows import entry_of_job
from vodpull.jobs.job_folders import folder_key
from vodpull.jobs.model import Asset, AssetWarning, Batch, Job
from vodpull.jobs.submission.url_credentials import without_user_info
from vodpull.workflows.attempt.extras.small_downloads import SideFiles

LEFT_OUT = "poster_left_out"

log = structlog.get_logger(__name__)


class Posters:
    """Brings the posters of one process's jobs."""

    def __init__(
        self, database: sa.Engine, objects: storage.ObjectStore, side_files: SideFiles, *, toolbox: media.Toolbox
    ) -> None:
        self._database = database
        self._objects = objects
        self._side_files = side_files
        self._toolbox = toolbox

    async def bring(self, batch: Batch, job: Job, asset: Asset) -> Asset:
        """Return an asset with the poster that the job's entry of an import names, or with why it has none."""
        own_key = job.asset.own_poster_key if job.asset else ""
        entry = await asyncio.to_thread(self._entry_of, job.job_id)
        warnings = asset.warnings
        if entry is not None and entry.poster_url:
            key = key_of(job, entry)
            reason = "" if key == own_key else await self.put(key, entry, account_id=batch.account_id)
            if reason:
                log.warning("poster left out", job=job.job_id, reason=reason)
                told = AssetWarning(code=LEFT_OUT, message=f"the poster is left out: {reason}")
                warnings = (*warnings, told)
            else:
                own_key = key
        return replace(asset, own_poster_key=own_key, poster_key=own_key, warnings=warnings)

    def _entry_of(self, job_id: str) -> Entry | None:
        with self._database.connect() as connection:
            found = entry_of_job(connection, job_id)
        return found[1].entry if found else None

    async def put(self, key: str, entry: Entry, *, account_id: str) -> str:
        """Keep the picture of an entry under a key, and return why that cannot be; empty: it is there."""
        url = without_user_info(entry.poster_url or "")
        try:
            picture = await self._side_files.content(url, account_id=account_id, max_bytes=media.MAX_COVER_BYTES)
            with tempfile.TemporaryDirectory(prefix="vodpull-poster-") as place:
                source, out = Path(place) / "picture", Path(place) / "out"
                await asyncio.to_thread(_lay_out, source, out, picture)
                made = await media.make_cover(source, out, toolbox=self._toolbox)
                await self._objects.put_file(key, made)
        except (FetchError, MediaError) as error:
            return str(error)
        return ""


def _lay_out(source: Path, out: Path, picture: bytes) -> None:
    out.mkdir()
    source.write_bytes(picture)


def key_of(job: Job, entry: Entry) -> str:
    """Return the key of an entry's picture: another one for another picture, and the same for the same."""
    return storage.own_poster_key(folder_key(job), job.video_id, entry.poster_mark)
