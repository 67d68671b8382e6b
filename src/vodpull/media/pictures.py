"""The pictures beside the film, from its encoded renditions: the poster, and the storyboard of the seek bar."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vodpull.errors import StorageFull
from vodpull.media import hardening
from vodpull.media.ffmpeg import Progress, RunLimits, check, incomplete, run
from vodpull.media.filters import JPEG_OUT
from vodpull.media.jpeg import jpeg_size
from vodpull.media.ladder import Rung
from vodpull.media.playlist import Segment
from vodpull.media.sandbox import Toolbox
from vodpull.media.storyboard import build_storyboard_argv, plan_storyboard, storyboard_index

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


@dataclass(frozen=True, kw_only=True)
class PictureSource:
    """The rendition that pictures are taken from."""

    file: Path
    rung: Rung
    segments: tuple[Segment, ...]
    """Its segments, each of which begins with its only keyframe."""


async def make_poster(
    source: PictureSource, out_folder: Path, name: str, *, toolbox: Toolbox, limits: RunLimits
) -> None:
    """
    Write the most representative picture of a rendition as a JPEG; it is blank only when every candidate is.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg left no whole picture.
    """
    finished = await run(
        build_poster_argv(source.segments, source.rung, name),
        toolbox=toolbox,
        reads={"rendition": source.file},
        writes=out_folder,
        limits=limits,
        on_progress=_unheard,
    )
    check(finished, "making the poster")
    await asyncio.to_thread(_require_pictures, out_folder, (name,))


def _unheard(_progress: Progress) -> None:
    """Pictures are there before anyone looks; the report is read for the stall limit only."""


def build_poster_argv(segments: Sequence[Segment], rung: Rung, name: str) -> list[str]:
    """Return the FFmpeg command that writes the poster: reads `/in/rendition`, writes into the working folder. Pure."""
    return [
        *hardening.global_flags(),
        *hardening.input_flags("rendition", *(hardening.KEYFRAMES_ONLY if len(segments) >= MIN_KEYFRAMES else ())),
        "-filter_complex", _poster_graph(segments, rung),
        "-map", "[poster]",
        # The first screen that something passed.
        "-frames:v", "1", "-fps_mode", "passthrough",
        # About 90 on the usual scale of JPEG quality.
        "-q:v", "3",
        "-f", "mjpeg", f"file:{name}",
    ]  # fmt: skip


def _poster_graph(segments: Sequence[Segment], rung: Rung) -> str:
    few = len(segments) < MIN_KEYFRAMES
    pictures = round(sum(segment.duration_s for segment in segments) * rung.frame_rate) if few else len(segments)
    step = max(1, -(-pictures // POSTER_CANDIDATES))
    # No keyframe is left out where there are few of them.
    moments = f"select='{'key+' if few else ''}not(mod(n,{step}))'"
    branches = "".join(f"[c{number}]" for number in range(len(SCREENS)))
    chains = [f"[0:v:0]{moments},split={len(SCREENS)}{branches}"]
    # The picture whose colours are nearest to the average of all that passed; the filter wants at least two.
    batch = POSTER_CANDIDATES + MIN_KEYFRAMES
    chains += [f"[c{number}]{screen},thumbnail=n={batch}[p{number}]" for number, screen in enumerate(SCREENS)]
    results = "".join(f"[p{number}]" for number in range(len(SCREENS)))
    return ";".join([*chains, f"{results}concat=n={len(SCREENS)},zscale={JPEG_OUT},format=yuvj420p[poster]"])


async def make_storyboard(
    source: PictureSource, out_folder: Path, video_id: str, *, toolbox: Toolbox, limits: RunLimits
) -> str:
    """
    Write the sheets of the storyboard and their index; return the name of the index.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg left fewer sheets than planned.
    """
    storyboard = plan_storyboard(source.segments, source.rung, folder=f"{video_id}/storyboard")
    index = out_folder / f"{video_id}-storyboard.vtt"
    await asyncio.to_thread(_write_index, index, out_folder / storyboard.folder, storyboard_index(storyboard.cues))
    finished = await run(
        build_storyboard_argv(storyboard),
        toolbox=toolbox,
        reads={"rendition": source.file},
        writes=out_folder,
        limits=limits,
        on_progress=_unheard,
    )
    check(finished, "making the storyboard")
    await asyncio.to_thread(_require_pictures, out_folder, storyboard.sheets)
    return index.name


def _write_index(index: Path, sheets: Path, text: str) -> None:
    try:
        sheets.mkdir(parents=True)
        index.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageFull("no space left while making the storyboard") from error


def _require_pictures(out_folder: Path, names: Sequence[str]) -> None:
    for name in names:
        if not (out_folder / name).is_file() or jpeg_size(out_folder / name) is None:
            raise incomplete(out_folder, f"FFmpeg left no whole picture {Path(name).name}")
