"""
The pictures of one chunk of a source, in all encoded renditions: the commands are pure, FFmpeg does the work.

A chunk is decoded once; each smaller picture is scaled from the next larger one. What belongs to the whole film, its
sound and a copied picture: `whole_tracks.py`. How long a chunk is: `plan/cuts/chunk_lengths.py`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from vodpull.errors import MediaTruncated, OutputInvalid, error_of_disk
from vodpull.media.encode.codecs import PictureEncoding, video_flags
from vodpull.media.encode.filters import picture_graph
from vodpull.media.mp4.sample_tables import SampleTable, read_samples
from vodpull.media.plan.burnt_in.burnt_text import BurntText
from vodpull.media.plan.cuts.chunk_lengths import Chunk
from vodpull.media.plan.cuts.seek_points import MAX_GROUP_S
from vodpull.media.plan.encode_plan import EncodePlan, RungPlan
from vodpull.media.plan.picture_conversion import Picture
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import check
from vodpull.media.tools.progress import ToolProgress
from vodpull.media.tools.run import run
from vodpull.media.tools.sandbox import FONT_CACHE, Toolbox


def encode_limits(plan: EncodePlan, chunk: Chunk | None = None) -> RunLimits:
    """Return limits that no honest process reaches, for a chunk or for the tracks: they only end what went wrong."""
    codecs = len({planned.rung.codec for planned in plan.rungs})
    most_bps = max(planned.rung.max_bitrate_bps for planned in plan.rungs)
    length_s = float(chunk.frames / plan.rate) if chunk else plan.duration_s
    return RunLimits(
        # 8K HEVC on one old core takes about 100 seconds a second; a chunk may decode as much again to get there.
        # Every codec takes as long again.
        wall_s=600 + 150 * codecs * (length_s + (MAX_GROUP_S if chunk else 0.0)),
        # The encoder's ceiling is an average over seconds: thrice of it, and room for headers.
        file_size_bytes=int(3 * most_bps / 8 * length_s) + 64 * 1024 * 1024,
    )


async def encode_chunk(  # noqa: PLR0913, PLR0917 - what is made of what, and within which bounds
    source: Path,
    plan: EncodePlan,
    chunk: Chunk,
    folder: Path,
    *,
    toolbox: Toolbox,
    limits: RunLimits,
    on_progress: Callable[[float], None],
    stop_bytes: int | None = None,
) -> float:
    """
    Make the pictures of one chunk in a fresh folder, one file for each encoded rung; return the processor time.

    `on_progress` gets the share that is done, 0 to 1. Of a source that is still coming, nothing is read from
    `stop_bytes` on. May run twice: files of an earlier try are overwritten.

    Raises:
        MediaTruncated: the source has fewer pictures there than it promised.
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg did not make what was planned.
    """

    def report(progress: ToolProgress) -> None:
        on_progress(min(1.0, progress.frames / chunk.frames))

    argv = build_chunk_argv(plan, chunk)
    with burnt_in_beside(plan, folder):
        finished = await run(
            argv if stop_bytes is None else ffmpeg_options.cut_input(argv, "source", stop_bytes),
            toolbox=toolbox,
            reads={"source": source},
            writes=folder,
            limits=limits,
            on_progress=report,
        )
    check(finished, "encoding")
    for planned in plan.encoded:
        _check_chunk(read_samples(folder / planned.file), plan, chunk)
    return finished.cpu_s


@contextmanager
def burnt_in_beside(plan: EncodePlan, folder: Path) -> Iterator[None]:
    """Keep what a plan burns in, the picture of its watermark and its text, in a working folder while a block runs."""
    still = plan.watermark.still if plan.watermark else None
    with ExitStack() as stack:
        if still:
            stack.enter_context(_beside(folder / still.name, still.content))
        if plan.text:
            stack.enter_context(text_beside(plan.text, folder))
        yield


@contextmanager
def text_beside(text: BurntText, folder: Path) -> Iterator[None]:
    """Keep a text that is drawn in a working folder while a block runs."""
    with _beside(folder / text.name, text.script.encode()):
        try:
            yield
        finally:
            shutil.rmtree(folder / FONT_CACHE, ignore_errors=True)


@contextmanager
def _beside(path: Path, content: bytes) -> Iterator[None]:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise error_of_disk(error, "what is burnt in cannot be written") from error
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _check_chunk(made: SampleTable, plan: EncodePlan, chunk: Chunk) -> None:
    """Compare what FFmpeg wrote with the plan: every frame is there, at its time, and segments begin with keyframes."""
    if len(made) < chunk.frames:
        missing_s = float((chunk.frames - len(made)) / plan.rate)
        start_s = float(chunk.first_frame / plan.rate)
        raise MediaTruncated(f"{missing_s:.2f} s of the picture after {start_s:.0f} s could not be decoded")
    ticks = made.timescale / plan.rate
    on_grid = [number * ticks for number in range(chunk.frames)] == sorted(made.shown_ticks)
    keys = {number for number in range(len(made)) if made.is_key(number)}
    if not on_grid or keys != set(chunk_cuts(plan, chunk)):
        raise OutputInvalid(f"the encoder left frames or keyframes in {made.path.name} that were not planned")


def chunk_cuts(plan: EncodePlan, chunk: Chunk) -> list[int]:
    """Return the frames of a chunk with which segments begin, counted from its own start."""
    return [cut - chunk.first_frame for cut in plan.cuts if 0 <= cut - chunk.first_frame < chunk.frames]


def build_chunk_argv(plan: EncodePlan, chunk: Chunk) -> list[str]:
    """Return the FFmpeg command of a chunk: reads `/in/source`, writes into the working folder. Pure."""
    sizes = [(planned.rung.width_px, planned.rung.height_px) for planned in plan.encoded]
    frames = range(chunk.first_frame, chunk.first_frame + chunk.frames)
    argv = [
        *ffmpeg_options.global_flags(),
        *ffmpeg_options.input_flags("source", "-threads", str(plan.decoder_threads), *seek_flags(plan, chunk)),
        *_filter_flags(plan.picture),
        "-filter_complex", _graph(plan, chunk, sizes, frames=frames),
    ]  # fmt: skip
    for number, planned in enumerate(plan.encoded):
        argv += ["-map", f"[v{number}]", *_grid_flags(chunk), *video_flags(_encoding(planned, plan, chunk))]
        argv += file_flags(planned.file)
    return argv


def _graph(plan: EncodePlan, chunk: Chunk, sizes: list[tuple[int, int]], *, frames: range) -> str:
    return picture_graph(picture_of(plan, chunk), sizes, frames, watermark=plan.watermark, text=plan.text)


def picture_of(plan: EncodePlan, chunk: Chunk) -> Picture:
    """Return what happens to the frames of a chunk: only the end of the film is held."""
    return plan.picture if chunk == plan.chunks[-1] else replace(plan.picture, hold_frames=0)


def seek_flags(plan: EncodePlan, chunk: Chunk) -> tuple[str, ...]:
    """Return the input options that lead to a chunk."""
    # A graph that begins anew for each size would forget the picture that it holds; only so is each turned upright.
    anew = plan.picture.deinterlace or plan.picture.turns
    kept = ("-reinit_filter", "0") if plan.picture.fit and not anew else ()
    return (*kept, *_place_flags(plan, plan.seeks_s[chunk.number]))


def _place_flags(plan: EncodePlan, seek_s: float) -> tuple[str, ...]:
    if plan.zero_s is not None:
        found = ("-noaccurate_seek", "-seek_timestamp", "1", "-ss", f"{plan.zero_s + seek_s:.6f}") if seek_s else ()
        return (*zero_flags(plan), *found)
    if not seek_s:
        return ()
    return (
        # Times stay those of the whole film, so that frame numbers do, too.
        "-copyts", "-start_at_zero",
        # From the keyframe before: what is too early is dropped by number, not by time.
        "-noaccurate_seek", "-ss", f"{seek_s:.6f}",
    )  # fmt: skip


def zero_flags(plan: EncodePlan) -> tuple[str, ...]:
    """Return the input options that make the output begin where the source does, whatever a command reads of it."""
    return () if plan.zero_s is None else ("-copyts", "-itsoffset", f"{-plan.zero_s:.6f}")


def _filter_flags(picture: Picture) -> list[str]:
    # Scaling alone is so fast that sharing a picture among threads only costs.
    return [] if picture.hdr or picture.deinterlace else ["-filter_complex_threads", "1"]


def _grid_flags(chunk: Chunk) -> list[str]:
    # Where the size of the source changes midway, the graph begins anew, at 0: what came already is dropped, all but
    # one frame, which must not make the chunk longer.
    return ["-fps_mode", "vfr", "-frames:v", str(chunk.frames)]


def _encoding(planned: RungPlan, plan: EncodePlan, chunk: Chunk) -> PictureEncoding:
    return PictureEncoding(
        codec=planned.rung.codec,
        preset=planned.preset,
        rate=planned.rate,
        gop_frames=plan.gop_frames,
        # Beside a copied rung, segments begin where its keyframes are.
        cuts=tuple(chunk_cuts(plan, chunk)) if plan.copied else (),
        threads=planned.threads,
    )


def file_flags(name: str) -> list[str]:
    """Return the output options of each file that is an intermediate result."""
    return [
        # Titles, places and chapters of the source stay private.
        "-map_metadata", "-1", "-map_chapters", "-1",
        # A measured bitrate in the header would differ from chunk to chunk.
        "-write_btrt", "0",
        "-f", "mp4", f"file:{name}",
    ]  # fmt: skip
