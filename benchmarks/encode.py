"""
What encoding one clip to its whole ladder costs in several ways, with the same encoder settings in all of them.

    naive       one plain `ffmpeg` for each rendition, one after the other: what a shell script does
    split       one plain `ffmpeg` that decodes once and scales each rendition from the source
    whole       vodpull, all pictures in one process; sound that conforms is copied, as in a job
    chunked     vodpull, in chunks, two of them at a time
    copied      vodpull, with the picture taken over as the top rung; left out where it does not conform
    floor       encoding alone: raw frames of each size into one encoder each, two at a time, and one decode

The ways take turns in each round. Afterwards the renditions of the last round are judged: bitrate and VMAF of each,
so that nothing is fast because it is worse. Raw frames take 160 MB for a second of 1080p: they should fit into memory.

    python -m benchmarks.encode CLIP [--rounds 3] [--ways floor,whole,chunked] [--chunk-s 24]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.outcome import Cost, Renditions, Subject, Way, show, take_turns
from benchmarks.stopping import stoppable
from vodpull.media import (
    Chunk,
    EncodePlan,
    Survey,
    encode_chunk,
    encode_limits,
    encode_tracks,
    find_toolbox,
    plan_encode,
    plan_ladder,
    probe,
    survey,
)
from vodpull.media.plan.encode_plan import RungPlan
from vodpull.media.plan.thread_counts import encoder_threads
from vodpull.media.tools.ffmpeg_options import global_flags
from vodpull.media.tools.outcome import check
from vodpull.media.tools.run import run

AT_ONCE = 2

GOALS = (
    ("whole", "floor", "at most 1.05"),
    ("chunked", "whole", "at most 1.10"),
    ("naive", "whole", "at least 1.5"),
    ("split", "whole", "at least 1.15"),
    ("whole", "copied", "at least 1.9"),
)


@dataclass(frozen=True, kw_only=True)
class Encoding(Subject):
    """What is measured: the plan encodes everything, in one process."""

    seen: Survey
    chunks: tuple[Chunk, ...]
    raw: Path
    """Folder with the raw frames of each rendition."""


async def main() -> None:
    """Run all ways in turns and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", default="naive,split,whole,chunked,copied,floor")
    parser.add_argument("--chunk-s", type=float, default=0.0, help="length of chunks; 0: as the service cuts them")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subject = await prepare(asked.clip, Path(folder), chunk_s=asked.chunk_s)
        wanted = [name for name in asked.ways.split(",") if name != "copied" or conforms(subject)]
        if "floor" in wanted:
            await write_raw(subject)
        ways = {name: way(subject, name) for name in wanted}
        outcomes = await take_turns(subject, ways, rounds=asked.rounds, folder=Path(folder))
    show(subject, outcomes, goals=GOALS, alike=("whole", "split"))


def way(subject: Encoding, name: str) -> Way:
    """Return one round of a way."""

    async def measured(folder: Path) -> tuple[Cost, Renditions]:
        cost = await WAYS[name](subject, folder)
        return cost, {} if name == "floor" else renditions(subject, folder)

    return measured


def renditions(subject: Subject, folder: Path) -> Renditions:
    """Return what a way left: a file for each rung, or one in the folder of each chunk."""
    return {
        planned.rung.name: sorted(folder.rglob(planned.file), key=lambda file: (len(str(file)), file))
        for planned in subject.plan.rungs
    }


async def prepare(clip: Path, raw: Path, *, chunk_s: float = 0.0) -> Encoding:
    """Probe, survey and plan."""
    toolbox = find_toolbox("", sandbox="auto")
    info = await probe(clip, toolbox=toolbox)
    seen = await survey(clip, info, toolbox=toolbox)
    # No rung is copied, but the sound is where the service would do so.
    plan = plan_encode(info, plan_ladder(info), survey=seen)
    chunks = plan.chunks
    if chunk_s:
        step = max(1, round(chunk_s * plan.rate / plan.gop_frames)) * plan.gop_frames
        starts = range(0, plan.frames_total, step)
        chunks = tuple(
            Chunk(number=number, first_frame=first, frames=min(step, plan.frames_total - first))
            for number, first in enumerate(starts)
        )
    whole = Chunk(number=0, first_frame=0, frames=plan.frames_total)
    names = " ".join(f"{planned.rung.width_px}x{planned.rung.height_px}" for planned in plan.rungs)
    print(f"{clip.name}: {info.duration_s:.1f} s -> {names}; {len(chunks)} chunks, sandbox {toolbox.sandbox}")
    plan = with_chunks(plan, (whole,))
    return Encoding(clip=clip, info=info, seen=seen, plan=plan, chunks=chunks, raw=raw, toolbox=toolbox)


