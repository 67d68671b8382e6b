"""
Programme loudness after EBU R 128, in two passes: measure a whole track, then change it by one gain.

One gain from beginning to end keeps the dynamics that its makers wanted; only peaks that the gain would push over the
ceiling are limited.
"""

from __future__ import annotations

import asyncio
import json
import math
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vodpull.media.encode.filters import STEREO_SAMPLES
from vodpull.media.inspect.media_info import STEREO
from vodpull.media.plan.encode_plan import EncodePlan
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import incomplete
from vodpull.media.tools.run import run_unheard
from vodpull.media.tools.sandbox import Toolbox

TARGET_LUFS = -23.0
"""Integrated loudness of a programme in EBU R 128."""
# One below the ceiling of R 128: lossy codecs shift peaks a little.
MAX_PEAK_DBTP = -2.0
# What needs more is noise, which nobody wants to hear louder.
MAX_GAIN_DB = 30.0
# How often the gain may be raised for what the limiter took: each time, less is missing.
CORRECTIONS = 2
# A limiter sees samples; at four times the rate they show the peaks between them.
PEAK_RATE_HZ = 192_000
RATE_HZ = 48_000


@dataclass(frozen=True, kw_only=True)
class Loudness:
    """What was measured of one track, and what brings it to the target."""

    integrated_lufs: float
    """Loudness of the whole, silence left out."""
    peak_dbtp: float
    """Highest true peak."""
    gain_db: float
    """Of the encode; more than the difference to the target where the limiter takes some of it away."""

    @property
    def limited(self) -> bool:
        """Whether peaks must be kept below the ceiling."""
        return self.peak_dbtp + self.gain_db > MAX_PEAK_DBTP


async def levelled(source: Path, plan: EncodePlan, folder: Path, *, toolbox: Toolbox, limits: RunLimits) -> EncodePlan:
    """
    Return the plan with the filters that bring each sound track to the target; raises as `measure_loudness` does.

    5.1 becomes louder by as much as the stereo that is made of it, which alone is measured.
    """
    streams = {sound.index: sound.mix for sound in plan.sounds if sound.channels == STEREO}
    # Measurements are no result.
    with tempfile.TemporaryDirectory(dir=folder) as place:
        found = await measure_loudness(source, streams, Path(place), toolbox=toolbox, limits=limits)
    of_stream = dict(zip(streams, found, strict=True))
    sounds = (replace(sound, filters=",".join(loudness_steps(of_stream[sound.index]))) for sound in plan.sounds)
    return replace(plan, sounds=tuple(sounds))


async def measure_loudness(
    source: Path, streams: Mapping[int, str], folder: Path, *, toolbox: Toolbox, limits: RunLimits
) -> tuple[Loudness | None, ...]:
    """
    Return the loudness of each sound stream as stereo; None for one that is silent or too short to tell.

    `streams` names for each the filters that make stereo of it. Decodes sound only, all streams in one pass, and once
    more for tracks that need a limiter. The folder gets one small file for each; may run twice.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg left no measurement.
    """

    async def measure(steps: Mapping[int, Sequence[str]]) -> dict[int, Loudness | None]:
        argv = build_loudness_argv(
            {index: [streams[index] or STEREO_SAMPLES, *after] for index, after in steps.items()}
        )
        reads = {"source": source}
        await run_unheard(argv, "measuring the loudness", toolbox=toolbox, reads=reads, writes=folder, limits=limits)
        return await asyncio.to_thread(_read, folder, steps)

    found = await measure(dict.fromkeys(streams, ()))
    for _ in range(CORRECTIONS):
        limited = {index: track for index, track in found.items() if track and track.limited}
        if not limited:
            break
        after = await measure({index: loudness_steps(track) for index, track in limited.items()})
        found |= {index: _corrected(track, after[index]) for index, track in limited.items()}
    return tuple(found[index] for index in streams)


def _corrected(track: Loudness, after: Loudness | None) -> Loudness:
    """Give back what the limiter took."""
    missing_db = TARGET_LUFS - after.integrated_lufs if after else 0.0
    return replace(track, gain_db=min(track.gain_db + missing_db, MAX_GAIN_DB))


def build_loudness_argv(steps: Mapping[int, Sequence[str]]) -> list[str]:
    """
    Return the FFmpeg command: reads `/in/source`, writes one file a stream into the working folder. Pure.

    `steps` names the streams, each with the filters that it passes before it is measured.
    """
    argv = [*ffmpeg_options.global_flags(), *ffmpeg_options.input_flags("source")]
    # The same mix to stereo as in the encode: the listener's programme is measured.
    plain = f"aformat=sample_fmts=fltp:sample_rates={RATE_HZ}"
    chains = (f"[0:{index}]{','.join([plain, *before, _meter(index)])}[m{index}]" for index, before in steps.items())
    argv += ["-filter_complex", ";".join(chains)]
    for index in steps:
        argv += ["-map", f"[m{index}]", "-f", "null", "-"]
    return argv


def _meter(index: int) -> str:
    # The filter's own answer as a file: log lines may hold text of the source.
    return f"loudnorm=i={TARGET_LUFS:g}:print_format=json:stats_file={_file(index)}"


def _file(index: int) -> str:
    return f"loudness-{index}.json"


def _read(folder: Path, streams: Iterable[int]) -> dict[int, Loudness | None]:
    try:
        return {index: parse_loudness((folder / _file(index)).read_text(encoding="utf-8")) for index in streams}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise incomplete(folder, "FFmpeg left no measurement of the loudness") from error


def parse_loudness(text: str) -> Loudness | None:
    """
    Return what the filter measured; None for silence.

    Raises:
        ValueError, KeyError, TypeError: the text is no measurement.
    """
    answer = json.loads(text)
    integrated_lufs, peak_dbtp = float(answer["input_i"]), float(answer["input_tp"])
    if not (math.isfinite(integrated_lufs) and math.isfinite(peak_dbtp)):
        return None
    gain_db = min(TARGET_LUFS - integrated_lufs, MAX_GAIN_DB)
    return Loudness(integrated_lufs=integrated_lufs, peak_dbtp=peak_dbtp, gain_db=gain_db)


def loudness_steps(measured: Loudness | None) -> list[str]:
    """Return the filters that bring a measured track to the target; none where there is nothing to change."""
    if measured is None:
        return []
    gain = [f"volume={measured.gain_db:.2f}dB:precision=float"]
    if not measured.limited:
        return gain
    ceiling = 10 ** (MAX_PEAK_DBTP / 20)
    return [
        *gain,
        f"aresample={PEAK_RATE_HZ}",
        # level: no gain of its own; latency: the look-ahead does not shift the sound against the picture.
        f"alimiter=limit={ceiling:.4f}:level=disabled:latency=1",
        f"aresample={RATE_HZ}",
        "aformat=sample_fmts=fltp",
    ]
