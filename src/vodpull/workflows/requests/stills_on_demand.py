"""Stills of videos: a picture of any instant, made when somebody asks and kept for who asks again; also as a poster."""

from __future__ import annotations

import asyncio
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vodpull import media
from vodpull.errors import (
    EncodeFailed,
    EncodeStalled,
    MediaError,
    NotAllowedNow,
    NotFound,
    ObjectMissing,
    OutputInvalid,
    ParameterError,
    PermissionDenied,
    RateLimited,
)
from vodpull.jobs.model import Asset
from vodpull.videos.library import Library
from vodpull.videos.video import Video
from vodpull.workflows.attempt.encrypted_segments import ClearFiles, beside
from vodpull.workflows.attempt.single_flight import SharedWork

MAX_WIDTH_PX = 1920
KEPT_BYTES = 32 * 1024 * 1024
"""Stills in memory, of one process."""

AT_ONCE = 2
"""Children of one process, each with one thread and behind all encoders of the machine."""

MAX_WAITING = 32
RETRY_AFTER_S = 2
MAX_ORIGINAL_BYTES = 1024**3
"""Of an original that is brought here for a picture, where nothing smaller was made of it."""

Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class _Asked:
    asset: Asset
    at_s: float
    width_px: int


class Stills:
    """Makes stills. Used from one event loop."""

    def __init__(self, library: Library, files: ClearFiles, *, find_toolbox: Callable[[], media.Toolbox]) -> None:
        """`find_toolbox` is called from a thread, when the first still is made."""
        self._library = library
        self._files = files
        self._objects = files.objects
        self._find_toolbox = find_toolbox
        self._toolbox: media.Toolbox | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._shared = SharedWork()
        self._waiting = 0
        self._kept: OrderedDict[Key, bytes] = OrderedDict()

    async def still(self, video: Video, at_s: float, *, width_px: int | None = None) -> bytes:
        """
        Return what a video shows at an instant as a JPEG, at most so wide.

        Raises:
            PermissionDenied: the video is blocked.
            ParameterError: the instant is behind its end.
            NotAllowedNow: there is no picture in it, or none that can be made.
            RateLimited: too many wait for theirs.
        """
        if video.is_blocked:
            raise PermissionDenied("the video is blocked", remedy="Enable the video first.")
        if at_s > video.asset.duration_s:
            raise ParameterError(f"the video is {video.asset.duration_s:.3f} seconds long", field="at")
        # What an attempt makes never changes; a new one has other names.
        made_of = f"{video.directory}/{video.asset.attempt}/{video.asset.playlist_key}"
        key = made_of, f"{at_s:.3f}/{width_px or 0}"
        if key not in self._kept:
            asked = _Asked(asset=video.asset, at_s=at_s, width_px=width_px or MAX_WIDTH_PX)
            await self._in_turn(key, asked)
        self._kept.move_to_end(key)
        return self._kept[key]

    async def set_poster(self, video: Video, at_s: float) -> None:
        """
        Put a still in the place of a video's poster; its URL stays.

        Raises:
            NotAllowedNow: the video has no poster.
            PermissionDenied, ParameterError, RateLimited: as `still`.
        """
        if not video.asset.poster_key:
            raise NotAllowedNow("there is no poster: nothing was encoded, or it has no picture")
        await self._objects.put_bytes(video.asset.poster_key, await self.still(video, at_s))
        await asyncio.to_thread(self._library.note_change, video)

    async def _in_turn(self, key: Key, asked: _Asked) -> None:
        if self._waiting >= MAX_WAITING:
            raise RateLimited(f"more than {MAX_WAITING} stills are waited for", retry_after_s=RETRY_AFTER_S)

        async def make() -> None:
            async with self._slots:
                self._keep(key, await self._made(asked))

        self._waiting += 1
        try:
            await self._shared.once(key, make)
        except ObjectMissing as error:
            raise NotFound("there is no such video") from error  # deleted, or its outputs replaced long ago
        except (MediaError, EncodeFailed, EncodeStalled, OutputInvalid) as error:
            raise NotAllowedNow(f"no still can be made of it: {error}") from error
        finally:
            self._waiting -= 1

    def _keep(self, key: Key, picture: bytes) -> None:
        """Keep a still; those that nobody has asked for longest make room."""
        self._kept[key] = picture
        while sum(map(len, self._kept.values())) > KEPT_BYTES and len(self._kept) > 1:
            self._kept.popitem(last=False)

    async def _made(self, asked: _Asked) -> bytes:
        if self._toolbox is None:
            self._toolbox = await asyncio.to_thread(self._find_toolbox)
        with tempfile.TemporaryDirectory(prefix="vodpull-still-") as place:
            make = self._of_rendition if asked.asset.playlist_key else self._of_original
            file = await make(asked, Path(place), self._toolbox)
            return await asyncio.to_thread(file.read_bytes)

    async def _of_rendition(self, asked: _Asked, folder: Path, toolbox: media.Toolbox) -> Path:
        playlist_key = asked.asset.playlist_key
        variant = media.choose_variant(await self._text(playlist_key), width_px=asked.width_px)
        if variant is None:
            raise NotAllowedNow("the video has no picture")
        media_key = beside(playlist_key, variant.playlist)
        text = await self._text(media_key)
        spot = media.find_spot(text, variant, asked.at_s)
        if spot is None:
            raise NotAllowedNow("this part of the video is not encoded yet")
        locks = media.locks_of(text)
        parts = [await self._files.read(media_key, file, locks=locks) for file in spot.files]
        segment, out = await asyncio.to_thread(_room, folder, b"".join(parts))
        spot_size = media.still_size((variant.width_px, variant.height_px), asked.width_px)
        return await media.still_of_segment(segment, spot, out, size=spot_size, toolbox=toolbox)

    async def _of_original(self, asked: _Asked, folder: Path, toolbox: media.Toolbox) -> Path:
        original = asked.asset.original
        if original is None:
            raise NotAllowedNow("the video has neither outputs nor an original")
        if original.size_bytes > MAX_ORIGINAL_BYTES:
            raise NotAllowedNow("the original is too large for a still: encode the video first")
        source, out = await asyncio.to_thread(_room, folder)
        await self._objects.get_file(original.key, source)
        return await media.still_of_source(source, asked.at_s, out, width_px=asked.width_px, toolbox=toolbox)

    async def _text(self, key: str) -> str:
        return (await self._objects.get_bytes(key)).decode()


def _room(folder: Path, content: bytes = b"") -> tuple[Path, Path]:
    """Return a file to read with some content, and an empty folder to write into."""
    file, out = folder / "source", folder / "out"
    out.mkdir()
    if content:
        file.write_bytes(content)
    return file, out
