"""What an import renews of videos that are here already: pictures, and what is told of them."""

from __future__ import annotations

import asyncio

from vodpull.errors import NotAllowedNow, NotFound, ParameterError
from vodpull.imports.import_rows import EntryChange, read_posters_due, told_before
from vodpull.imports.import_states import EntryState, Import, ListedEntry
from vodpull.imports.outcomes.kept_edits import dress_again
from vodpull.jobs.store.replaced_poster import show_poster
from vodpull.jobs.store.store import Store
from vodpull.videos.library import find_video
from vodpull.workflows.attempt.extras.optional_imported_posters import Posters, key_of

AT_ONCE = 4
"""In one turn: all of them are here within the time of a turn, however slow their origin is."""


class ChangedElsewhere:
    """Brings the pictures of one process's imports."""

    def __init__(self, store: Store, posters: Posters) -> None:
        self._store = store
        self._posters = posters

    async def bring(self, found: Import) -> list[EntryChange]:
        """Bring the next pictures of an import; again is as good as once."""
        due = await asyncio.to_thread(self._due, found)
        return list(await asyncio.gather(*(self._bring(found, listed) for listed in due)))

    def _due(self, found: Import) -> list[ListedEntry]:
        with self._store.engine.connect() as connection:
            return read_posters_due(connection, found.import_id, limit=AT_ONCE)

    async def _bring(self, found: Import, listed: ListedEntry) -> EntryChange:
        warnings: tuple[str, ...] = ()
        try:
            await asyncio.to_thread(self._dress, found, listed)
        except (NotFound, NotAllowedNow, ParameterError) as error:
            warnings = (f"what is told of it stays as it was: {error}",)
        reason = await self._put(found, listed)
        warnings += (f"the poster is left out: {reason}",) if reason else ()
        return EntryChange(number=listed.number, state=EntryState.EXISTS, video_id=listed.video_id, warnings=warnings)

    def _dress(self, found: Import, listed: ListedEntry) -> None:
        with self._store.transaction() as connection:
            before = told_before(connection, found, [listed.origin_id]).get(listed.origin_id)
            now = listed.entry.news_after(before)
            if before and now:
                dress_again(connection, listed.video_id or "", before=before, now=now)

    async def _put(self, found: Import, listed: ListedEntry) -> str:
        """Return why the picture of an entry cannot be shown; empty: it is, or there is none."""
        try:
            job_id = await asyncio.to_thread(self._job_of, listed)
        except NotFound as error:
            return str(error)
        _, job = await asyncio.to_thread(self._store.find_job, job_id)
        mark = listed.entry.poster_mark
        if not mark or (job.asset and f"-{mark}." in job.asset.own_poster_key):
            return ""
        key = key_of(job, listed.entry)
        reason = await self._posters.put(key, listed.entry, account_id=found.account_id)
        if not reason and not await asyncio.to_thread(self._show, job_id, key):
            return "the video is encoded just now; the next import brings it"
        return reason

    def _job_of(self, listed: ListedEntry) -> str:
        with self._store.engine.connect() as connection:
            return find_video(connection, listed.video_id or "", account_id=None).job_id

    def _show(self, job_id: str, key: str) -> bool:
        with self._store.transaction() as connection:
            return show_poster(connection, job_id, key)
