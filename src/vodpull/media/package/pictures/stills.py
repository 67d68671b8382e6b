"""
A still picture of a chosen instant, for whoever asks: from one segment of a rendition, or from the original.

Playlists are read as players read them, so it works for what any release has made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import m3u8

from vodpull.errors import NoVideo
from vodpull.media.encode.chunk import picture_of, seek_flags
from vodpull.media.encode.filters import JPEG_OUT, picture_graph
from vodpull.media.inspect.ask_probe import probe
from vodpull.media.inspect.jpeg import jpeg_size
from vodpull.media.plan.cuts.chunk_lengths import Chunk
from vodpull.media.plan.cuts.seek_points import RUN_UP_S, SEEKABLE
from vodpull.media.plan.encode_plan import EncodePlan, plan_encode
from vodpull.media.plan.ladder import plan_ladder
from vodpull.media.plan.template_toml import ABR
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import incomplete
from vodpull.media.tools.run import run_unheard
from vodpull.media.tools.sandbox import Toolbox

STILL_FILE = "still.jpg"
# One segment is decoded in a second or two; of an original without an index, everything before the instant is.
LIMITS = RunLimits(wall_s=60, cpu_s=120, file_size_bytes=16 * 1024 * 1024)
# A frame begins a little before its instant, as decimals of playlists and of callers have it.
SLACK_FRAMES = 0.01


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A rendition with a picture, as the multivariant playlist names it."""

    playlist: str
    """Relative to the playlist that names it."""
    width_px: int
    height_px: int
    frame_rate: float


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where the picture of an instant is."""

    files: tuple[str, str]
    """Init and media segment, relative to the playlist."""
    frame: int
    """Picture of the segment, from 0."""


def choose_variant(multivariant: str, *, width_px: int | None) -> Variant | None:
    """
    Return the smallest rendition that has a width, or the largest one; None: there is no picture.

    Of the same size, the one that is decoded fastest.
    """
    found = [
        (_is_h264(entry.stream_info.codecs), Variant(
            playlist=entry.uri,
            width_px=entry.stream_info.resolution[0],
            height_px=entry.stream_info.resolution[1],
            frame_rate=entry.stream_info.frame_rate,
        ))
        for entry in m3u8.loads(multivariant).playlists
        if entry.stream_info.resolution and entry.stream_info.frame_rate
    ]  # fmt: skip
    if not found:
        return None
    ranked = sorted(found, key=lambda each: (each[1].width_px * each[1].height_px, not each[0]))
    enough = [variant for _, variant in ranked if width_px is not None and variant.width_px >= width_px]
    largest = [variant for _, variant in ranked if variant.width_px == ranked[-1][1].width_px]
    return (enough or largest)[0]


def _is_h264(codecs: str | None) -> bool:
    return "avc1" in (codecs or "")


def find_spot(playlist: str, variant: Variant, at_s: float) -> Spot | None:
    """Return where the picture of an instant is; of one after the end, the last one. None: it is not there yet."""
    media = m3u8.loads(playlist)
    if not media.segments or not media.segment_map:
        return None
    begin_s = 0.0
    for segment in media.segments:
        if at_s < begin_s + segment.duration or segment is media.segments[-1]:
            break
        begin_s += segment.duration
    if not media.is_endlist and at_s >= begin_s + segment.duration:
        return None
    last = max(0, round(segment.duration * variant.frame_rate) - 1)
    frame = min(int((at_s - begin_s) * variant.frame_rate + SLACK_FRAMES), last)
    return Spot(files=(media.segment_map[0].uri, segment.uri), frame=frame)


def still_size(size: tuple[int, int], width_px: int | None) -> tuple[int, int]:
    """Return the size of a still of a picture: never larger, and even."""
    scale = min(1.0, (width_px or size[0]) / size[0])
    return max(2, 2 * int(size[0] * scale / 2)), max(2, 2 * round(size[1] * scale / 2))


async def still_of_segment(segment: Path, spot: Spot, folder: Path, *, size: tuple[int, int], toolbox: Toolbox) -> Path:
    """
    Write the picture of a spot as a JPEG of a size, and return the file; `segment` has the init segment before it.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: it took too long.
        OutputInvalid: FFmpeg left no whole picture.
    """
    argv = [
        *ffmpeg_options.global_flags(),
        *ffmpeg_options.input_flags("source", "-threads", "1"),
        "-map", "0:v:0",
        "-vf", f"select='eq(n,{spot.frame})',zscale=w={size[0]}:h={size[1]}:{JPEG_OUT},format=yuvj420p",
        *_jpeg_flags(),
    ]  # fmt: skip
    return await _written(argv, segment, folder, toolbox=toolbox)


async def still_of_source(source: Path, at_s: float, folder: Path, *, width_px: int | None, toolbox: Toolbox) -> Path:
    """
    Write what an encode of a source would show at an instant as a JPEG, and return the file.

    Raises:
        NoVideo: the source has no moving picture.
        MediaError: it cannot be decoded.
        EncodeFailed, EncodeStalled, OutputInvalid: as `still_of_segment`.
    """
    info = await probe(source, toolbox=toolbox)
    plan = plan_encode(info, plan_ladder(info, template=replace(ABR, copy=False)))
    if plan.sound_only:
        raise NoVideo("the file has no moving picture")
    frame = min(int(at_s * plan.rate + SLACK_FRAMES), plan.frames_total - 1)
    seek_s = max(0.0, float(frame / plan.rate) - RUN_UP_S) if info.container in SEEKABLE else 0.0
    plan = replace(plan, chunks=(Chunk(number=0, first_frame=frame, frames=1),), seeks_s=(seek_s,))
    return await _written(build_source_argv(plan, width_px), source, folder, toolbox=toolbox)


def build_source_argv(plan: EncodePlan, width_px: int | None) -> list[str]:
    """Return the FFmpeg command that writes the one picture of a plan. Pure."""
    [chunk], best = plan.chunks, plan.rungs[0].rung
    size = still_size((best.width_px, best.height_px), width_px)
    frames = range(chunk.first_frame, chunk.first_frame + 1)
    graph = picture_graph(picture_of(plan, chunk), [size], frames)
    return [
        *ffmpeg_options.global_flags(),
        *ffmpeg_options.input_flags("source", "-threads", "1", *seek_flags(plan, chunk)),
        "-filter_complex", f"{graph};[v0]zscale={JPEG_OUT},format=yuvj420p[still]",
        "-map", "[still]",
        *_jpeg_flags(),
    ]  # fmt: skip


def _jpeg_flags() -> Sequence[str]:
    # About 90 on the usual scale of JPEG quality.
    return ("-frames:v", "1", "-fps_mode", "passthrough", "-q:v", "3", "-f", "mjpeg", f"file:{STILL_FILE}")


async def _written(argv: Sequence[str], source: Path, folder: Path, *, toolbox: Toolbox) -> Path:
    await run_unheard(argv, "making the still", toolbox=toolbox, reads={"source": source}, writes=folder, limits=LIMITS)
    file = folder / STILL_FILE
    if not file.is_file() or await asyncio.to_thread(jpeg_size, file) is None:
        raise incomplete(folder, "FFmpeg left no whole picture")
    return file
