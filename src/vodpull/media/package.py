"""Encoded renditions to HLS with CMAF-style segments: a stream copy, then playlists from what was measured."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import m3u8

from vodpull.errors import InternalError, OutputInvalid, StorageFull
from vodpull.media import hardening
from vodpull.media.encode import SEGMENT_S, EncodedLadder, EncodedRendition
from vodpull.media.ffmpeg import Progress, RunLimits, check, incomplete, run
from vodpull.media.ladder import Rung
from vodpull.media.pictures import PictureSource, make_poster, make_storyboard
from vodpull.media.playlist import (
    Segment,
    Variant,
    average_bitrate_bps,
    media_playlist,
    multivariant_playlist,
    peak_bitrate_bps,
)
from vodpull.media.probe import probe
from vodpull.media.sandbox import Toolbox

VIDEO_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
INIT_FILE = "init.mp4"
INDEX_FILE = "index.m3u8"
SEGMENT_PATTERN = "%05d.m4s"
NO_PLAYLIST = "FFmpeg left no complete playlist"


@dataclass(frozen=True, kw_only=True)
class PackagedRendition:
    """One rendition as it lies in the output folder."""

    rung: Rung
    playlist: str
    """Media playlist, relative to the output folder."""
    folder: str
    """Folder of its segments, relative to the output folder."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A complete HLS presentation, not verified yet."""

    video_id: str
    multivariant: str
    """Multivariant playlist, relative to the output folder."""
    poster: str
    """JPEG, relative to the output folder."""
    storyboard: str
    """WebVTT index of the small pictures, relative to the output folder."""
    renditions: tuple[PackagedRendition, ...]
    """Lowest clarity first: its playlist is number 01."""


async def package(
    folder: Path, encoded: EncodedLadder, out_folder: Path, *, video_id: str, toolbox: Toolbox, limits: RunLimits
) -> Package:
    """
    Write the playlists, segments and pictures of one asset into an empty folder, and return where they are.

    Nothing is encoded again but the pictures. Every media playlist plays alone, with its sound. The result must pass
    `verify` before anyone sees it.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg left nothing usable.
    """
    if not VIDEO_ID.fullmatch(video_id):
        raise InternalError("a video id consists of letters and digits")
    lowest_first = sorted(encoded.renditions, key=lambda rendition: rendition.rung.clarity)
    packaged = tuple(_placed(rendition, number, video_id) for number, rendition in enumerate(lowest_first, start=1))
    await asyncio.to_thread(_make_folders, out_folder, packaged)
    argv = build_package_argv(lowest_first, packaged, encoded.audio)
    await _run_copy(argv, folder, out_folder, toolbox=toolbox, limits=limits)
    codecs = await _codecs(folder, lowest_first, encoded.audio, toolbox=toolbox)
    cuts = await asyncio.to_thread(_write_playlists, out_folder, video_id, tuple(zip(packaged, codecs, strict=True)))
    sources = [
        PictureSource(file=folder / rendition.file, rung=rendition.rung, segments=segments)
        for rendition, segments in zip(lowest_first, cuts, strict=True)
    ]
    poster = f"{video_id}.jpg"
    await make_poster(sources[-1], out_folder, poster, toolbox=toolbox, limits=limits)
    return Package(
        video_id=video_id,
        multivariant=f"{video_id}.m3u8",
        poster=poster,
        storyboard=await make_storyboard(sources[0], out_folder, video_id, toolbox=toolbox, limits=limits),
        renditions=packaged,
    )


def _placed(rendition: EncodedRendition, number: int, video_id: str) -> PackagedRendition:
    return PackagedRendition(
        rung=rendition.rung, playlist=f"{video_id}-{number:02d}.m3u8", folder=f"{video_id}/{number:02d}"
    )


def _make_folders(out_folder: Path, packaged: tuple[PackagedRendition, ...]) -> None:
    for rendition in packaged:
        (out_folder / rendition.folder).mkdir(parents=True)


def build_package_argv(
    renditions: list[EncodedRendition], packaged: tuple[PackagedRendition, ...], audio: str | None
) -> list[str]:
    """Return the FFmpeg command that cuts all renditions into segments: reads `/in/renditions`. Pure."""
    argv = [*hardening.global_flags()]
    for rendition in renditions:
        argv += hardening.input_flags(f"renditions/{rendition.file}")
    if audio:
        argv += hardening.input_flags(f"renditions/{audio}")
    for number, placed in enumerate(packaged):
        sound = ["-map", f"{len(renditions)}:a:0"] if audio else []
        argv += ["-map", f"{number}:v:0", *sound, *_hls_flags(placed.folder)]
    return argv


