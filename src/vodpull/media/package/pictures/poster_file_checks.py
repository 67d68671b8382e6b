"""
A picture that comes with a film as its poster: bytes of strangers, decoded in the sandbox and written anew as a JPEG.

What the file has beside its pixels (places, thumbnails, comments) stays behind. Posters that are made of the film:
`poster_and_storyboard.py`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from vodpull.errors import EncodeFailed, MediaTooLarge, MediaUnsupported, NotMedia
from vodpull.media.inspect.jpeg import START, jpeg_size
from vodpull.media.inspect.watermark_picture import PNG_START
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import incomplete
from vodpull.media.tools.run import run_unheard
from vodpull.media.tools.sandbox import Toolbox

COVER_FILE = "cover.jpg"
MAX_COVER_BYTES = 16 * 1024 * 1024
MAX_SIDE_PX = 1920
# A picture of 35 million pixels is decoded in a second.
LIMITS = RunLimits(wall_s=60, cpu_s=30, file_size_bytes=16 * 1024 * 1024, address_space_bytes=4 * 1024**3)
_WEBP = (b"RIFF", b"WEBP")


def kind_of(head: bytes) -> tuple[str, str] | None:
    """Return FFmpeg's demuxer and decoder of a picture, by how its file begins; None: it is none that is taken."""
    if head.startswith(START):
        return "jpeg_pipe", "mjpeg"
    if head.startswith(PNG_START):
        return "png_pipe", "png"
    if (head[:4], head[8:12]) == _WEBP:
        return "webp_pipe", "webp"
    return None


async def make_cover(picture: Path, folder: Path, *, toolbox: Toolbox) -> Path:
    """
    Write a picture as a JPEG, no side longer than `MAX_SIDE_PX`, and return the file.

    Raises:
        NotMedia: it is no JPEG, PNG or WebP file, or is damaged.
        MediaUnsupported: such files are decoded in the sandbox only, which does not work here.
        MediaTooLarge: its file is too large.
        EncodeStalled: it took too long.
    """
    size_bytes, head = await asyncio.to_thread(_look, picture)
    if size_bytes > MAX_COVER_BYTES:
        raise MediaTooLarge(f"the picture is larger than {MAX_COVER_BYTES} bytes")
    kind = kind_of(head)
    if kind is None:
        raise NotMedia("the file is no JPEG, PNG or WebP picture")
    if kind[1] != "mjpeg" and toolbox.sandbox != "bwrap":
        raise MediaUnsupported("PNG and WebP pictures are decoded in the sandbox only, which does not work here")
    try:
        await run_unheard(
            build_cover_argv(*kind),
            "reading the picture",
            toolbox=toolbox,
            reads={"picture": picture},
            writes=folder,
            limits=LIMITS,
        )
    except EncodeFailed as error:
        raise NotMedia("the picture is damaged, or larger than pictures may be") from error
    made = folder / COVER_FILE
    if not made.is_file() or await asyncio.to_thread(jpeg_size, made) is None:
        raise incomplete(folder, "FFmpeg left no whole picture")
    return made


def _look(picture: Path) -> tuple[int, bytes]:
    with picture.open("rb") as file:
        return picture.stat().st_size, file.read(12)


def build_cover_argv(demuxer: str, decoder: str) -> list[str]:
    """Return the FFmpeg command that writes a picture anew; it reads `/in/picture`. Pure."""
    options = ffmpeg_options.format_options() | {"format_whitelist": demuxer, "codec_whitelist": decoder}
    scale = f"min(1,{MAX_SIDE_PX}/max(iw,ih))"
    size = f"w='max(2,2*trunc(iw*{scale}/2))':h='max(2,2*trunc(ih*{scale}/2))'"
    return [
        *ffmpeg_options.global_flags(),
        *(token for key, value in options.items() for token in (f"-{key}", value)),
        # A damaged picture is refused and not shown grey.
        "-err_detect", "explode", "-xerror",
        "-threads", "1", "-f", demuxer, "-i", "file:/in/picture",
        "-map", "0:v:0", "-map_metadata", "-1",
        # What is transparent lies on black.
        "-vf", f"format=gbrap,premultiply=inplace=1,scale={size}:out_range=full,format=yuvj420p",
        "-frames:v", "1", "-fps_mode", "passthrough",
        # About 90 on the usual scale of JPEG quality.
        "-q:v", "3",
        "-f", "mjpeg", f"file:{COVER_FILE}",
    ]  # fmt: skip