def with_chunks(plan: EncodePlan, chunks: tuple[Chunk, ...]) -> EncodePlan:
    """Return the plan with other chunks, and with as many threads as the service gives to those."""
    many = len(chunks) > 1
    rungs = tuple(
        replace(planned, threads=encoder_threads(many=many, is_top=not number))
        for number, planned in enumerate(plan.rungs)
    )
    seeks_s = tuple(max(0.0, float(chunk.first_frame / plan.rate) - 1.0) for chunk in chunks)
    return replace(plan, chunks=chunks, rungs=rungs, seeks_s=seeks_s)


def copied_plan(subject: Encoding) -> EncodePlan:
    """Return the plan that the service would make of the clip."""
    return plan_encode(subject.info, plan_ladder(subject.info, survey=subject.seen), survey=subject.seen)


def conforms(subject: Encoding) -> bool:
    """Tell whether the picture of the clip may stay as it is."""
    return copied_plan(subject).copied is not None


async def measure_plan(subject: Encoding, folder: Path, plan: EncodePlan) -> Cost:
    """Encode tracks and chunks as the service does, two processes at a time."""

    async def tracks() -> float:
        limits = encode_limits(plan)
        return await encode_tracks(subject.clip, plan, folder, toolbox=subject.toolbox, limits=limits)

    async def pictures(chunk: Chunk) -> float:
        target = folder / str(chunk.number)
        target.mkdir()
        return await encode_chunk(
            subject.clip,
            plan,
            chunk,
            target,
            toolbox=subject.toolbox,
            limits=encode_limits(plan, chunk),
            on_progress=lambda _: None,
        )

    return await timed([tracks, *(lambda chunk=chunk: pictures(chunk) for chunk in plan.chunks)])


async def timed(work: Sequence[Callable[[], Awaitable[float]]]) -> Cost:
    """Do all of it, so much at a time, and return what it took."""
    slots, started_s = asyncio.Semaphore(AT_ONCE), time.monotonic()

    async def one(part: Callable[[], Awaitable[float]]) -> float:
        async with slots:
            return await part()

    cpu_s = sum(await asyncio.gather(*map(one, work)))
    return Cost(wall_s=time.monotonic() - started_s, cpu_s=cpu_s)


async def ffmpeg(subject: Encoding, folder: Path, argv: Sequence[str]) -> float:
    """Run one plain FFmpeg and return its processor time."""
    finished = await run(
        [*global_flags(), *argv],
        toolbox=replace(subject.toolbox, sandbox="limits"),
        reads={"source": subject.clip, "raw": subject.raw},
        writes=folder,
        limits=replace(encode_limits(subject.plan), file_size_bytes=None),
        on_progress=lambda _: None,
    )
    check(finished, "encoding plainly")
    return finished.cpu_s


def scaled(plan: EncodePlan, planned: RungPlan) -> str:
    """Return the filters that a shell script would use."""
    return f"scale={planned.rung.width_px}:{planned.rung.height_px},fps={plan.rate},format=yuv420p"


def video_flags(plan: EncodePlan, planned: RungPlan) -> list[str]:
    """Return the encoder settings of the service, with FFmpeg's own choice of threads."""
    gop, ceiling = str(plan.gop_frames), planned.rung.max_bitrate_bps
    return [
        "-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast", "-crf", "23",
        "-maxrate", str(ceiling), "-bufsize", str(2 * ceiling),
        "-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-flags", "+cgop",
    ]  # fmt: skip


