"""The quality of the renditions of one film: which of its segments are compared with the source, and how."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vodpull.media.encode.chunk import picture_of, seek_flags
from vodpull.media.encode.filters import picture_graph
from vodpull.media.layout import INIT_FILE, SEGMENT_PATTERN
from vodpull.media.package.assembly import PackagedRendition
from vodpull.media.package.package import Package
from vodpull.media.plan.encode_plan import MAX_GROUP_S, EncodePlan
from vodpull.media.tools.run import RunLimits, incomplete
from vodpull.media.tools.sandbox import Toolbox
from vodpull.media.verify.vmaf import (
    SAMPLE_S,
    Quality,
    VmafSample,
    comparison_size,
    measure_quality,
    quality_limits,
    spread,
)


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
        reference=picture_graph(picture_of(plan, chunk), [size], range(first, first + frames)),
        size=size,
        renditions=renditions,
        frames=frames,
    )


def _limits(plan: EncodePlan, samples: list[VmafSample]) -> RunLimits:
    longest_s = max(float(chunk.frames / plan.rate) for chunk in plan.chunks)
    limits = quality_limits(max(sample.frames for sample in samples), len(samples[0].renditions))
    # Up to there the source is decoded for nothing; see `encode_limits`.
    return replace(limits, wall_s=limits.wall_s + 150 * (longest_s + MAX_GROUP_S))
