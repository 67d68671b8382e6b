"""
Three seconds of a film as an animated picture (WebP), which lists of videos show in the place of the poster.

Which films have one is decided in `plan/has_teaser.py`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from vodpull.media.plan.ladder import Rung
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import incomplete
from vodpull.media.tools.run import run_unheard
from vodpull.media.tools.sandbox import Toolbox

TEASER_S = 3.0
# Below it movement is seen as single pictures; each further one costs 3 kB.
RATE = 8
LONG_SIDE_PX = 256
# What decoders of WebP take YUV for.
WEBP_OUT = "min=bt709:rin=tv:m=bt470bg:r=tv"
# RIFF, size, WEBP, kind and size of the first chunk, and what a VP8X chunk says.
HEADER_BYTES = 30
KINDS = frozenset({b"VP8X", b"VP8 ", b"VP8L"})


async def make_teaser(
    rendition: Path, rung: Rung, out_folder: Path, *, name: str, toolbox: Toolbox, limits: RunLimits
) -> None:
    """
    Write the first seconds of a file with pictures of a rung as an animated picture.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg left no whole picture.
    """
    await run_unheard(
        build_teaser_argv(rung, name),
        "making the teaser",
        toolbox=toolbox,
        reads={"rendition": rendition},
        writes=out_folder,
        limits=limits,
    )
    if await asyncio.to_thread(webp_size, out_folder / name) is None:
        raise incomplete(out_folder, "FFmpeg left no whole teaser")


def build_teaser_argv(rung: Rung, name: str) -> list[str]:
    """Return the FFmpeg command: reads `/in/rendition`, writes into the working folder. Pure."""
    scale = min(1.0, LONG_SIDE_PX / max(rung.width_px, rung.height_px))
    width, height = (max(2, 2 * round(side * scale / 2)) for side in (rung.width_px, rung.height_px))
    return [
        *ffmpeg_options.global_flags(),
        *ffmpeg_options.input_flags("rendition", "-threads", "1"),
        "-map", "0:v:0",
        "-vf", f"setpts=PTS-STARTPTS,fps={RATE},zscale=w={width}:h={height}:{WEBP_OUT},format=yuv420p",
        "-frames:v", str(round(TEASER_S * RATE)),
        # The quick way is a third larger than the slow one, for a fraction of the time.
        "-c:v", "libwebp_anim", "-compression_level", "2", "-quality", "50", "-loop", "0",
        "-f", "webp", f"file:{name}",
    ]  # fmt: skip


def webp_size(path: Path) -> int | None:
    """Return the size of a WebP file, animated or not, in bytes; None when it is none or was cut."""
    if not path.is_file():
        return None
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    # A film in which nothing moves is one picture.
    named = head[:4] == b"RIFF" and head[8:12] == b"WEBP" and head[12:16] in KINDS
    return size_bytes if named and int.from_bytes(head[4:8], "little") + 8 == size_bytes else None
