"""Whether the I-frame playlist and the MPD say what lies there and was measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vodpull.errors import OutputInvalid
from vodpull.media.inspect.ask_segments import Measured
from vodpull.media.mp4.boxes import HEADER_BYTES
from vodpull.media.package.playlists.dash import mpd
from vodpull.media.package.playlists.presentation import Keyframes, Presentation, Track, read_presentation
from vodpull.media.tolerances import LISTED_S
from vodpull.media.verify.whole_files import parsed, require_file


def check_listings(out_folder: Path, presentation: Presentation, measured: Mapping[str, Measured]) -> None:
    """
    Look at what is written beside the playlists of segments.

    Raises:
        OutputInvalid: something is missing, cut, or not as it lies there.
    """
    _check_kept(out_folder, presentation)
    for track in presentation.tracks:
        if track.keyframes:
            _check_keyframes(out_folder, track, track.keyframes)
    if not presentation.mpd:
        return
    require_file(out_folder / presentation.mpd)
    if (out_folder / presentation.mpd).read_text(encoding="utf-8") != mpd(presentation):
        raise OutputInvalid(f"{presentation.mpd} is cut or damaged")
    for track in presentation.tracks:
        _check_times(presentation, track, measured[track.id])


def _check_kept(out_folder: Path, presentation: Presentation) -> None:
    require_file(out_folder / presentation.file)
    try:
        kept = read_presentation((out_folder / presentation.file).read_bytes())
    except ValueError as error:
        raise OutputInvalid(f"{presentation.file} cannot be read") from error
    if kept != presentation:
        raise OutputInvalid(f"{presentation.file} tells of something else")


def _check_keyframes(out_folder: Path, track: Track, keyframes: Keyframes) -> None:
    playlist = parsed(out_folder / keyframes.playlist)
    if not playlist.is_i_frames_only or not playlist.is_endlist:
        raise OutputInvalid(f"{keyframes.playlist} is not a finished I-frame playlist")
    named = [(cut.uri, cut.byterange) for cut in playlist.segments]
    wanted = [
        (track.segment(number), f"{size}@{place}") for number, (size, place) in enumerate(keyframes.ranges, start=1)
    ]
    if named != wanted:
        raise OutputInvalid(f"{keyframes.playlist} does not name what was made")
    for number, (size_bytes, place) in enumerate(keyframes.ranges, start=1):
        _check_range(out_folder / track.segment(number), place, size_bytes)


def _check_range(segment: Path, place: int, size_bytes: int) -> None:
    """Look for what describes samples, and behind it for the whole of the first one."""
    content = segment.read_bytes()
    samples = place + int.from_bytes(content[place : place + 4])
    names = content[place + 4 : place + HEADER_BYTES], content[samples + 4 : samples + HEADER_BYTES]
    if names != (b"moof", b"mdat") or not samples + HEADER_BYTES < place + size_bytes <= len(content):
        raise OutputInvalid(f"the first picture of {segment.parent.name}/{segment.name} is not where it should be")


def _check_times(presentation: Presentation, track: Track, measured: Measured) -> None:
    if not track.timescale or len(track.starts) != len(presentation.lengths_s(track)) + 1:
        raise OutputInvalid(f"{presentation.mpd} does not tell when the segments of {track.id} begin")
    found = measured.tracks[0]
    start_s, end_s = track.starts[0] / track.timescale, track.starts[-1] / track.timescale
    if abs(max(found.start_s, 0.0) - start_s) > LISTED_S or abs(found.end_s - end_s) > LISTED_S:
        raise OutputInvalid(f"{presentation.mpd} gives {track.id} other times than it has")
