"""The sound of a clip or a join: cut and joined to the sample by one process, silence where a source has none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vodpull.errors import OutputInvalid
from vodpull.media.edit.edit_plan import SAMPLES_HZ, EditPlan, SourcePart
from vodpull.media.edit.edit_request import EditInput, EditSource
from vodpull.media.encode.filters import RESAMPLE, STEREO_SAMPLES
from vodpull.media.mp4.sample_tables import read_samples
from vodpull.media.plan.sound.downmix import stereo_mix
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits, copy_limits
from vodpull.media.tools.run import run_unheard
from vodpull.media.tools.sandbox import Toolbox

SOUND_FILE = "sound.mp4"
# Ten times as fast as it plays, on a machine that has other work.
LEAST_SPEED = 10.0


async def make_sound(inputs: Sequence[EditInput], plan: EditPlan, folder: Path, *, toolbox: Toolbox) -> None:
    """
    Write the sound of a plan into a fresh folder.

    Raises:
        EncodeFailed, EncodeStalled: FFmpeg ended with an error, or made no progress.
        OutputInvalid: it is not as long as it was planned.
    """
    sources = [each.source for each in inputs]
    await run_unheard(
        build_sound_argv(sources, plan),
        "encoding the sound",
        toolbox=toolbox,
        reads={f"source{at}": each.path for at, each in enumerate(inputs) if each.source.info.audio},
        writes=folder,
        limits=_limits(sources, plan),
    )
    table = read_samples(folder / SOUND_FILE)
    length_s = (table.decode_ticks[-1] + min(table.shown_ticks[0], 0)) / table.timescale
    # The last packet is filled up.
    if abs(length_s - plan.duration_s) > 2 * 1024 / plan.sample_rate_hz:
        raise OutputInvalid(f"the sound has {length_s:.3f} s instead of {plan.duration_s:.3f}")


def build_sound_argv(sources: Sequence[EditSource], plan: EditPlan) -> list[str]:
    """Return the FFmpeg command: reads `/in/source0` and so on, writes into the working folder. Pure."""
    heard = sorted({part.source for part in plan.parts if sources[part.source].info.audio})
    inputs = {number: at for at, number in enumerate(heard)}
    labels = [f"[a{number}]" for number in range(len(plan.parts))]
    chains = [
        f"{_chain(sources[part.source], part, plan, source_input=inputs.get(part.source))}{label}"
        for part, label in zip(plan.parts, labels, strict=True)
    ]
    joined = f"{''.join(labels)}concat=n={len(labels)}:v=0:a=1[sound]"
    return [
        *ffmpeg_options.global_flags(),
        *(token for number in heard for token in _input_flags(number, sources[number])),
        "-filter_complex", ";".join([*chains, joined]),
        "-map", "[sound]", "-c:a", "aac", "-profile:a", "aac_low",
        "-b:a", str(plan.audio_bps), "-ac", "2", "-ar", str(plan.sample_rate_hz),
        "-map_metadata", "-1", "-map_chapters", "-1",
        "-f", "mp4", f"file:{SOUND_FILE}",
    ]  # fmt: skip


def _input_flags(number: int, source: EditSource) -> tuple[str, ...]:
    # Times of several inputs, each counted from where its own source begins.
    zero_s = source.info.start_time_s if source.info.zero_s is None else source.info.zero_s
    return ffmpeg_options.input_flags(f"source{number}", "-copyts", "-itsoffset", f"{-zero_s:.6f}")


def _chain(source: EditSource, part: SourcePart, plan: EditPlan, *, source_input: int | None) -> str:
    """Return the graph from one source to exactly as many samples as its pictures last."""
    count = plan.samples(part)
    if source_input is None:
        return f"anullsrc=r={SAMPLES_HZ}:cl=stereo,atrim=end_sample={count},{STEREO_SAMPLES}"
    track = source.info.audio[0]
    first = round(part.first_frame * SAMPLES_HZ / plan.rate)
    steps = [RESAMPLE, "aformat=sample_fmts=fltp", stereo_mix(track.channels, track.speakers), STEREO_SAMPLES]
    steps += [f"atrim=start_sample={first}:end_sample={first + count}", "asetpts=PTS-STARTPTS"]
    # Sound that ends before the picture goes on in silence.
    steps += [f"apad=whole_len={count}", f"atrim=end_sample={count}"]
    return f"[{source_input}:{track.index}]{','.join(step for step in steps if step)}"


def _limits(sources: Sequence[EditSource], plan: EditPlan) -> RunLimits:
    read_s = sum(sources[part.source].info.duration_s for part in plan.parts)
    read_bytes = sum(sources[part.source].info.size_bytes for part in plan.parts)
    return RunLimits(
        wall_s=copy_limits(read_bytes).wall_s + read_s / LEAST_SPEED,
        file_size_bytes=int(plan.audio_bps / 4 * plan.duration_s) + 64 * 1024 * 1024,
    )
