"""
An export with its files: copied into a store that takes the library elsewhere, verified, only what is new or changed.

What the other store has of a video stands in a small index there, written as the copy goes on: whoever is killed goes
on behind the last entry, and who comes again copies nothing twice.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from vodpull import captions, storage
from vodpull.errors import ObjectMissing, StorageError, StorageUnavailable
from vodpull.jobs.job_folders import folder_key
from vodpull.jobs.kept_files import keeps
from vodpull.jobs.model import Asset
from vodpull.jobs.states_and_codes import EncodeState
from vodpull.jobs.store.caption_rows import Caption, CaptionRows
from vodpull.jobs.store.store import Store
from vodpull.videos.video import Video

INDEX = "export"
"""What the keys of the indexes begin with."""

AT_ONCE = 4
"""Files of a video at the same time; each holds a part of its upload in memory."""

NOTE_FILES, NOTE_BYTES = 200, 64 * 1024 * 1024
"""The index is written anew after so many files or bytes: as much as a kill costs."""


@dataclass(frozen=True, kw_only=True)
class CopiedFile:
    """A file as the other store has it."""

    size_bytes: int
    sha256: str
    modified_s: float
    """Of the file that was copied; Unix time."""


@dataclass(kw_only=True)
class Copied:
    """What the other store has of a video, and what that took."""

    video_id: str
    files: dict[str, CopiedFile] = field(default_factory=dict)
    """By key: all that belongs to the video as it is now."""
    texts: Sequence[tuple[Caption, str]] = ()
    """Its captions, each with the key of the whole, in WebVTT."""
    copied: int = 0
    copied_bytes: int = 0


_FILES = TypeAdapter(dict[str, CopiedFile])


class Copies:
    """Copies the files of one installation's videos into another store."""

    def __init__(self, database: sa.Engine, source: storage.ObjectStore, target: storage.ObjectStore) -> None:
        self._store = Store(database)
        self._captions = CaptionRows(database)
        self._source = source
        self._target = target

    async def copy(self, video: Video) -> Copied:
        """
        Bring all files of a video into the other store, and return what is there of it.

        Raises:
            ObjectMissing: a file of it was replaced meanwhile: copy it again as it is then.
            StorageError: a file cannot be read or written, or is another one after it was.
        """
        _, job = await asyncio.to_thread(self._store.find_job, video.job_id)
        folder = folder_key(job)
        above = storage.captions_folder(folder, video.video_id)
        known_texts = await asyncio.to_thread(self._captions.of_video, video.video_id)
        texts = tuple(f"{above}/{each.folder}/" for each in known_texts)
        wanted = [
            found
            async for page in self._source.list_pages(f"{folder}/")
            for found in page
            if found.key.startswith(texts) or _is_wanted(video, found.key)
        ]
        known = await self._known(video.video_id)
        there = {found.key: found.size_bytes async for page in self._target.list_pages(f"{folder}/") for found in page}
        named = [(each, f"{text}{captions.WHOLE}") for each, text in zip(known_texts, texts, strict=True)]
        copied = Copied(video_id=video.video_id, texts=named)
        for found in wanted:
            before = known.get(found.key)
            if before and _is_same(before, found) and there.get(found.key) == found.size_bytes:
                copied.files[found.key] = before
        await self._bring([found for found in wanted if found.key not in copied.files], copied, video.asset)
        return copied

    async def _bring(self, missing: Sequence[storage.ListedObject], copied: Copied, asset: Asset) -> None:
        """Copy files, playlists last, and write the index now and again."""
        ordered = sorted(missing, key=lambda found: found.key.endswith((".m3u8", ".mpd")))
        batch: list[storage.ListedObject] = []
        for number, found in enumerate(ordered, 1):
            batch.append(found)
            is_much = len(batch) >= NOTE_FILES or sum(each.size_bytes for each in batch) >= NOTE_BYTES
            if is_much or number == len(ordered):
                await self._bring_some(batch, copied, asset)
                await self._target.put_bytes(_index_key(copied.video_id), _FILES.dump_json(copied.files))
                batch = []

    async def _bring_some(self, batch: Sequence[storage.ListedObject], copied: Copied, asset: Asset) -> None:
        slots = asyncio.Semaphore(AT_ONCE)

        async def bring(found: storage.ListedObject) -> None:
            async with slots:
                digest = await self._copy(found)
            original = asset.original
            if original and original.key == found.key and asset.sha256 not in {"", digest}:
                raise StorageError(f"{found.key} is not what was stored: its SHA-256 is {digest}")
            copied.files[found.key] = CopiedFile(
                size_bytes=found.size_bytes, sha256=digest, modified_s=found.modified_s
            )
            copied.copied += 1
            copied.copied_bytes += found.size_bytes

        try:
            async with asyncio.TaskGroup() as group:
                for found in batch:
                    group.create_task(bring(found))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors

    async def _copy(self, found: storage.ListedObject) -> str:
        """Copy one file, read it back, and return its SHA-256."""
        key, size_bytes = found.key, found.size_bytes
        sent = hashlib.sha256()

        async def blocks() -> AsyncIterator[bytes]:
            async for block in self._source.read(key, 0, size_bytes):
                sent.update(block)
                yield block

        await self._target.put_stream(key, blocks(), size_bytes=size_bytes)
        back = hashlib.sha256()
        async for block in self._target.read(key, 0, size_bytes):
            back.update(block)
        if (await self._target.head(key)).size_bytes != size_bytes or back.digest() != sent.digest():
            raise StorageUnavailable(f"{key} came into the other store as another one")
        return sent.hexdigest()

    async def _known(self, video_id: str) -> Mapping[str, CopiedFile]:
        try:
            return _FILES.validate_json(await self._target.get_bytes(_index_key(video_id)))
        except (ObjectMissing, ValidationError):
            return {}


def _index_key(video_id: str) -> str:
    return f"{INDEX}/{video_id}.json"


def _is_same(before: CopiedFile, found: storage.ListedObject) -> bool:
    return (before.size_bytes, before.modified_s) == (found.size_bytes, found.modified_s)


def _is_wanted(video: Video, key: str) -> bool:
    """Tell whether a file belongs to a video and is of use elsewhere: no ciphertext, as its keys stay here."""
    asset = video.asset
    if not keeps(asset, key):
        return False
    is_growing = video.encode_state is EncodeState.ENCODING and not asset.outputs
    is_original = asset.original is not None and key == asset.original.key
    return is_original or key in {asset.poster_key, asset.own_poster_key} or not (video.is_encrypted or is_growing)
