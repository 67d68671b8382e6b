"""
What comes after the encode of one clip: segments, playlists, pictures and the proof, and the storyboard alone.

The clip is encoded once as the service does it, and looked at for the proof, which the service does meanwhile; each
round then packages and proves the result as the service does.

    python -m benchmarks.package CLIP [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.encode import Encoding, measure_plan, prepare, with_chunks
from benchmarks.outcome import Cost
from benchmarks.stopping import stoppable
from vodpull.media import Original, Parts, RunLimits, look_ahead, package_and_verify
from vodpull.media.package.assembly import Assembly
from vodpull.media.package.pictures.poster_and_storyboard import build_storyboard_argv
from vodpull.media.package.pictures.storyboard import plan_storyboard
from vodpull.media.tools.outcome import check
from vodpull.media.tools.run import run
from vodpull.media.tools.run import spent_s as children_spent_s


async def main() -> None:
    """Encode, run all rounds, and print medians and shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subject = await prepare(asked.clip, folder)
        encoded = await measure_plan(subject, folder, with_chunks(subject.plan, subject.chunks))
        original, ahead_s = await look(subject, folder / "seen")
        packaged = [await measure_package(subject, folder, original) for _ in range(asked.rounds)]
        storyboards = [await measure_storyboard(subject, folder) for _ in range(asked.rounds)]
    wall_s, cpu_s = (statistics.median(getattr(cost, name) for cost in packaged) for name in ("wall_s", "cpu_s"))
    print(f"encode      {encoded.wall_s:7.2f} s  {encoded.cpu_s:7.2f} CPU s")
    print(f"ahead                  {ahead_s:7.2f} CPU s")
    print(f"package     {wall_s:7.2f} s  {cpu_s:7.2f} CPU s  {cpu_s / encoded.cpu_s:.2%} of the encode")
    share = statistics.median(storyboards) / encoded.cpu_s
    print(f"storyboard             {statistics.median(storyboards):7.2f} CPU s  {share:.2%} (goal: at most 2 %)")


def parts_of(subject: Encoding, folder: Path) -> Parts:
    """Return where the encode left everything."""
    chunks = tuple(folder / str(chunk.number) for chunk in subject.chunks)
    return Parts(tracks=folder if subject.plan.has_tracks else None, chunks=chunks)


async def look(subject: Encoding, seen: Path) -> tuple[Original, float]:
    """Look at the clip ahead; return it with what was seen, and the processor time."""
    await asyncio.to_thread(seen.mkdir, exist_ok=True)
    began_s, original = spent_s(), Original(path=subject.clip, info=subject.info, seen=seen)
    await look_ahead(with_chunks(subject.plan, subject.chunks), original, seen, toolbox=subject.toolbox)
    return original, spent_s() - began_s


async def measure_package(subject: Encoding, folder: Path, original: Original) -> Cost:
    """Package and prove once, with what all processes took."""
    plan = with_chunks(subject.plan, subject.chunks)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        cpu_s, started_s = spent_s(), time.monotonic()
        parts = parts_of(subject, folder)
        await package_and_verify(
            plan,
            parts,
            Path(out),
            original=original,
            video_id="v",
            toolbox=subject.toolbox,
        )
        return Cost(wall_s=time.monotonic() - started_s, cpu_s=spent_s() - cpu_s)


def spent_s() -> float:
    """Return the processor time of this process, and of the children that it has run to their end."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime + children_spent_s()


async def measure_storyboard(subject: Encoding, folder: Path) -> float:
    """Return the processor time of the storyboard, which also chooses the moment of the poster."""
    made = Assembly(with_chunks(subject.plan, subject.chunks), parts_of(subject, folder), "v")
    with tempfile.TemporaryDirectory(dir=folder) as out:
        source = made.write_small_pictures(Path(out) / "pictures.mp4")
        storyboard = plan_storyboard(source.segments, source.rung, folder=".")
        argv, limits = build_storyboard_argv(storyboard, source.segments, source.rung), RunLimits(wall_s=300)
        reads = {"rendition": source.file}
        finished = await run(argv, toolbox=subject.toolbox, reads=reads, writes=Path(out), limits=limits)
        check(finished, "making the storyboard")
    return finished.cpu_s


if __name__ == "__main__":
    stoppable(lambda: asyncio.run(main()))
