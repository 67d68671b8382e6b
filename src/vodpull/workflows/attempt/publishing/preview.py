"""
When the beginning of a film that is still encoded is playable, and when that is taken back.

What of it has reached the store: `workspace/preview_note.py`; what is encoded before it is due: `ahead/`.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from itertools import takewhile

from vodpull import media
from vodpull.jobs.job_folders import folder_key
from vodpull.jobs.model import Job
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.preview_rows import hide_preview
from vodpull.workflows.attempt.captions.stored_caption_files import captions_of
from vodpull.workflows.attempt.context import Context, made_name, replaces
from vodpull.workflows.attempt.publishing.publish_order import upload
from vodpull.workflows.attempt.workspace.pieces import Planned
from vodpull.workflows.attempt.workspace.preview_note import Previewed, read_note, write_note


class Previews:
    """The previews of one process's jobs."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def show(
        self, job: Job, planned: Planned, *, chunks: int, parts: Callable[[int], Awaitable[media.Parts | None]]
    ) -> str | None:
        """
        Publish the first chunks of a job under way as growing playlists; return the key of the multivariant one.

        What is here of those that follow is shown with them. None: a piece of it is not at hand, and this is no reason
        to make it; or all are, and the whole comes next; or more is shown already; or it will be encrypted.
        `parts` finds the pieces of so many chunks.
        """
        if planned.plan.encrypt != "none":  # nothing of it is ever there in clear
            return None
        folder = self._context.workspace(job).preview
        before, ready = read_note(folder), self._ready(job, planned, chunks)
        if chunks < before.chunks or ready == len(planned.plan.chunks):
            return None
        found = await parts(ready)
        if found is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        preview = await media.package_preview(
            planned.plan,
            found,
            folder,
            video_id=made_name(job),
            after=before.segments,
            toolbox=self._context.toolbox,
        )
        for names in (preview.files, preview.playlists, [preview.multivariant]):
            await upload(self._context.objects, job, folder, names=names)
        files = before.files | {*preview.files}
        write_note(folder, Previewed(chunks=ready, segments=preview.segments, files=files))
        return f"{folder_key(job)}/{preview.multivariant}"

    def _ready(self, job: Job, planned: Planned, chunks: int) -> int:
        """Return how many of the first chunks are there, when so many are, counting on in what lies here."""
        place = self._context.workspace(job)
        return chunks + sum(
            1 for _ in takewhile(lambda name: place.result(name).exists(), planned.chunk_names[chunks:])
        )

    async def withdraw(self, job: Job) -> None:
        """Remove what a preview has published of an attempt that came to nothing; what earlier ones made stays."""
        if job.asset is None:
            return
        keys = await self._context.objects.list_keys(f"{folder_key(job)}/")
        held = {file.key for file in job.asset.files}
        if replaces(job):
            mine = f"{folder_key(job)}/{made_name(job)}"
            keys = [key for key in keys if key.startswith((f"{mine}/", f"{mine}.", f"{mine}-"))]
        texts = f"{captions_of(job)}/"
        await self._context.objects.delete_all([key for key in keys if key not in held and not key.startswith(texts)])

    async def hide(self, job: Job) -> None:
        """Take back what was shown early: it may be wrong."""
        _, now = await asyncio.to_thread(self._context.store.find_job, job.job_id)
        if now.asset is not None and now.asset.playlist_key and not replaces(now):
            await asyncio.to_thread(hide_preview, self._context.store.engine, JobRef.of(job))
            await self.withdraw(now)
        await asyncio.to_thread(shutil.rmtree, self._context.workspace(job).preview, ignore_errors=True)