def _hls_flags(folder: str) -> list[str]:
    return [
        "-c", "copy",
        "-map_metadata", "-1",
        # Keeps the picture at 0: the encoder's delay goes into the edit list and not into a shift of both streams.
        "-avoid_negative_ts", "disabled",
        "-f", "hls", "-hls_segment_type", "fmp4", "-hls_playlist_type", "vod",
        # Less than the distance of keyframes, so that each one opens a segment.
        "-hls_time", f"{SEGMENT_S / 2:g}",
        "-start_number", "1",
        "-hls_fmp4_init_filename", INIT_FILE,
        "-hls_segment_filename", f"{folder}/{SEGMENT_PATTERN}",
        f"file:{folder}/{INDEX_FILE}",
    ]  # fmt: skip


async def _run_copy(argv: list[str], folder: Path, out_folder: Path, *, toolbox: Toolbox, limits: RunLimits) -> None:
    finished = await run(
        argv,
        toolbox=toolbox,
        reads={"renditions": folder},
        writes=out_folder,
        limits=limits,
        on_progress=_unheard,
    )
    check(finished, "packaging")


def _unheard(_progress: Progress) -> None:
    """A stream copy is over before anyone looks; the report is read for the stall limit only."""


async def _codecs(
    folder: Path, renditions: list[EncodedRendition], audio: str | None, *, toolbox: Toolbox
) -> list[str]:
    """Return for each rendition the RFC 6381 names of what was really encoded."""
    files = [rendition.file for rendition in renditions] + ([audio] if audio else [])
    infos = await asyncio.gather(*(probe(folder / file, toolbox=toolbox) for file in files))
    sound = infos[len(renditions)].audio[:1] if audio else ()
    codecs = []
    for info in infos[: len(renditions)]:
        names = [stream.codec_string if stream else None for stream in (info.video, *sound)]
        if None in names or (audio and not sound):
            raise OutputInvalid("the encoder left a file without a codec description")
        codecs.append(",".join(str(name) for name in names))
    return codecs


def _write_playlists(
    out_folder: Path, video_id: str, renditions: tuple[tuple[PackagedRendition, str], ...]
) -> list[tuple[Segment, ...]]:
    """Write all playlists and return the segments of each rendition."""
    cuts = [_cut_segments(out_folder, placed.folder) for placed, _ in renditions]
    variants = []
    try:
        for (placed, codecs), segments in zip(renditions, cuts, strict=True):
            text = media_playlist(f"{placed.folder}/{INIT_FILE}", segments)
            (out_folder / placed.playlist).write_text(text, encoding="utf-8")
            (out_folder / placed.folder / INDEX_FILE).unlink()
            variants.append(_variant(placed, codecs, segments))
        # Last: whoever sees it finds everything that it names.
        (out_folder / f"{video_id}.m3u8").write_text(multivariant_playlist(variants), encoding="utf-8")
    except OSError as error:
        raise StorageFull("no space left while packaging") from error
    return cuts


def _cut_segments(out_folder: Path, folder: str) -> tuple[Segment, ...]:
    """Return the segments that FFmpeg says it cut, with their sizes on disk."""
    try:
        index = m3u8.loads((out_folder / folder / INDEX_FILE).read_text(encoding="utf-8"))
        segments = tuple(
            Segment(
                uri=f"{folder}/{cut.uri}",
                duration_s=float(cut.duration),
                size_bytes=(out_folder / folder / cut.uri).stat().st_size,
            )
            for cut in index.segments
        )
    except (OSError, ValueError) as error:
        raise incomplete(out_folder, NO_PLAYLIST) from error
    if not segments or not index.is_endlist:
        raise incomplete(out_folder, NO_PLAYLIST)
    return segments


def _variant(placed: PackagedRendition, codecs: str, segments: tuple[Segment, ...]) -> Variant:
    return Variant(
        uri=placed.playlist,
        width_px=placed.rung.width_px,
        height_px=placed.rung.height_px,
        frame_rate=placed.rung.frame_rate,
        codecs=codecs,
        peak_bitrate_bps=peak_bitrate_bps(segments),
        bitrate_bps=average_bitrate_bps(segments),
    )
