"""
How near renditions come to their source: VMAF on a few samples, rendition by rendition.

A sample compares the same run of pictures: the source as the encoder got it, and each rendition scaled up to its size.
Both are counted frame by frame from the start of the sample, so timestamps play no part.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vodpull.errors import OutputInvalid
from vodpull.media.encode.chunk import burnt_in_beside, picture_of, seek_flags
from vodpull.media.encode.filters import picture_graph
from vodpull.media.package.package import Package
from vodpull.media.package.track_layout import PackagedRendition
from vodpull.media.plan.cuts.seek_points import MAX_GROUP_S
from vodpull.media.plan.encode_plan import EncodePlan
from vodpull.media.segment_names import INIT_FILE, SEGMENT_PATTERN
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import incomplete
from vodpull.media.tools.run import run_unheard
from vodpull.media.tools.sandbox import Toolbox

SAMPLES = 3
SAMPLE_S = 2.0
# The model was trained on pictures of 1080 lines; larger ones cost more and say no more.
MAX_SHORT_SIDE_PX = 1080
# The colours of both sides. Where only one names them, FFmpeg converts the other, and the comparison is worth nothing.
AS_ENCODED = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
# One core compares about 80 pictures of 720 lines, or 35 of 1080, in a second; a slow core takes ten times as long.
WALL_S_PER_FRAME = 0.5


@dataclass(frozen=True, kw_only=True)
class VmafSample:
    """One run of pictures to compare."""

    source: Path
    source_options: tuple[str, ...]
    """Input options of FFmpeg that lead to the sample, for example a seek."""
    reference: str
    """Filter graph from the source (input 0) to `[v0]`: the sample's pictures from its first one on, at `size`,
    8-bit BT.709 in limited range as the encoder gets them."""
    size: tuple[int, int]
    """Width and height of the comparison in pixels."""
    renditions: Mapping[str, Path]
    """Files to judge by name; the first picture of each is the first of the sample."""
    frames: int
    """Length of the sample."""


@dataclass(frozen=True, kw_only=True)
class Quality:
    """VMAF of one rendition over all samples: 100 is like the source, six more is what a viewer just notices."""

    mean: float
    min: float
    """Of the worst single picture."""
    harmonic_mean: float
    """Counts bad pictures more than the mean does."""
    frames: int
    """Pictures compared."""


def comparison_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Return the size at which a picture as shown is compared: its own, up to 1080 on the short side."""
    scale = min(1.0, MAX_SHORT_SIDE_PX / min(width_px, height_px))
    return 2 * max(1, round(width_px * scale / 2)), 2 * max(1, round(height_px * scale / 2))


