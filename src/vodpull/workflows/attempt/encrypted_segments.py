"""The segments of encrypted videos: encrypted once they are proven, and read in clear where others are made of them."""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Mapping
from pathlib import Path

from vodpull import media, storage
from vodpull.errors import OutputInvalid
from vodpull.jobs.model import Job
from vodpull.jobs.store.content_keys import ContentKeys
from vodpull.workflows.attempt.workspace.verified import Verified


class ClearFiles:
    """Reads the files that our own playlists name, in clear."""

    def __init__(self, objects: storage.ObjectStore, content_keys: ContentKeys) -> None:
        self.objects = objects
        self._content_keys = content_keys

    async def read(self, playlist_key: str, uri: str, *, locks: Mapping[str, media.Lock]) -> bytes:
        """
        Return a file that a playlist names; `locks` are those of the playlist (`media.locks_of`).

        Raises:
            OutputInvalid: it cannot be decrypted.
        """
        found = await self.objects.get_bytes(beside(playlist_key, uri))
        lock = locks.get(uri)
        if lock is None:
            return found
        key = await asyncio.to_thread(self._content_keys.find, lock.key_id)
        if key is None:
            raise OutputInvalid("the key of a segment is gone")
        opener = media.ContentKey(key_id=lock.key_id, secret=key.secret)
        return await asyncio.to_thread(media.decrypted, found, opener, lock.number)


async def encrypt(
    verified: Verified, plan: media.EncodePlan, folder: Path, *, job: Job, content_keys: ContentKeys
) -> Verified:
    """
    Encrypt a proven package in its folder, with the keys of this attempt, if its plan says so; return what it is then.

    Raises:
        OutputInvalid: what it then holds is not what was proven.
    """
    presentation = verified.package.presentation
    if plan.encrypt == "none" or presentation is None:
        return verified
    segments = max(len(presentation.lengths_s(track)) for track in presentation.tracks)
    count = media.keys_needed(segments, key_segments=plan.key_segments)
    keys = await asyncio.to_thread(content_keys.of_attempt, job.video_id, job.attempt, count=count)
    package, renditions = await asyncio.to_thread(
        media.encrypt_package, folder, plan, verified.package, renditions=verified.renditions, keys=keys
    )
    return Verified(package=package, renditions=renditions, proof=verified.proof)


def beside(key: str, uri: str) -> str:
    """Return the key of what a playlist names."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(key), uri))
