"""
Proving that a package is complete before anyone sees it: FFmpeg's exit code is never proof.

FFmpeg was seen to exit with success on a full disk and on half a source. So each playlist is parsed, each segment
looked at, each packet counted, and the result compared with what the source promised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import m3u8
from pydantic import TypeAdapter, ValidationError

from vodpull.errors import MediaTruncated, OutputInvalid
from vodpull.media import hardening
from vodpull.media.boxes import box_names
from vodpull.media.ffmpeg import copy_limits
from vodpull.media.info import MediaInfo
from vodpull.media.package import INIT_FILE, SEGMENT_PATTERN, Package, PackagedRendition
from vodpull.media.playlist import Segment, average_bitrate_bps, peak_bitrate_bps
from vodpull.media.probe import ask_pyav, codec_string
from vodpull.media.sandbox import Toolbox

# Below this share of the promised duration, the source was cut.
COMPLETE_SHARE = 0.98
# Above this difference from the promised duration, something else went wrong.
DURATION_TOLERANCE = 0.01
# Very short clips: the grid of frames alone moves the end by so much.
SHORT_TOLERANCE_S = 0.05
# Sound may end a little early in honest files; more than this was lost.
AUDIO_LOSS_S = 0.5
# One AAC frame at 48 kHz lasts 21 ms.
AUDIO_GAP_S = 0.03


@dataclass(frozen=True, kw_only=True)
class Rendition:
    """One verified rendition, with what was measured of it."""

    clarity: int
    playlist: str
    """Media playlist, relative to the output folder."""
    width_px: int
    height_px: int
    bitrate_bps: int
    """Average over all segments, with their overhead."""
    peak_bitrate_bps: int
    frame_rate: float
    duration_s: float
    """Sum of the segments."""
    size_bytes: int
    """Size of the playlist file."""
    media_bytes: int
    """Size of the init segment and all media segments."""
    segment_count: int
    codecs: str
    """RFC 6381 names, joined by a comma."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """What was counted of one stream of a rendition."""

    kind: str
    codec: str
    width_px: int
    height_px: int
    config: str
    packets: int
    keyframes: int
    corrupt: int
    start_s: float
    end_s: float
    widest_gap_s: float
    last_dts_s: float | None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The answer of the measuring child."""

    tracks: tuple[Track, ...]
    undecodable: int


_MEASURED = TypeAdapter(Measured)


async def verify(out_folder: Path, package: Package, info: MediaInfo, *, toolbox: Toolbox) -> tuple[Rendition, ...]:
    """
    Return what was measured of each rendition, lowest clarity first, or raise when anything is not as planned.

    Reads every segment and changes nothing; may run twice.

    Raises:
        MediaTruncated: picture or sound end before the source said so.
        OutputInvalid: anything else is missing, cut, or not as planned.
    """
    await asyncio.to_thread(_check_poster, out_folder / package.poster)
    renditions = []
    for placed in package.renditions:
        segments = await asyncio.to_thread(_whole_segments, out_folder, placed)
        measured = await _measure(out_folder / placed.folder, segments, toolbox=toolbox)
        rendition = _compared(placed, segments, measured, info=info)
        renditions.append(await asyncio.to_thread(_with_sizes, out_folder, placed, rendition))
    await asyncio.to_thread(_check_multivariant, out_folder, package, tuple(renditions))
    return tuple(renditions)


def _check_poster(poster: Path) -> None:
    _require_file(poster)
    with poster.open("rb") as file:
        start = file.read(2)
        file.seek(-2, 2)
        end = file.read(2)
    # A JPEG begins and ends with these markers.
    if (start, end) != (b"\xff\xd8", b"\xff\xd9"):
        raise OutputInvalid("the poster is not a whole JPEG")


def _require_file(path: Path) -> int:
    """Return the size of a file that must be there."""
    if path.is_symlink() or not path.is_file():
        raise OutputInvalid(f"{path.name} is missing")
    size = path.stat().st_size
    if not size:
        raise OutputInvalid(f"{path.name} is empty")
    return size


def _whole_segments(out_folder: Path, placed: PackagedRendition) -> list[Segment]:
    """Return the segments of a media playlist, after looking at each of the files."""
    playlist = _parsed(out_folder / placed.playlist)
    if playlist.is_variant or not playlist.is_endlist or not playlist.is_independent_segments:
        raise OutputInvalid(f"{placed.playlist} is not a finished playlist of independent segments")
    if [part.uri for part in playlist.segment_map] != [f"{placed.folder}/{INIT_FILE}"] or not playlist.segments:
        raise OutputInvalid(f"{placed.playlist} does not name its segments")
    _require_boxes(out_folder / placed.folder / INIT_FILE, {"ftyp", "moov"})
    segments = []
    for number, cut in enumerate(playlist.segments, start=1):
        uri = f"{placed.folder}/{SEGMENT_PATTERN % number}"
        if cut.uri != uri or not cut.duration:
            raise OutputInvalid(f"{placed.playlist} does not name segment {number} as expected")
        size = _require_boxes(out_folder / uri, {"moof", "mdat"})
        segments.append(Segment(uri=uri, duration_s=float(cut.duration), size_bytes=size))
    return segments


def _parsed(path: Path) -> Any:
    _require_file(path)
    try:
        return m3u8.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OutputInvalid(f"{path.name} is not a playlist") from error


def _require_boxes(path: Path, wanted: set[str]) -> int:
    size = _require_file(path)
    names = box_names(path)
    if names is None or not wanted.issubset(names):
        raise OutputInvalid(f"the segment {path.parent.name}/{path.name} is cut or damaged")
    return size