SOUND = ("-map", "0:a:0?", "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000")


async def measure_naive(subject: Encoding, folder: Path) -> Cost:
    """Run one process for each rendition, one after the other."""
    started_s, cpu_s = time.monotonic(), 0.0
    for planned in subject.plan.rungs:
        argv = ["-i", "file:/in/source", "-map", "0:v:0", "-vf", scaled(subject.plan, planned)]
        argv += [*video_flags(subject.plan, planned), *SOUND, "-f", "mp4", f"file:{planned.file}"]
        cpu_s += await ffmpeg(subject, folder, argv)
    return Cost(wall_s=time.monotonic() - started_s, cpu_s=cpu_s)


async def measure_split(subject: Encoding, folder: Path) -> Cost:
    """Run one process that scales each rendition from the source."""
    plan, started_s = subject.plan, time.monotonic()
    argv = ["-i", "file:/in/source", "-filter_complex", split_graph(plan)]
    for number, planned in enumerate(plan.rungs):
        argv += ["-map", f"[v{number}]", *video_flags(plan, planned), "-f", "mp4", f"file:{planned.file}"]
    cpu_s = await ffmpeg(subject, folder, [*argv, *SOUND, "-f", "mp4", "file:audio.m4a"])
    return Cost(wall_s=time.monotonic() - started_s, cpu_s=cpu_s)


def split_graph(plan: EncodePlan) -> str:
    """Return the filters that scale each rendition, `[v0]` the first one, from the source."""
    count = len(plan.rungs)
    chains = [f"[s{number}]{scaled(plan, planned)}[v{number}]" for number, planned in enumerate(plan.rungs)]
    return ";".join([f"[0:v:0]split={count}" + "".join(f"[s{number}]" for number in range(count)), *chains])


async def write_raw(subject: Encoding) -> None:
    """Write the raw frames that the floor encodes; they take much room."""
    for planned in subject.plan.rungs:
        argv = ["-i", "file:/in/source", "-map", "0:v:0", "-vf", scaled(subject.plan, planned)]
        await ffmpeg(subject, subject.raw, [*argv, "-f", "rawvideo", f"file:{planned.file}.yuv"])


async def measure_floor(subject: Encoding, folder: Path) -> Cost:
    """Encode raw frames with one thread each, two at a time, and decode the clip once."""

    def encoder(planned: RungPlan) -> Callable[[], Awaitable[float]]:
        size = f"{planned.rung.width_px}x{planned.rung.height_px}"
        source = ["-f", "rawvideo", "-s", size, "-pix_fmt", "yuv420p", "-r", str(subject.plan.rate)]
        argv = [*source, "-i", f"file:/in/raw/{planned.file}.yuv", *video_flags(subject.plan, planned)]
        return lambda: ffmpeg(subject, folder, [*argv, "-threads", "1", "-f", "mp4", f"file:{planned.file}"])

    decode = ["-threads", "1", "-i", "file:/in/source", "-map", "0:v:0", "-f", "null", "-"]
    work = [encoder(planned) for planned in subject.plan.rungs]
    return await timed([*work, lambda: ffmpeg(subject, folder, decode)])


async def measure_whole(subject: Encoding, folder: Path) -> Cost:
    """Run vodpull's way in one chunk."""
    return await measure_plan(subject, folder, subject.plan)


async def measure_chunked(subject: Encoding, folder: Path) -> Cost:
    """Run vodpull's way in chunks."""
    return await measure_plan(subject, folder, with_chunks(subject.plan, subject.chunks))


async def measure_copied(subject: Encoding, folder: Path) -> Cost:
    """Run vodpull's way with everything that may stay as it is."""
    return await measure_plan(subject, folder, copied_plan(subject))


WAYS = {
    "naive": measure_naive,
    "split": measure_split,
    "whole": measure_whole,
    "chunked": measure_chunked,
    "copied": measure_copied,
    "floor": measure_floor,
}


if __name__ == "__main__":
    stoppable(lambda: asyncio.run(main()))