def spread(available: int, wanted: int = SAMPLES) -> tuple[int, ...]:
    """Return which of so many possible samples to take: evenly over the whole, in the middle of equal parts."""
    count = min(available, wanted)
    return tuple((2 * number + 1) * available // (2 * count) for number in range(count))


async def measure_quality(
    samples: Sequence[VmafSample], folder: Path, *, toolbox: Toolbox, limits: RunLimits
) -> dict[str, Quality]:
    """
    Return the quality of each rendition, by its name, over all samples.

    One process a sample decodes the source once for all renditions. The folder gets a few small files; may run twice.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg left no measurement, or a rendition has too few pictures.
    """
    scores: dict[str, list[float]] = {}
    for sample in samples:
        await run_unheard(
            build_vmaf_argv(sample),
            "measuring the quality",
            toolbox=toolbox,
            reads={"source": sample.source, **_inputs(sample)},
            writes=folder,
            limits=limits,
        )
        for number, name in enumerate(sample.renditions):
            found = await asyncio.to_thread(_read, folder, number)
            if len(found) != sample.frames:
                raise OutputInvalid(f"the quality was measured on {len(found)} pictures instead of {sample.frames}")
            scores.setdefault(name, []).extend(found)
    return {name: summarise(found) for name, found in scores.items()}


def quality_limits(frames: int, renditions: int) -> RunLimits:
    """Return limits that no honest measurement of one sample reaches."""
    return RunLimits(wall_s=120 + WALL_S_PER_FRAME * frames * renditions)


def _inputs(sample: VmafSample) -> dict[str, Path]:
    return {f"rendition-{number}": path for number, path in enumerate(sample.renditions.values())}


def build_vmaf_argv(sample: VmafSample) -> list[str]:
    """Return the FFmpeg command: reads `/in/source` and `/in/rendition-0` …, writes into the working folder. Pure."""
    argv = [*ffmpeg_options.global_flags(), *ffmpeg_options.input_flags("source", *sample.source_options)]
    for name in _inputs(sample):
        argv += ffmpeg_options.input_flags(name)
    argv += ["-filter_complex", _graph(sample)]
    for number in range(len(sample.renditions)):
        argv += ["-map", f"[q{number}]", "-f", "null", "-"]
    return argv


def _graph(sample: VmafSample) -> str:
    width, height = sample.size
    # By number: the clocks of two files need not agree about the same picture.
    counted = f"trim=end_frame={sample.frames},settb=1/1000,setpts=N,format=yuv420p"
    count = len(sample.renditions)
    copies = "".join(f"[r{number}]" for number in range(count))
    chains = [sample.reference, f"[v0]{AS_ENCODED},{counted},split={count}{copies}"]
    for number in range(count):
        chains.append(f"[{number + 1}:v:0]{AS_ENCODED},zscale=w={width}:h={height}:f=bicubic,{counted}[d{number}]")
        # The model is built into the library: no file is needed for it.
        judge = f"libvmaf=log_fmt=json:log_path={_file(number)}:shortest=1"
        chains.append(f"[d{number}][r{number}]{judge}[q{number}]")
    return ";".join(chains)


def _file(number: int) -> str:
    return f"vmaf-{number}.json"


def _read(folder: Path, number: int) -> list[float]:
    try:
        answer = json.loads((folder / _file(number)).read_text(encoding="utf-8"))
        return [float(frame["metrics"]["vmaf"]) for frame in answer["frames"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise incomplete(folder, "FFmpeg left no measurement of the quality") from error


def summarise(scores: Sequence[float]) -> Quality:
    """Return the figures of a rendition from the scores of its pictures, at least one."""
    # Moved by one as libvmaf does it, so that a score of 0 is allowed.
    inverse = sum(1 / (score + 1) for score in scores) / len(scores)
    return Quality(mean=sum(scores) / len(scores), min=min(scores), harmonic_mean=1 / inverse - 1, frames=len(scores))


async def measure_renditions(
    source: Path, plan: EncodePlan, package: Package, *, out_folder: Path, toolbox: Toolbox
) -> dict[str, Quality]:
    """
    Return the quality of each rendition that was encoded, by the name of its playlist; a copied one is the source.

    Looks at the beginnings of a few segments, so the cost does not grow with the film. Empty when the plan does not ask
    for it. Nothing is left in the folder of the package; may run twice.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg left no measurement, or a rendition has too few pictures.
    """
    judged = [placed for placed in package.renditions if not placed.rung.copied]
    if not plan.vmaf or not judged:
        return {}
    with tempfile.TemporaryDirectory(dir=out_folder) as place:
        folder = Path(place)
        samples = []
        for number in spread(len(plan.cuts)):
            files = await asyncio.to_thread(_joined, judged, number + 1, out_folder=out_folder, folder=folder)
            samples.append(_sample(source, plan, number, renditions=files))
        limits = _limits(plan, samples)
        with burnt_in_beside(plan, folder):
            return await measure_quality(samples, folder, toolbox=toolbox, limits=limits)


def _joined(judged: list[PackagedRendition], number: int, *, out_folder: Path, folder: Path) -> dict[str, Path]:
    """Write one segment of each rendition as a file that plays alone."""
    files = {}
    for placed in judged:
        files[placed.playlist] = folder / f"{placed.playlist}-{number}.mp4"
        parts = (out_folder / placed.folder / name for name in (INIT_FILE, SEGMENT_PATTERN % number))
        try:
            files[placed.playlist].write_bytes(b"".join(part.read_bytes() for part in parts))
        except OSError as error:
            raise incomplete(folder, f"segment {number} of {placed.playlist} cannot be measured") from error
    return files


def _sample(source: Path, plan: EncodePlan, number: int, *, renditions: Mapping[str, Path]) -> VmafSample:
    """Return the comparison of segment `number`, from 0, from its first picture on."""
    first = plan.cuts[number]
    end = (*plan.cuts, plan.frames_total)[number + 1]
    frames = min(end - first, max(1, round(SAMPLE_S * plan.rate)))
    chunk = next(chunk for chunk in reversed(plan.chunks) if chunk.first_frame <= first)
    best = plan.rungs[0].rung
    size = comparison_size(best.width_px, best.height_px)
    return VmafSample(
        source=source,
        source_options=seek_flags(plan, chunk),
        reference=picture_graph(
            picture_of(plan, chunk),
            [size],
            range(first, first + frames),
            watermark=plan.watermark,
            text=plan.text,
        ),
        size=size,
        renditions=renditions,
        frames=frames,
    )


def _limits(plan: EncodePlan, samples: list[VmafSample]) -> RunLimits:
    longest_s = max(float(chunk.frames / plan.rate) for chunk in plan.chunks)
    limits = quality_limits(max(sample.frames for sample in samples), len(samples[0].renditions))
    # Up to there the source is decoded for nothing; see `encode_limits`.
    return replace(limits, wall_s=limits.wall_s + 150 * (longest_s + MAX_GROUP_S))
