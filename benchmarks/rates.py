"""
What bitrates mean: the constants with which the ladder reads the bitrate of a source.

Two tables. The first one: how many bits each codec takes for what H.264 at our preset takes 1.00 for, at the same VMAF,
by its usual encoder at a usual speed. The second one: a source that has few bits already is encoded again, under
ceilings of so many times its own rate; what is lost of it, and how many bits that saves. Neither depends on how busy
the machine is.

    python -m benchmarks.rates CLIP… [--seconds 8]
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import imageio_ffmpeg

from benchmarks.stopping import stoppable

SIZE = "640:360"
OURS = ("-c:v", "libx264", "-preset", "veryfast")
# Encoder with its speed, and its words for qualities from good to bad; the first one is ours.
CODECS: Mapping[str, tuple[Sequence[str], Sequence[Sequence[str]]]] = {
    "h264 (ours)": (OURS, [("-crf", str(crf)) for crf in (20, 25, 30, 35)]),
    "h264": (("-c:v", "libx264", "-preset", "medium"), [("-crf", str(crf)) for crf in (20, 25, 30, 35)]),
    "hevc": (
        ("-c:v", "libx265", "-preset", "medium", "-x265-params", "log-level=error"),
        [("-crf", str(crf)) for crf in (22, 27, 32, 37)],
    ),
    "vp9": (
        ("-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", "3"),
        [("-b:v", "0", "-crf", str(crf)) for crf in (25, 34, 43, 52)],
    ),
    "av1": (("-c:v", "libsvtav1", "-preset", "8"), [("-crf", str(crf)) for crf in (25, 34, 43, 52)]),
    "vp8": (
        ("-c:v", "libvpx", "-deadline", "good", "-cpu-used", "2", "-b:v", "20M"),
        [("-crf", str(crf)) for crf in (8, 20, 35, 50)],
    ),
    "mpeg4": (("-c:v", "libxvid"), [("-q:v", str(step)) for step in (2, 5, 9, 15)]),
    "flv1": (("-c:v", "flv"), [("-q:v", str(step)) for step in (2, 5, 9, 15)]),
    "wmv2": (("-c:v", "wmv2"), [("-q:v", str(step)) for step in (2, 5, 9, 15)]),
    "mpeg2video": (("-c:v", "mpeg2video", "-bf", "2"), [("-q:v", str(step)) for step in (2, 5, 9, 15)]),
}
COMPARED_AT = (80.0, 88.0, 94.0)
"""VMAF of sources that are worth knowing: below, nothing helps, and above, no ceiling matters."""
SOURCES = (26, 30, 34)
"""Qualities (CRF) of the sources of the second table."""
CEILINGS = (0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0, 100.0)
"""In shares of the source's rate; the last one is none."""


