"""
Captions that people put to their videos, exchange and remove; nothing is encoded for it.

Those that come with a request, an upload or an import: `sidecar_checks.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vodpull import captions
from vodpull.errors import FetchError, NotFound, ParameterError
from vodpull.jobs.model import Job
from vodpull.jobs.store.caption_rows import Caption, CaptionOrigin, CaptionRows
from vodpull.jobs.store.store import Store
from vodpull.materials.material import Material
from vodpull.videos.video import Video
from vodpull.workflows.attempt.captions.stored_caption_files import CaptionFiles, ShownCaption, captions_of
from vodpull.workflows.attempt.extras.small_downloads import SideFiles
from vodpull.workflows.requests.sidecar_checks import checked_label


@dataclass(frozen=True, kw_only=True)
class StoredCaption:
    """A caption of a video, and where its files are."""

    caption: Caption
    key: str
    """Of the whole, in WebVTT."""
    playlist_key: str


class Captioning:
    """Changes the captions of videos."""

    def __init__(self, store: Store, files: CaptionFiles, *, side_files: SideFiles) -> None:
        self._store = store
        self._rows = CaptionRows(store.engine)
        self._files = files
        self._side_files = side_files

    def of_video(self, video: Video) -> list[StoredCaption]:
        """Return the captions of a video, the default first, then by language."""
        _, job = self._store.find_job(video.job_id)
        return [_stored(job, caption) for caption in self._rows.of_video(video.video_id)]

    def find(self, video: Video, language: str) -> StoredCaption:
        """
        Return the caption of one language.

        Raises:
            NotFound: there is none.
        """
        tag = captions.language_tag(language)
        for stored in self.of_video(video):
            if stored.caption.language == tag:
                return stored
        raise NotFound("the video has no caption of this language", field="language")

    async def put(self, video: Video, wanted: ShownCaption, content: bytes | str) -> StoredCaption:
        """
        Keep a caption file, or the one at a URL, in the place of what the language has; players see it at once.

        Raises:
            CaptionInvalid: it cannot be read, or nothing of it can be seen in the video.
            ParameterError: language or label are none, or the file could not be fetched.
            NotFound, NotAllowedNow: as `CaptionFiles.put`.
        """
        wanted = replace(wanted, language=captions.language_tag(wanted.language), label=checked_label(wanted.label))
        if isinstance(content, str):
            track = await self._fetched(content, account_id=video.account_id)
        else:
            track = await asyncio.to_thread(captions.read_track, content)
        _, job = await asyncio.to_thread(self._store.find_job, video.job_id)
        await self._files.put(job, wanted, track)
        await self._show(video)
        return await asyncio.to_thread(self.find, video, wanted.language)

    async def _fetched(self, url: str, *, account_id: str) -> captions.CueList:
        try:
            return await self._side_files.caption(url, account_id=account_id)
        except FetchError as error:
            raise ParameterError(str(error), field="url") from error

    async def read_material(self, material: Material) -> captions.CueList:
        """
        Return the cues of a caption file that is kept as a material.

        Raises:
            CaptionInvalid: it cannot be read.
        """
        return await self._files.read(material)

    @staticmethod
    def check_fits(video: Video, tracks: Iterable[captions.CueList]) -> None:
        """
        Make sure that of each track something can be seen in a video.

        Raises:
            CaptionInvalid: of one nothing can.
        """
        for track in tracks:
            captions.kept_within(track, video.duration_s)

    async def give(self, video: Video, tracks: Sequence[tuple[ShownCaption, captions.CueList]]) -> None:
        """Keep these captions of materials with a video, and no others of materials; they were seen to fit."""
        known = await asyncio.to_thread(self._rows.of_video, video.video_id)
        wanted = {each.language for each, _ in tracks}
        for caption in known:
            if caption.origin is CaptionOrigin.MATERIAL and caption.language not in wanted:
                await asyncio.to_thread(self._rows.remove, video.video_id, caption.language)
        _, job = await asyncio.to_thread(self._store.find_job, video.job_id)
        for each, track in tracks:
            await self._files.put(job, each, track)
        await self._show(video)

    async def remove(self, video: Video, language: str) -> None:
        """
        Take a caption away; players see it at once, its files go in an hour.

        Raises:
            NotFound: there is none.
        """
        await asyncio.to_thread(self._rows.remove, video.video_id, captions.language_tag(language))
        await self._show(video)

    async def _show(self, video: Video) -> None:
        _, job = await asyncio.to_thread(self._store.find_job, video.job_id)
        await self._files.show(job)


def _stored(job: Job, caption: Caption) -> StoredCaption:
    folder = f"{captions_of(job)}/{caption.folder}"
    return StoredCaption(
        caption=caption, key=f"{folder}/{captions.WHOLE}", playlist_key=f"{folder}/{captions.PLAYLIST}"
    )


def added(language: str, *, label: str = "", is_default: bool = False, is_forced: bool = False) -> ShownCaption:
    """Return how a caption is wanted that somebody puts to a video."""
    return ShownCaption(
        language=language, label=label, is_default=is_default, is_forced=is_forced, origin=CaptionOrigin.ADDED
    )


def spoken(codes: Sequence[str]) -> list[ShownCaption]:
    """
    Return how subtitles are wanted by the codes of the vendor's player, the first one as the default. Pure.

    Raises:
        ParameterError: two of them are the same language.
    """
    wanted: list[ShownCaption] = []
    for number, code in enumerate(codes):
        tag, label = captions.SPOKEN_ON_THE_WIRE.get(code, ("", ""))
        if not tag:
            tag, label = _free_code(code, number)
        if tag in {other.language for other in wanted}:
            raise ParameterError("the same lang comes twice", field="subtitle")
        wanted.append(ShownCaption(language=tag, label=label, is_default=number == 0, origin=CaptionOrigin.MATERIAL))
    return wanted


def _free_code(code: str, number: int) -> tuple[str, str]:
    """Return tag and label of a code that is none of the player's: free ones are taken as they are."""
    try:
        return captions.language_tag(code), ""
    except ParameterError:
        return f"und-x-{number}", checked_label(code)
