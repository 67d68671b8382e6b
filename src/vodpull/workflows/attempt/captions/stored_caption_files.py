"""The captions of videos in the store: their files, and their lines in the playlists that clients know."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from vodpull import captions, storage
from vodpull.clock import now_ms
from vodpull.errors import CaptionInvalid, ObjectMissing
from vodpull.jobs.job_folders import folder_key
from vodpull.jobs.model import Job
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.caption_rows import Caption, CaptionOrigin, CaptionRows
from vodpull.materials.material import Material
from vodpull.workflows.attempt.captions.mpd_captions import mpd_with_captions
from vodpull.workflows.attempt.context import replaces

FILES_AT_ONCE = 8

_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class ShownCaption:
    """How a caption is to be shown."""

    language: str
    """By BCP 47."""
    label: str = ""
    """Empty: what the language is called."""
    is_default: bool = False
    is_forced: bool = False
    origin: CaptionOrigin


class CaptionFiles:
    """Puts the text tracks of one installation into its store, and takes them out."""

    def __init__(self, database: sa.Engine, objects: storage.ObjectStore) -> None:
        self._rows = CaptionRows(database)
        self._objects = objects

    async def given(self, video_id: str) -> list[Caption]:
        """Return the captions that somebody has given a video: all but those of its source."""
        known = await asyncio.to_thread(self._rows.of_video, video_id)
        return [caption for caption in known if caption.origin is not CaptionOrigin.SOURCE]

    async def put(self, job: Job, wanted: ShownCaption, track: captions.CueList) -> None:
        """
        Keep a track of a job's video under its language, in the place of the one that is there.

        The playlists do not know it yet: `show` tells them.

        Raises:
            CaptionInvalid: nothing of it can be seen in the video.
            NotFound: the video is gone.
            NotAllowedNow: it has too many, or somebody else changes this one.
        """
        duration_s = job.asset.duration_s if job.asset else 0.0
        kept = captions.kept_within(track, duration_s)
        written = await asyncio.to_thread(captions.write_track, kept, duration_s=duration_s)
        folder = f"{wanted.language}-{_digest(written)}"
        await asyncio.to_thread(self._rows.begin, job.video_id, wanted.language, folder)
        await self._upload(f"{captions_of(job)}/{folder}", written)
        caption = Caption(
            language=wanted.language,
            label=wanted.label or captions.language_name(wanted.language),
            is_default=wanted.is_default,
            is_forced=wanted.is_forced,
            origin=wanted.origin,
            folder=folder,
            cues=written.cues,
            left_out=kept.left_out,
            size_bytes=written.size_bytes,
            updated_at_ms=now_ms(),
        )
        await asyncio.to_thread(self._rows.put, job.video_id, caption)

    async def read(self, material: Material) -> captions.CueList:
        """
        Return the cues of a caption file that is kept as a material.

        Raises:
            CaptionInvalid: it cannot be read.
        """
        if material.size_bytes > captions.MAX_BYTES:
            raise CaptionInvalid(f"the file is larger than {captions.MAX_BYTES} bytes")
        return await asyncio.to_thread(captions.read_track, await self._objects.get_bytes(material.key))

    async def _upload(self, folder: str, written: captions.WrittenTrack) -> None:
        """Put segments first, and the playlist that names them last."""
        *parts, playlist = written.files
        slots = asyncio.Semaphore(FILES_AT_ONCE)

        async def put(name: str) -> None:
            async with slots:
                await self._objects.put_bytes(f"{folder}/{name}", written.files[name])

        await asyncio.gather(*map(put, parts))
        await put(playlist)

    async def show(self, job: Job) -> None:
        """
        Let the playlists that play name the captions that their video has; again is as good as once.

        Of two at the same moment the later one reads what both have changed. What is still growing gets them when it is
        published.
        """
        if job.asset is None or not (job.stage is Stage.DONE or replaces(job)):
            return
        made = (file for file in job.asset.files if file is not job.asset.original)
        known = [file.key for file in made if file.key.endswith(".m3u8")]
        # The one that names all others comes last.
        keys = dict.fromkeys((*known, job.asset.playlist_key))
        shown: list[Caption] | None = None
        while shown != (now := await asyncio.to_thread(self._rows.of_video, job.video_id)):
            shown = now
            for key in filter(None, keys):
                await self._tie(key, text_renditions(job, shown))
            await self._describe(job, shown)

    async def _describe(self, job: Job, known: Iterable[Caption]) -> None:
        """Write the MPD of a video anew; videos of older releases have none."""
        asset = job.asset
        if asset is not None and asset.mpd_key and asset.presentation_key:
            presented = await self._objects.get_bytes(asset.presentation_key)
            text = mpd_with_captions(presented, known, folder=captions_of(job).rpartition("/")[2])
            await self._objects.put_bytes(asset.mpd_key, text.encode())

    async def _tie(self, key: str, texts: Iterable[captions.TextRendition]) -> None:
        try:
            before = (await self._objects.get_bytes(key)).decode()
        except ObjectMissing:  # nobody plays it
            return
        after = captions.tie(before, list(texts))
        if after != before:
            await self._objects.put_bytes(key, after.encode())

    def show_early(self, job: Job, folder: Path) -> None:
        """Let the playlists of a folder that is about to be published name the captions of their video."""
        known = self._rows.of_video(job.video_id)
        # Each is made from itself, and in its folder all is published: what a kill leaves half written lies beside it.
        tied = folder.with_name(f"{folder.name}.tied")
        for path in folder.glob("*.m3u8"):
            tied.write_text(captions.tie(path.read_text("utf-8"), text_renditions(job, known)), "utf-8")
            tied.replace(path)
        for path in folder.glob("*.mpd"):
            presented, beside = path.with_suffix(".json").read_bytes(), captions_of(job).rpartition("/")[2]
            path.write_text(mpd_with_captions(presented, known, folder=beside), "utf-8")


def captions_of(job: Job) -> str:
    """Return the key prefix of all captions of a job's video, without a trailing slash."""
    return storage.captions_folder(folder_key(job), job.video_id)


def text_renditions(job: Job, known: Iterable[Caption]) -> list[captions.TextRendition]:
    """Return captions as the playlists of their video name them."""
    folder = captions_of(job).rpartition("/")[2]
    return [
        captions.TextRendition(
            uri=f"{folder}/{caption.folder}/{captions.PLAYLIST}",
            name=caption.label,
            language=captions.public_tag(caption.language),
            is_default=caption.is_default,
            is_forced=caption.is_forced,
            is_for_deaf=captions.is_for_deaf(caption.language),
        )
        for caption in known
    ]


def _digest(written: captions.WrittenTrack) -> str:
    digest = hashlib.sha256()
    for name, content in written.files.items():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:_DIGITS]
