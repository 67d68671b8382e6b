"""Whether the files of a package are there and whole, before anyone looks into them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import m3u8

from vodpull.errors import OutputInvalid
from vodpull.media.inspect.jpeg import jpeg_size
from vodpull.media.mp4.boxes import box_names
from vodpull.media.package.playlists.hls import Segment
from vodpull.media.package.playlists.presentation import Track


def require_file(path: Path) -> int:
    """Return the size of a file that must be there."""
    if path.is_symlink() or not path.is_file():
        raise OutputInvalid(f"{path.name} is missing")
    size = path.stat().st_size
    if not size:
        raise OutputInvalid(f"{path.name} is empty")
    return size


def picture_size(path: Path) -> tuple[int, int]:
    """Return width and height of a JPEG that must be there."""
    require_file(path)
    size = jpeg_size(path)
    if size is None:
        raise OutputInvalid(f"{path.name} is not a whole JPEG")
    return size


def whole_segments(out_folder: Path, track: Track) -> list[Segment]:
    """Return the segments of a track's media playlist, after looking at each of the files."""
    playlist = parsed(out_folder / track.playlist)
    if playlist.is_variant or not playlist.is_endlist or not playlist.is_independent_segments:
        raise OutputInvalid(f"{track.playlist} is not a finished playlist of independent segments")
    if [part.uri for part in playlist.segment_map] != [f"{track.folder}/{track.init}"] or not playlist.segments:
        raise OutputInvalid(f"{track.playlist} does not name its segments")
    _require_boxes(out_folder / track.folder / track.init, {"ftyp", "moov"})
    segments = []
    for number, cut in enumerate(playlist.segments, start=1):
        uri = track.segment(number)
        if cut.uri != uri or not cut.duration:
            raise OutputInvalid(f"{track.playlist} does not name segment {number} as expected")
        size = _require_boxes(out_folder / uri, {"moof", "mdat"})
        segments.append(Segment(uri=uri, duration_s=float(cut.duration), size_bytes=size))
    return segments


def _require_boxes(path: Path, wanted: set[str]) -> int:
    size = require_file(path)
    names = box_names(path)
    if names is None or not wanted.issubset(names):
        raise OutputInvalid(f"the segment {path.parent.name}/{path.name} is cut or damaged")
    return size


def require_mp4(path: Path) -> None:
    """Refuse a progressive file that is cut, or whose header comes late."""
    require_file(path)
    if box_names(path) != ("ftyp", "moov", "mdat"):
        raise OutputInvalid(f"{path.name} is cut, or does not begin with its header")


def parsed(path: Path) -> Any:
    """Return a playlist that must be there."""
    require_file(path)
    try:
        return m3u8.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OutputInvalid(f"{path.name} is not a playlist") from error
