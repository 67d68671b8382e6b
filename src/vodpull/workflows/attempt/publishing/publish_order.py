"""In which order the files of a finished package go to their place in the store: what names others comes after them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from vodpull import storage
from vodpull.jobs.job_folders import folder_key
from vodpull.jobs.model import Asset, Job
from vodpull.jobs.store.job_refs import JobRef
from vodpull.workflows.attempt.asset_files import published_asset, with_quality
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.single_flight import run_all
from vodpull.workflows.attempt.stable_playlist_names import is_playlist, make_known
from vodpull.workflows.attempt.workspace.preview_note import published_already
from vodpull.workflows.attempt.workspace.verified import package_files, read_verified

FILES_AT_ONCE = 8
"""On their way to the store, or results from there."""


async def publish_package(job: Job, folder: Path, context: Context) -> Asset:
    """Put the files of a verified package under their final keys, playlists last, and return the asset they make."""
    objects, verified = context.objects, read_verified(folder)
    package, renditions = verified.package, verified.renditions
    names = [name for name in package_files(folder) if name != package.multivariant]
    there = await asyncio.to_thread(published_already, folder, context.workspace(job).preview)
    await upload(objects, job, folder, names=[name for name in names if not is_playlist(name) and name not in there])
    await upload(objects, job, folder, names=[name for name in names if is_playlist(name)])
    await upload(objects, job, folder, names=[package.multivariant])
    await make_known(objects, job, folder, names=[*names, package.multivariant])
    outputs = {name: (folder / name).stat().st_size for name in (*names, package.multivariant)}
    context.watch.meters.stored(sum(outputs.values()))
    if any(rendition.quality for rendition in renditions):
        decisions = with_quality(job.decisions, package, renditions)
        await asyncio.to_thread(context.store.record_decisions, JobRef.of(job), decisions)
    return published_asset(job, package, renditions, outputs=outputs, proof=verified.proof)


async def upload(objects: storage.ObjectStore, job: Job, folder: Path, *, names: Iterable[str]) -> None:
    """Put files of a folder under their keys, some at a time and in no order."""
    slots = asyncio.Semaphore(FILES_AT_ONCE)

    async def put(name: str) -> None:
        async with slots:
            await objects.put_file(f"{folder_key(job)}/{name}", folder / name)

    await run_all([put(name) for name in names])
