"""
How much faster one clever FFmpeg process is than one plain process for each rendition.

Both sides make the same renditions of the same clip with the same encoder settings, in turns. The plain side is what a
shell script does: for each rendition one `ffmpeg -vf scale … -c:v libx264 … -c:a aac`, decoding the source each time,
one after the other, with FFmpeg's own choice of threads. vodpull's side is its encode step as the service runs it,
launcher and sandbox included.

    python benchmarks/encode.py CLIP [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from vodpull.media import EncodePlan, Toolbox, encode, encode_limits, find_toolbox, plan_encode, plan_ladder, probe
from vodpull.media.encode import RungPlan, exact_rate
from vodpull.media.ffmpeg import check, run
from vodpull.media.hardening import global_flags


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one round took."""

    wall_s: float
    cpu_s: float


async def main() -> None:
    """Run both sides in turns and print medians and ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    toolbox = find_toolbox("", sandbox="auto")
    info = await probe(asked.clip, toolbox=toolbox)
    plan = plan_encode(info, plan_ladder(info))
    names = " ".join(f"{planned.rung.width_px}x{planned.rung.height_px}" for planned in plan.rungs)
    print(f"{asked.clip.name}: {info.duration_s:.1f} s -> {names}, sandbox {toolbox.sandbox}")
    ours, plain = [], []
    for number in range(asked.rounds):
        plain.append(await measure_plain(asked.clip, plan, toolbox))
        ours.append(await measure_vodpull(asked.clip, plan, toolbox))
        print(f"round {number + 1}: plain {plain[-1].wall_s:.2f} s, vodpull {ours[-1].wall_s:.2f} s")
    print_medians(plain, ours)


async def measure_vodpull(clip: Path, plan: EncodePlan, toolbox: Toolbox) -> Cost:
    """Run vodpull's encode step once."""
    with tempfile.TemporaryDirectory() as folder:
        started_s = time.monotonic()
        encoded = await encode(
            clip, plan, Path(folder), toolbox=toolbox, limits=encode_limits(plan), on_progress=lambda _: None
        )
        return Cost(wall_s=time.monotonic() - started_s, cpu_s=encoded.cpu_s)


async def measure_plain(clip: Path, plan: EncodePlan, toolbox: Toolbox) -> Cost:
    """Run one plain process for each rendition, one after the other."""
    wall_s = cpu_s = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for planned in plan.rungs:
            finished = await run(
                plain_argv(plan, planned),
                toolbox=Toolbox(ffmpeg=toolbox.ffmpeg, python=toolbox.python, sandbox="limits"),
                reads={"source": clip},
                writes=Path(folder),
                limits=encode_limits(plan),
                on_progress=lambda _: None,
            )
            check(finished, "encoding plainly")
            wall_s, cpu_s = wall_s + finished.wall_s, cpu_s + finished.cpu_s
    return Cost(wall_s=wall_s, cpu_s=cpu_s)


def plain_argv(plan: EncodePlan, planned: RungPlan) -> list[str]:
    """Return the command that a shell script would use, with the same encoder settings."""
    rung, gop = planned.rung, str(plan.gop_frames)
    rate = exact_rate(rung.frame_rate)
    return [
        *global_flags(),
        "-i", "file:/in/source",
        "-map", "0:v:0", "-map", "0:a:0?",
        "-vf", f"scale={rung.width_px}:{rung.height_px},fps={rate.numerator}/{rate.denominator},format=yuv420p",
        "-c:v", "libx264", "-profile:v", "high", "-preset", "veryfast", "-crf", "23",
        "-maxrate", str(rung.max_bitrate_bps), "-bufsize", str(2 * rung.max_bitrate_bps),
        "-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-flags", "+cgop",
        "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000",
        "-f", "mp4", f"file:{planned.file}",
    ]  # fmt: skip


def print_medians(plain: list[Cost], ours: list[Cost]) -> None:
    """Print the table and the ratio."""
    print(f"{'':28}{'wall s':>8}{'CPU s':>8}")
    medians = []
    for name, costs in (("one process per rendition", plain), ("vodpull", ours)):
        wall_s = statistics.median(cost.wall_s for cost in costs)
        cpu_s = statistics.median(cost.cpu_s for cost in costs)
        medians.append(wall_s)
        print(f"{name:28}{wall_s:8.2f}{cpu_s:8.1f}")
    print(f"vodpull is {medians[0] / medians[1]:.2f} times as fast")


if __name__ == "__main__":
    asyncio.run(main())
