"""
The text tracks of a source as files, by their own times: nothing is drawn, nothing else is decoded.

What FFmpeg does not read, a script of `confined` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from vodpull.errors import EncodeFailed, EncodeStalled
from vodpull.media.inspect.media_info import MediaInfo, TextStream
from vodpull.media.inspect.run_child import ask_pyav
from vodpull.media.mp4 import boxes
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import check
from vodpull.media.tools.run import run
from vodpull.media.tools.sandbox import Toolbox

# More than any caption file that is taken.
MAX_FILE_BYTES = 16 * 1024 * 1024
# The whole file is read for it; 2 MB/s is a slow network disk.
SLOW_BYTES_PER_S = 2e6
# Scripts keep their styles; what others have, WebVTT has, too.
_SCRIPTS = frozenset({"ass", "ssa"})
# What describes the samples of such a track (ISO/IEC 14496-30), within an initialisation section.
_ENTRIES = {b"wvtt": "wvtt", b"stpp": "ttml"}
_HEAD_BYTES = 64 * 1024
BOXED = frozenset({"wvtt", "ttml"})
"""Codecs of text in MP4 that FFmpeg does not read."""


async def extract_texts(
    source: Path, info: MediaInfo, folder: Path, *, toolbox: Toolbox, only: TextStream | None = None
) -> Mapping[int, Path]:
    """
    Write the text tracks of a measured source, or one, into a folder, and return where each is, by its stream's number.

    Times are those of the source: `info` says which of them becomes 0. Of several tracks the one that FFmpeg cannot
    read is missing.

    Raises:
        EncodeInterrupted: somebody killed FFmpeg.
        StorageFull: the disk is full.
    """
    wanted = [only] if only else info.texts
    plain = [text for text in wanted if text.codec not in BOXED]
    found = await _of_ffmpeg(source, info, plain, folder=folder, toolbox=toolbox) if plain else {}
    if boxed := [text for text in wanted if text.codec in BOXED]:
        with suppress(EncodeFailed, EncodeStalled):
            found |= await _of_boxes(source, info, boxed, folder=folder, toolbox=toolbox)
    return found


async def fragmented_text(source: Path, folder: Path, *, toolbox: Toolbox) -> Path | None:
    """Write the text of an fMP4 file of one track into a folder, by its own times; None: it is none that is read."""
    with source.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    codec = next((codec for entry, codec in _ENTRIES.items() if entry in head), None)
    if codec is None:
        return None
    limits = RunLimits(wall_s=300, file_size_bytes=MAX_FILE_BYTES)
    try:
        return (await _boxed(source, {0: codec}, folder=folder, toolbox=toolbox, limits=limits)).get(0)
    except (EncodeFailed, EncodeStalled):
        return None


async def _of_boxes(
    source: Path, info: MediaInfo, texts: Sequence[TextStream], *, folder: Path, toolbox: Toolbox
) -> dict[int, Path]:
    codecs = {text.index: text.codec for text in texts}
    return await _boxed(source, codecs, folder=folder, toolbox=toolbox, limits=_limits(info))


async def _boxed(
    source: Path, codecs: Mapping[int, str], *, folder: Path, toolbox: Toolbox, limits: RunLimits
) -> dict[int, Path]:
    answer = await ask_pyav(
        "mp4_texts",
        {"options": ffmpeg_options.format_options(), "texts": dict(codecs)},
        ("source", source),
        toolbox=toolbox,
        limits=limits,
        writes=folder,
        shared=(boxes,),
    )
    written = answer.get("written")
    return {index: folder / _name(index) for index in codecs if isinstance(written, list) and index in written}


async def _of_ffmpeg(
    source: Path, info: MediaInfo, wanted: Sequence[TextStream], *, folder: Path, toolbox: Toolbox
) -> dict[int, Path]:
    try:
        return await _extracted(source, info, wanted, folder=folder, toolbox=toolbox)
    except (EncodeFailed, EncodeStalled):
        found: dict[int, Path] = {}
        for text in wanted if len(wanted) > 1 else ():
            with suppress(EncodeFailed, EncodeStalled):
                found |= await _extracted(source, info, [text], folder=folder, toolbox=toolbox)
        return found


async def _extracted(
    source: Path, info: MediaInfo, texts: Sequence[TextStream], *, folder: Path, toolbox: Toolbox
) -> dict[int, Path]:
    finished = await run(
        build_texts_argv(texts),
        toolbox=toolbox,
        reads={"source": source},
        writes=folder,
        limits=_limits(info),
    )
    check(finished, "reading the text tracks")
    return {text.index: folder / _name(text.index) for text in texts}


def _limits(info: MediaInfo) -> RunLimits:
    return RunLimits(wall_s=300 + info.size_bytes / SLOW_BYTES_PER_S, file_size_bytes=MAX_FILE_BYTES)


def build_texts_argv(texts: Sequence[TextStream]) -> list[str]:
    """Return the FFmpeg command: reads `/in/source`, writes into the working folder. Pure."""
    # The clock of the file, whatever FFmpeg would take for its beginning.
    argv = [
        *ffmpeg_options.global_flags(),
        *ffmpeg_options.input_flags("source", *ffmpeg_options.text_option(), "-copyts"),
    ]
    for text in texts:
        kind = ("-c", "copy", "-f", "ass") if text.codec in _SCRIPTS else ("-c", "webvtt", "-f", "webvtt")
        argv += ["-map", f"0:{text.index}", *kind, f"file:{_name(text.index)}"]
    return argv


def _name(index: int) -> str:
    return f"text-{index}"