async def _measure(folder: Path, segments: list[Segment], *, toolbox: Toolbox) -> Measured:
    orders = {
        "options": hardening.format_options(),
        "init": INIT_FILE,
        "segment": SEGMENT_PATTERN,
        "segments": len(segments),
    }
    limits = copy_limits(sum(segment.size_bytes for segment in segments))
    answer = await ask_pyav("measurer.py", orders, ("rendition", folder), toolbox=toolbox, limits=limits)
    try:
        return _MEASURED.validate_python(answer)
    except ValidationError as error:
        raise OutputInvalid(f"the segments of {folder.name} cannot be read") from error


def _compared(placed: PackagedRendition, segments: list[Segment], measured: Measured, *, info: MediaInfo) -> Rendition:
    """Compare playlist, packets, plan and source; return the rendition without its file sizes."""
    duration_s = sum(segment.duration_s for segment in segments)
    video, audio = _tracks(placed, measured, sound=bool(info.audio))
    _check_duration(placed.playlist, duration_s, info)
    _check_video(placed, video, duration_s=duration_s, segments=len(segments))
    if audio:
        _check_audio(placed, audio, info)
    if measured.undecodable:
        raise OutputInvalid(f"{placed.playlist}: {measured.undecodable} pictures cannot be decoded")
    names = [codec_string(track.codec, track.config) for track in (video, audio) if track]
    return Rendition(
        clarity=placed.rung.clarity,
        playlist=placed.playlist,
        width_px=video.width_px,
        height_px=video.height_px,
        bitrate_bps=average_bitrate_bps(segments),
        peak_bitrate_bps=peak_bitrate_bps(segments),
        frame_rate=round(video.packets / duration_s, 3),
        duration_s=duration_s,
        size_bytes=0,
        media_bytes=sum(segment.size_bytes for segment in segments),
        segment_count=len(segments),
        codecs=",".join(str(name) for name in names),
    )


def _tracks(placed: PackagedRendition, measured: Measured, *, sound: bool) -> tuple[Track, Track | None]:
    kinds = [(track.kind, track.codec) for track in measured.tracks]
    if kinds != [("video", "h264"), ("audio", "aac")][: 2 if sound else 1]:
        raise OutputInvalid(f"{placed.playlist} holds other streams than planned")
    if any(track.corrupt or not track.packets for track in measured.tracks):
        raise OutputInvalid(f"{placed.playlist} holds damaged packets")
    return measured.tracks[0], measured.tracks[1] if sound else None


def _check_duration(name: str, duration_s: float, info: MediaInfo) -> None:
    difference_s = abs(duration_s - info.duration_s)
    if difference_s <= max(DURATION_TOLERANCE * info.duration_s, SHORT_TOLERANCE_S):
        return
    if duration_s < COMPLETE_SHARE * info.duration_s:
        message = f"only {duration_s:.2f} s of {info.duration_s:.2f} s could be decoded"
        raise MediaTruncated(message)
    raise OutputInvalid(f"{name} lasts {duration_s:.2f} s, the source {info.duration_s:.2f} s")


def _check_video(placed: PackagedRendition, video: Track, *, duration_s: float, segments: int) -> None:
    frame_s = 1 / placed.rung.frame_rate
    checks: Mapping[str, bool] = {
        "has another size": (video.width_px, video.height_px) == (placed.rung.width_px, placed.rung.height_px),
        "does not begin at 0": abs(video.start_s) <= frame_s,
        "differs from its playlist": abs(video.end_s - video.start_s - duration_s) <= 2 * frame_s,
        "has a hole": video.widest_gap_s <= 1.5 * frame_s,  # half a frame for rounding
        "has segments without a keyframe of their own": video.keyframes == segments,
    }
    for problem, passed in checks.items():
        if not passed:
            raise OutputInvalid(f"the picture of {placed.playlist} {problem}")


def _check_audio(placed: PackagedRendition, audio: Track, info: MediaInfo) -> None:
    if audio.widest_gap_s > AUDIO_GAP_S:
        raise OutputInvalid(f"the sound of {placed.playlist} has a hole")
    source = info.audio[0]
    if source.duration_s is None:
        return
    expected_s = source.start_s + source.duration_s - info.start_time_s
    if audio.end_s < expected_s - max(AUDIO_LOSS_S, (1 - COMPLETE_SHARE) * expected_s):
        raise MediaTruncated(f"only {audio.end_s:.2f} s of {expected_s:.2f} s of sound could be decoded")


def _with_sizes(out_folder: Path, placed: PackagedRendition, rendition: Rendition) -> Rendition:
    init_bytes = _require_file(out_folder / placed.folder / INIT_FILE)
    return replace(
        rendition,
        size_bytes=_require_file(out_folder / placed.playlist),
        media_bytes=rendition.media_bytes + init_bytes,
    )


def _check_multivariant(out_folder: Path, package: Package, renditions: tuple[Rendition, ...]) -> None:
    """Compare the multivariant playlist with what was measured of the renditions that it names."""
    playlist = _parsed(out_folder / package.multivariant)
    named = [
        (variant.uri, variant.stream_info.resolution, variant.stream_info.codecs, variant.stream_info.bandwidth)
        for variant in playlist.playlists
    ]
    wanted = [
        (known.playlist, (known.width_px, known.height_px), known.codecs, known.peak_bitrate_bps)
        for known in renditions
    ]
    if named != wanted or not playlist.is_independent_segments:
        raise OutputInvalid(f"{package.multivariant} does not name what was made")
