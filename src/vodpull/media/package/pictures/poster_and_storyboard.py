"""
The pictures beside the film, from its encoded renditions: the storyboard of the seek bar, and the poster.

The lowest rendition is enough for the storyboard, and for the choice of the moment that the poster shows; of the best
one, only that moment is decoded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from vodpull.errors import error_of_disk
from vodpull.media.encode.filters import JPEG_OUT
from vodpull.media.inspect.jpeg import jpeg_size
from vodpull.media.package.pictures.storyboard import (
    SHEET_PATTERN,
    Storyboard,
    plan_storyboard,
    sheet_filters,
    storyboard_index,
)
from vodpull.media.package.playlists.hls import Segment
from vodpull.media.plan.ladder import Rung
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import incomplete
from vodpull.media.tools.run import run_unheard
from vodpull.media.tools.sandbox import Toolbox

# So many moments, spread over the whole film, show what it is about; more only cost memory.
POSTER_CANDIDATES = 24
# Below it, a choice among keyframes is none: clips of a few seconds are looked at frame by frame.
MIN_KEYFRAMES = 3
BRIGHT = "blackframe=amount=0:threshold=32,metadata=mode=select:key=lavfi.blackframe.pblack:value=98:function=less"
VARIED = "entropy,metadata=mode=select:key=lavfi.entropy.normalized_entropy.normal.Y:function=greater:value"
# What each candidate must be, best screen first; the next one counts when nothing passes.
SCREENS = (
    # Less than 98 % of the pixels are black, and there is more to see than one flat colour.
    f"{BRIGHT},{VARIED}=0.05",
    # At least a few words on an empty page.
    f"{VARIED}=0.005",
    # Anything.
    "null",
)
# Frames whose times are numbers.
COUNTED = "settb=1,setpts=N"
CHOICE_FILE = "choice.txt"


@dataclass(frozen=True, kw_only=True)
class PictureSource:
    """What pictures are taken from: pictures of one rendition, spread over the film."""

    file: Path
    """The keyframe of each picture of the storyboard, or, where there are few, every picture of the film."""
    rung: Rung
    segments: tuple[Segment, ...]
    """All segments of the rendition."""


def few(segments: int) -> bool:
    """Tell whether so many segments are too few for a choice among their keyframes."""
    return segments < MIN_KEYFRAMES


async def make_storyboard(
    source: PictureSource, out_folder: Path, video_id: str, *, toolbox: Toolbox, limits: RunLimits
) -> int:
    """
    Write the sheets of the storyboard and their index; return which picture of the source is the most representative.

    That picture, counted from 0, is blank only when every candidate is.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg left fewer sheets than planned, or chose nothing.
    """
    storyboard = plan_storyboard(source.segments, source.rung, folder=f"{video_id}/storyboard")
    index, choice = out_folder / storyboard_name(video_id), out_folder / CHOICE_FILE
    await asyncio.to_thread(_write_index, index, out_folder / storyboard.folder, storyboard_index(storyboard.cues))
    await run_unheard(
        build_storyboard_argv(storyboard, source.segments, source.rung),
        "making the storyboard",
        toolbox=toolbox,
        reads={"rendition": source.file},
        writes=out_folder,
        limits=limits,
    )
    await asyncio.to_thread(_require_pictures, out_folder, storyboard.sheets)
    return await asyncio.to_thread(_read_choice, choice)


def storyboard_name(video_id: str) -> str:
    """Return the name of the index."""
    return f"{video_id}-storyboard.vtt"


def _write_index(index: Path, sheets: Path, text: str) -> None:
    try:
        sheets.mkdir(parents=True)
        index.write_text(text, encoding="utf-8")
    except OSError as error:
        raise error_of_disk(error, "the storyboard cannot be written") from error


def build_storyboard_argv(storyboard: Storyboard, segments: Sequence[Segment], rung: Rung) -> list[str]:
    """
    Return the FFmpeg command that fills the sheets and chooses a moment. Pure.

    It reads `/in/rendition` and writes into the working folder.
    """
    return [
        *ffmpeg_options.global_flags(),
        *ffmpeg_options.input_flags("rendition", *(() if few(len(segments)) else ffmpeg_options.KEYFRAMES_ONLY)),
        "-filter_complex", _graph(storyboard, segments, rung),
        # A sheet is written once, however much time it stands for: its time is its number.
        "-map", "[sheets]", "-fps_mode", "passthrough", "-enc_time_base", "1:1",
        # Good enough at this size, and a sheet stays far below 100 kB.
        "-q:v", "5",
        "-f", "image2", f"file:{storyboard.folder}/{SHEET_PATTERN}",
        # The first screen that something passed.
        "-map", "[choice]", "-frames:v", "1", "-fps_mode", "passthrough", "-enc_time_base", "1:1",
        "-f", "framecrc", f"file:{CHOICE_FILE}",
    ]  # fmt: skip


def _graph(storyboard: Storyboard, segments: Sequence[Segment], rung: Rung) -> str:
    """Return the graph from the pictures of the source to `[sheets]` and `[choice]`."""
    pictures, openings = len(storyboard.cues), ""
    if few(len(segments)):
        *starts, pictures = accumulate((round(segment.duration_s * rung.frame_rate) for segment in segments), initial=0)
        openings = "+".join(f"eq(n,{start})" for start in starts)
    step = max(1, -(-pictures // POSTER_CANDIDATES))
    # No keyframe is left out where there are few of them.
    moments = "+".join([*([openings] if openings else []), f"not(mod(n,{step}))"])
    branches = "".join(f"[c{number}]" for number in range(len(SCREENS)))
    shown = f"select='{openings}'," if openings else ""
    chains = [
        "[0:v:0]split=2[s][c]",
        f"[s]{shown}{sheet_filters(storyboard)},{COUNTED}[sheets]",
        f"[c]{COUNTED},select='{moments}',split={len(SCREENS)}{branches}",
    ]
    # The picture whose colours are nearest to the average of all that passed; the filter wants at least two.
    batch = POSTER_CANDIDATES + MIN_KEYFRAMES
    chains += [f"[c{number}]{screen},thumbnail=n={batch}[p{number}]" for number, screen in enumerate(SCREENS)]
    results = "".join(f"[p{number}]" for number in range(len(SCREENS)))
    return ";".join([*chains, f"{results}concat=n={len(SCREENS)}[choice]"])


def _read_choice(file: Path) -> int:
    """Return the time of the only row of FFmpeg's list, and remove the list."""
    try:
        rows = [row.split(",") for row in file.read_text(encoding="ascii").splitlines() if not row.startswith("#")]
        file.unlink()
        # Stream, time of decoding, time of showing, and what else FFmpeg knows of a picture.
        return int(rows[0][2])
    except (OSError, ValueError, IndexError) as error:
        raise incomplete(file.parent, "FFmpeg chose no picture for the poster") from error


