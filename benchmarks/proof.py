"""
What the proof of content costs, as a share of the encode that it looks at.

The clip is repeated to a length, encoded once as the service does it, and packaged; each round then compares the
package with the clip. Processor time counts: it is the same on a busy machine.

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
from benchmarks.package import parts_of, spent_s
from benchmarks.stopping import stoppable
from vodpull.media import Original, find_toolbox
from vodpull.media.package.package import package_media
from vodpull.media.verify.proof import Subject, prove_content

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
    cpu_s = statistics.median(spent)
    print(f"encode      {encoded.cpu_s:7.2f} CPU s")
    print(f"proof       {cpu_s:7.2f} CPU s  {cpu_s / encoded.cpu_s:.2%} of the encode (goal: at most {GOAL:.0%})")


def repeated(clip: Path, target: Path, seconds: float) -> Path:
    """Write a clip, as often as it takes to be so long."""
    ffmpeg = str(find_toolbox("", sandbox="off").ffmpeg)
    words = ["-nostdin", "-v", "error", "-stream_loop", "-1", "-i", str(clip), "-c", "copy", "-t", f"{seconds}"]
    subprocess.run([ffmpeg, *words, str(target)], check=True, timeout=300)
    return target


async def measure_proof(subject: Encoding, folder: Path) -> float:
    """Return the processor time of one proof, with all that its processes took."""
    plan = with_chunks(subject.plan, subject.chunks)
    with tempfile.TemporaryDirectory(dir=folder) as out:
        _, package = await package_media(plan, parts_of(subject, folder), Path(out), video_id="v")
        original = Original(path=subject.clip, info=subject.info)
        before_s = spent_s()
        await prove_content(
            Subject(original=original, out_folder=Path(out), package=package, plan=plan), toolbox=subject.toolbox
        )
        return spent_s() - before_s


if __name__ == "__main__":
    stoppable(lambda: asyncio.run(main()))
