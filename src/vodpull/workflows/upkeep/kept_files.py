"""
Which stored files of a job are kept and which go, when it was given up or newer outputs replaced older ones.

When they go is decided where they are replaced: `jobs/store/replaced_files.py`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable

from vodpull import storage
from vodpull.jobs.job_folders import folder_of, fragments_name, outputs_name
from vodpull.jobs.model import Asset
from vodpull.jobs.owned_files import Holding, Holdings

PER_ROUND = 20

REMOVED_WITHIN_S = 10.0
"""The rest goes with the next sweep."""

NO_RETRY_S = 60.0
"""When a removal breaks off, its last requests may still arrive; longer than it by the error of clocks, too."""


_CAPTION = re.compile(r"/[0-9a-f]{32}-captions/(?P<folder>[^/]+)/")


class Leftovers:
    """Removes what jobs that were given up hold beyond their asset: what was shown of them early, for one."""

    def __init__(self, holdings: Holdings, objects: storage.ObjectStore) -> None:
        self._holdings = holdings
        self._objects = objects

    async def remove(self, directory: str, keys: Collection[str], *, holding: Holding, before_ms: int) -> int:
        """Remove what is left of a job that ended before a time, and return how much; no retry begins meanwhile."""
        if not strangers(holding, keys):
            return 0
        with self._holdings.no_retry(holding.batch_id, for_s=NO_RETRY_S):
            now = self._holdings.of([directory], settled_before_ms=before_ms)
            doomed = strangers(now[directory], keys) if directory in now else []
            async with asyncio.timeout(REMOVED_WITHIN_S):
                await self._objects.delete_all(doomed)
        return len(doomed)

    async def remove_superseded(self) -> int:
        """Remove the outputs that newer ones have replaced for long enough, one round; return of how many folders."""
        due = await asyncio.to_thread(self._holdings.superseded, limit=PER_ROUND)
        for directory in due:
            await self._remove_superseded(directory)
        return len(due)

    async def _remove_superseded(self, directory: str) -> None:
        """Remove what the job does not keep; of one that is under way nothing, as its end plans it anew."""
        found = self._holdings.final_holding(directory)
        if found is not None:
            job, holding = found
            folder = folder_of(directory=directory, created_at_ms=job.created_at_ms, origin=job.origin)
            keys = await self._objects.list_keys(f"{folder}/")
            with self._holdings.no_retry(holding.batch_id, for_s=NO_RETRY_S):
                again = self._holdings.final_holding(directory)
                async with asyncio.timeout(REMOVED_WITHIN_S):
                    await self._objects.delete_all([] if again is None else strangers(again[1], keys))
                if again is not None and again[1].asset is not None:
                    await asyncio.to_thread(self._holdings.forget_other_keys, directory, again[1].asset)
        await asyncio.to_thread(self._holdings.supersession_done, directory)


def strangers(holding: Holding, keys: Iterable[str]) -> list[str]:
    """Return those of the keys of a job's folder that it does not keep. Pure."""
    if holding.everything:
        return []
    return [key for key in keys if not _is_kept(holding, key)]


def _is_kept(holding: Holding, key: str) -> bool:
    text = _CAPTION.search(key)
    if text is not None:
        return text["folder"] in holding.captions
    return holding.asset is not None and keeps(holding.asset, key)


def keeps(asset: Asset, key: str) -> bool:
    """Tell whether a key of a job's folder belongs to its asset, and not to an attempt that is over. Pure."""
    if key in {file.key for file in asset.files} or key in asset.outputs or key == asset.own_poster_key:
        return True
    if asset.original and f"/{fragments_name(asset.video_id)}/" in key:  # of an original that is a playlist
        return True
    if not asset.playlist_key:  # nothing but the original
        return False
    folder = asset.playlist_key.rpartition("/")[0]
    name = key.removeprefix(f"{folder}/")
    if asset.outputs:
        return name.startswith(f"{outputs_name(asset.video_id, asset.attempt)}/")
    # An older release has not kept their names; all that is known not to be its own is what later attempts made.
    return not re.match(rf"{re.escape(asset.video_id)}-r[0-9]", name)
