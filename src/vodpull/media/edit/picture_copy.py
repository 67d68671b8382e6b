"""A copy of the whole picture of a source, from which a clip or a join takes what it needs."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

from vodpull.media.edit.edit_plan import PICTURE_FILE
from vodpull.media.edit.edit_request import Copyable, EditOrder, EditSource
from vodpull.media.encode.codecs import HEVC_TAG
from vodpull.media.inspect.media_info import MediaInfo
from vodpull.media.mp4.sample_tables import SampleTable, read_samples
from vodpull.media.package.timeline import on_grid
from vodpull.media.plan.copy_rules import copy_filter
from vodpull.media.plan.cuts.frame_rate import exact_rate
from vodpull.media.plan.midway_changes import settled
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import copy_limits
from vodpull.media.tools.run import run_unheard
from vodpull.media.tools.sandbox import Toolbox

# Of all copies alike, so that those of several files can be one track.
TICKS_PER_S = 90_000


async def copy_picture(path: Path, info: MediaInfo, folder: Path, *, toolbox: Toolbox) -> None:
    """
    Copy the picture of a source into a fresh folder.

    Raises:
        EncodeFailed, EncodeStalled: FFmpeg ended with an error, or made no progress.
    """
    await run_unheard(
        build_copy_argv(info),
        "copying the picture",
        toolbox=toolbox,
        reads={"source": path},
        writes=folder,
        limits=copy_limits(info.size_bytes),
    )


def build_copy_argv(info: MediaInfo) -> list[str]:
    """Return the FFmpeg command: reads `/in/source`, writes into the working folder. Pure."""
    assert info.video is not None  # noqa: S101 - its picture is to be copied
    rewritten = copy_filter(info.video, info.container)
    zero = () if info.zero_s is None else ("-copyts", "-itsoffset", f"{-info.zero_s:.6f}")
    return [
        *ffmpeg_options.global_flags(),
        *ffmpeg_options.input_flags("source", *zero),
        "-map", f"0:{info.video.index}", "-c", "copy", "-avoid_negative_ts", "disabled",
        *(("-bsf:v", rewritten) if rewritten else ()),
        *(HEVC_TAG if info.video.codec == "hevc" else ()),
        "-video_track_timescale", str(TICKS_PER_S),
        "-map_metadata", "-1", "-map_chapters", "-1", "-write_btrt", "0",
        "-f", "mp4", f"file:{PICTURE_FILE}",
    ]  # fmt: skip


def read_copy(folder: Path, rate: Fraction) -> SampleTable:
    """
    Return the samples of a copied picture.

    Raises:
        OutputInvalid: they are not shown at a constant rate.
    """
    return on_grid(read_samples(folder / PICTURE_FILE), rate)


def describe_copy(folder: Path, source: EditSource, order: EditOrder) -> Copyable:
    """
    Return what a copied picture would be in the result of an order.

    Raises:
        OutputInvalid: it cannot be taken apart.
    """
    info = settled(source.info, source.survey)
    assert info.video is not None  # noqa: S101 - its picture was copied
    rate = exact_rate(info.video.nominal_frame_rate)
    table = read_copy(folder, rate)
    shape = f"{table.width_px}x{table.height_px}"
    stop = len(table)
    if order.length_s is not None:
        stop = last_whole(table, min(stop, round(Fraction(order.start_s + order.length_s) * rate)), rate)
    return Copyable(header=f"{shape}-{hashlib.sha256(table.entry).hexdigest()}", frames=stop)


def last_whole(table: SampleTable, wanted: int, rate: Fraction) -> int:
    """Return the last place up to a wanted one where a picture can end: all that is decoded before is shown before."""
    ticks = table.timescale / rate
    last, whole = -1, 0
    for at in range(wanted):
        last = max(last, round(table.shown_ticks[at] / ticks))
        whole = at + 1 if last == at else whole
    return whole
