"""
What the proof of content costs, as a share of the encode that it looks at.

The clip is repeated to a length, encoded once as the service does it, and packaged; each round then measures the
segments alone, and looks at the clip, measures the segments and compares them with it, as the service does. The
difference is what the proof costs. Processor time counts: it is about the same on a busy machine.

    python -m benchmarks.proof CLIP [--seconds 60] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.encode import Encoding, measure_plan, prepare, with_chunks
from benchmarks.package import look, parts_of, spent_s
from benchmarks.stopping import stoppable
from vodpull.media import find_toolbox
from vodpull.media.inspect.ask_segments import measure
from vodpull.media.package.package import package_media
from vodpull.media.verify.compare import Subject, compare_content
from vodpull.media.verify.content_verdict import judged
from vodpull.media.verify.verify import listed_segments, what_is_measured

GOAL = 0.04


async def main() -> None:
    """Encode, run all rounds, and print the median and its share."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        subject = await prepare(repeated(asked.clip, folder / "clip.mp4", asked.seconds), folder)
        encoded = await measure_plan(subject, folder, with_chunks(subject.plan, subject.chunks))
        spent = [await measure_proof(subject, folder) for _ in range(asked.rounds)]
    alone_s, both_s = (statistics.median(each) for each in zip(*spent, strict=True))
    cpu_s = both_s - alone_s
    print(f"encode      {encoded.cpu_s:7.2f} CPU s")
    print(f"measuring   {alone_s:7.2f} CPU s, with the proof {both_s:.2f}")
    print(f"proof       {cpu_s:7.2f} CPU s  {cpu_s / encoded.cpu_s:.2%} of the encode (goal: at most {GOAL:.0%})")


def repeated(clip: Path, target: Path, seconds: float) -> Path:
    """Write a clip, as often as it takes to be so long."""
    ffmpeg = str(find_toolbox("", sandbox="off").ffmpeg)
    words = ["-nostdin", "-v", "error", "-stream_loop", "-1", "-i", str(clip), "-c", "copy", "-t", f"{seconds}"]
    subprocess.run([ffmpeg, *words, str(target)], check=True, timeout=300)
    return target


async def measure_proof(subject: Encoding, folder: Path) -> tuple[float, float]:
    """Return the processor time of measuring segments alone, and of measuring and comparing them."""
    plan = with_chunks(subject.plan, subject.chunks)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        _, package = await package_media(plan, parts_of(subject, folder), Path(out), video_id="v")
        measuring = what_is_measured(package, listed_segments(Path(out), package))
        began_s = spent_s()
        await measure(Path(out), measuring, toolbox=subject.toolbox)
        between_s = spent_s()
        original, _ = await look(subject, folder / "seen")
        made = Subject(original=original, out_folder=Path(out), package=package, plan=plan)
        compared, _ = await compare_content(made, measuring, toolbox=subject.toolbox)
        judged(compared)
        return between_s - began_s, spent_s() - between_s


if __name__ == "__main__":
    stoppable(lambda: asyncio.run(main()))
