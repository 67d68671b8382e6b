"""Which renditions are listed, and which file of each for PCs and for mobile devices. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vodpull import media
from vodpull.jobs.model import StoredFile
from vodpull.jobs.states_and_codes import Clarity, ServerType


def listed_files(renditions: Iterable[media.Rendition], folder: str, *, fallback: str) -> list[StoredFile]:
    """Return the files of all renditions that are listed: those of the codec that every device plays."""
    # The other codecs are in the multivariant playlist, for players that choose.
    answering = [rendition for rendition in renditions if rendition.codec == fallback]
    return [file for rendition in answering for file in _device_files(rendition, folder)]


def _device_files(rendition: media.Rendition, folder: str) -> Iterator[StoredFile]:
    """Give the playlist of a rendition, for PCs, and its progressive MP4, for mobile devices, if there is one."""
    playlist = StoredFile(
        clarity=Clarity(rendition.clarity),
        server_type=ServerType.PC,
        width_px=rendition.width_px,
        height_px=rendition.height_px,
        bitrate_bps=rendition.bitrate_bps,
        size_bytes=rendition.size_bytes,
        key=f"{folder}/{rendition.playlist}",
        media_bytes=rendition.media_bytes,
    )
    yield playlist
    if rendition.mp4:
        bitrate_bps = round(8 * rendition.mp4_bytes / rendition.duration_s)
        yield replace(
            playlist,
            server_type=ServerType.MOBILE,
            bitrate_bps=bitrate_bps,
            size_bytes=rendition.mp4_bytes,
            media_bytes=0,
            key=f"{folder}/{rendition.mp4}",
        )