async def make_poster(
    rendition: Path, number: int, out_folder: Path, *, name: str, toolbox: Toolbox, limits: RunLimits
) -> None:
    """
    Write one picture of a file, counted from 0, as a JPEG.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg left no whole picture.
    """
    await run_unheard(
        build_poster_argv(number, name),
        "making the poster",
        toolbox=toolbox,
        reads={"rendition": rendition},
        writes=out_folder,
        limits=limits,
    )
    await asyncio.to_thread(_require_pictures, out_folder, (name,))


def build_poster_argv(number: int, name: str) -> list[str]:
    """Return the FFmpeg command that writes the poster: reads `/in/rendition`, writes into the working folder. Pure."""
    return [
        *ffmpeg_options.global_flags(),
        *ffmpeg_options.input_flags("rendition"),
        "-map", "0:v:0",
        "-vf", f"select='eq(n,{number})',zscale={JPEG_OUT},format=yuvj420p",
        "-frames:v", "1", "-fps_mode", "passthrough",
        # About 90 on the usual scale of JPEG quality.
        "-q:v", "3",
        "-f", "mjpeg", f"file:{name}",
    ]  # fmt: skip


def _require_pictures(out_folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if not (out_folder / name).is_file() or jpeg_size(out_folder / name) is None:
            raise incomplete(out_folder, f"FFmpeg left no whole picture {Path(name).name}")
