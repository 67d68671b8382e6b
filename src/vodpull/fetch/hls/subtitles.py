"""The subtitles of an HLS playlist: small files of WebVTT, or fMP4, none of which is worth a failed source."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from vodpull.errors import BodyTooLarge, PlaylistUnsupported
from vodpull.fetch.hls.variant_choice import TextChoice
from vodpull.fetch.partfile.disk_errors import disk_errors

MAX_TEXT_BYTES = 8 * 1024 * 1024
"""Of all segments of one."""

_MARK = b"\xef\xbb\xbf"
_HEADER = b"WEBVTT"


@dataclass(frozen=True, kw_only=True)
class FetchedText:
    """One subtitle rendition that the playlist offers."""

    choice: TextChoice
    segments: tuple[Path, ...] = ()
    """WebVTT, in order."""
    fragments: Path | None = None
    """Or one file of fMP4."""
    reason: str = ""
    """Why it is left out, in English; empty: it is here."""


async def write_segments(
    contents: AsyncIterator[tuple[str, bytes]],
    folder: Path,
    *,
    name: str,
    keep: Callable[[Path, bytes], Awaitable[None]],
) -> tuple[Path, ...]:
    """
    Keep the segments of one rendition, each with what it is called, as files of their own.

    Raises:
        PlaylistUnsupported: one is no WebVTT.
        BodyTooLarge: together they are larger than subtitles are.
    """
    paths: list[Path] = []
    left = MAX_TEXT_BYTES
    async for what, content in contents:
        left -= len(content)
        if left < 0:
            raise BodyTooLarge(f"they have more than {MAX_TEXT_BYTES} bytes")
        if not content.removeprefix(_MARK).startswith(_HEADER):
            raise PlaylistUnsupported(f"{what} is no WebVTT")
        paths.append(folder / f"{name}-{len(paths):05}.vtt")
        await keep(paths[-1], content)
    return tuple(paths)


def write_text(path: Path, content: bytes) -> None:
    """Write one segment."""
    with disk_errors():
        path.write_bytes(content)
