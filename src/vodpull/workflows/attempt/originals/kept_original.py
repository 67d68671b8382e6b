"""
Under which key an original is kept, whether its file is handed to the store or copied, and what digests are told of it.

Names of keys: `storage/original_names.py`. How it comes back as a local file: `local_copy.py`.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from vodpull import media, storage
from vodpull.jobs.job_folders import folder_key
from vodpull.jobs.model import Asset, Job
from vodpull.jobs.states_and_codes import EDITED
from vodpull.workflows.attempt.asset_files import original_asset
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.originals.edits import Edits


class KeptOriginals:
    """Keeps the originals of one process's jobs."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._edits = Edits(context)

    async def store(self, job: Job, source: Path, *, name: str, info: media.MediaInfo | None) -> Asset:
        """Keep a source under its final key, and return what a job has of it."""
        key = f"{folder_key(job)}/{storage.original_name(name, video_id=job.video_id)}"
        media_bytes = 0
        if job.origin in EDITED and key.endswith(".m3u8"):
            media_bytes = await self._edits.put_playlist(job, source, key=key)
        else:
            await self._context.objects.adopt_file(key, source)
        size_bytes = (await self._context.objects.head(key)).size_bytes
        digests = await asyncio.to_thread(self._context.workspace(job).digests, source)
        asset = original_asset(job, info, key=key, size_bytes=size_bytes, media_bytes=media_bytes)
        return replace(asset, md5=digests["md5"], sha256=digests["sha256"])
