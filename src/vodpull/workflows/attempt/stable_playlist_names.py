"""The names of playlists that clients know: they stay from attempt to attempt, and lead to the newest whole outputs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from vodpull import storage
from vodpull.jobs.job_folders import folder_key
from vodpull.jobs.model import Job
from vodpull.workflows.attempt.context import Context, made_name, replaces


async def make_known(objects: storage.ObjectStore, job: Job, folder: Path, *, names: Iterable[str]) -> None:
    """
    Give the playlists of a folder the names that clients know, before the job says so; names in use stay.

    `switch` turns those when the job is final: until then what they lead to plays.
    """
    taken = set(await objects.list_keys(f"{folder_key(job)}/")) if replaces(job) else set()
    for name in names:
        key = f"{folder_key(job)}/{name}"
        known = known_key(key, job)
        if known not in {key, *taken}:
            await objects.put_file(known, folder / name)


async def switch(context: Context, job: Job) -> None:
    """
    Let the names that clients know lead to the outputs of this attempt, if it is the newest; again is as good as once.

    Only the playlists: a player that has read one goes on with the files that it names, for an hour.
    """
    _, now = await asyncio.to_thread(context.store.find_job, job.job_id)
    if now.asset is None or now.asset.attempt != job.attempt:
        return
    made = [key for key in now.asset.outputs if is_playlist(key) and known_key(key, job) != key]
    # The one that names the others comes last, and has the shortest name.
    for key in sorted(made, key=len, reverse=True):
        await context.objects.put_bytes(known_key(key, job), await context.objects.get_bytes(key))


def known_key(key: str, job: Job) -> str:
    """Return the key under which clients know a playlist of this attempt; of other files the same key."""
    folder = folder_key(job)
    name = key.removeprefix(f"{folder}/{made_name(job)}")
    return f"{folder}/{job.video_id}{name}" if name != key and is_playlist(key) else key


def is_playlist(name: str) -> bool:
    """Tell whether a file leads players to others: its name stays, and what it leads to may change."""
    return name.endswith((".m3u8", ".mpd"))