def main() -> None:
    """Measure both tables over some clips, and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=8.0)
    asked = parser.parse_args()
    shares: dict[str, list[float]] = {codec: [] for codec in CODECS}
    losses: dict[float, list[tuple[float, float]]] = {ceiling: [] for ceiling in CEILINGS}
    for clip in asked.clips:
        with tempfile.TemporaryDirectory() as place:
            plain = Path(place) / "plain.mkv"
            _ffmpeg("-t", asked.seconds, "-i", clip, "-an", "-vf", f"scale={SIZE}", *OURS, "-qp", 0, plain)
            for codec, found in compare_codecs(plain).items():
                shares[codec] += found
            for ceiling, lost in compare_ceilings(plain).items():
                losses[ceiling] += lost
    show(shares, losses)


def compare_codecs(plain: Path) -> dict[str, list[float]]:
    """Return the bits that each codec takes, as shares of those of ours, at the qualities that all reach."""
    curves = {}
    for codec, (encoder, qualities) in CODECS.items():
        curves[codec] = sorted(_point(plain, [*encoder, *words]) for words in qualities)
    ours = curves["h264 (ours)"]
    found: dict[str, list[float]] = {}
    for codec, curve in curves.items():
        at = [vmaf for vmaf in COMPARED_AT if all(each[0][0] <= vmaf <= each[-1][0] for each in (ours, curve))]
        found[codec] = [math.exp(_log_rate(curve, vmaf) - _log_rate(ours, vmaf)) for vmaf in at]
    return found


def compare_ceilings(plain: Path) -> dict[float, list[tuple[float, float]]]:
    """Return for each ceiling what is lost of a source (VMAF against it) and what is kept of the bits without one."""
    found: dict[float, list[tuple[float, float]]] = {ceiling: [] for ceiling in CEILINGS}
    for crf in SOURCES:
        source = plain.with_name(f"source{crf}.mkv")
        encoded = [*CODECS["h264"][0], "-crf", str(crf)]
        _ffmpeg("-i", plain, *encoded, source)
        rate = _rate_bps(source)
        made = {}
        for ceiling in CEILINGS:
            most = round(rate * ceiling)
            made[ceiling] = _point(source, [*OURS, "-crf", "23", "-maxrate", str(most), "-bufsize", str(2 * most)])
        free = made[CEILINGS[-1]]
        for ceiling, (vmaf, log_bps) in made.items():
            found[ceiling].append((free[0] - vmaf, math.exp(log_bps) / rate))
    return found


def show(shares: Mapping[str, Sequence[float]], losses: Mapping[float, Sequence[tuple[float, float]]]) -> None:
    """Print the medians as tables, and all of it as JSON."""
    print("\n| codec | bits for the same VMAF | lowest | highest | pairs |\n| --- | --- | --- | --- | --- |")
    for codec, found in shares.items():
        if found:
            print(f"| {codec} | {statistics.median(found):.2f} | {min(found):.2f} | {max(found):.2f} | {len(found)} |")
    print("\n| ceiling, of the source's rate | VMAF lost, median | most | bits, of the source's |")
    print("| --- | --- | --- | --- |")
    for ceiling, pairs in losses.items():
        lost, kept = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        print(f"| {ceiling:g} | {statistics.median(lost):.2f} | {max(lost):.2f} | {statistics.median(kept):.2f} |")
    print(json.dumps({"shares": shares, "losses": {str(ceiling): pairs for ceiling, pairs in losses.items()}}))


def _point(source: Path, encoder: Sequence[str]) -> tuple[float, float]:
    """Encode and return VMAF against the source, and the natural logarithm of the rate."""
    made, report = source.with_name("made.mkv"), source.with_name("vmaf.json")
    _ffmpeg("-i", source, "-an", *encoder, "-g", "120", "-pix_fmt", "yuv420p", made)
    judged = f"[0:v]settb=1/1000,setpts=N[a];[1:v]settb=1/1000,setpts=N[b];[a][b]libvmaf=log_fmt=json:log_path={report}"
    _ffmpeg("-i", made, "-i", source, "-lavfi", judged, "-fps_mode", "passthrough", "-f", "null", "-")
    return float(json.loads(report.read_text())["pooled_metrics"]["vmaf"]["mean"]), math.log(_rate_bps(made))


def _rate_bps(file: Path) -> float:
    frames = imageio_ffmpeg.count_frames_and_secs(str(file))
    return file.stat().st_size * 8 / float(frames[1])


def _log_rate(curve: Sequence[tuple[float, float]], vmaf: float) -> float:
    """Return the logarithm of the rate at a quality, between two points that were measured."""
    for (low, low_rate), (high, high_rate) in itertools.pairwise(curve):
        if low <= vmaf <= high:
            return low_rate + (high_rate - low_rate) * (vmaf - low) / max(high - low, 1e-9)
    raise ValueError("outside of what was measured")


def _ffmpeg(*words: object) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "fatal", "-nostdin", "-y", *map(str, words)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    stoppable(main)
