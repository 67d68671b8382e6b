"""
What belongs to a whole film, made by one process: its sound, which would click at seams, and the copied picture.

Which picture is copied: `plan/copy_rules.py`; which sounds there are, and which are copied:
`plan/sound/sound_plans.py`; by how much each is made louder: `loudness.py`. The encoded pictures: `chunk.py`.
"""

from __future__ import annotations

from pathlib import Path

from vodpull.errors import OutputInvalid
from vodpull.media.encode.chunk import file_flags, zero_flags
from vodpull.media.encode.codecs import HEVC_TAG, audio_flags
from vodpull.media.encode.filters import sound_chain
from vodpull.media.encode.loudness import levelled
from vodpull.media.mp4.sample_tables import read_samples
from vodpull.media.plan.encode_plan import EncodePlan, RungPlan
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.run import run_unheard
from vodpull.media.tools.sandbox import Toolbox


async def encode_tracks(source: Path, plan: EncodePlan, folder: Path, *, toolbox: Toolbox, limits: RunLimits) -> float:
    """
    Make what belongs to the whole film in a fresh folder: all sound, and the copied rung; return the processor time.

    Does nothing when the plan has neither. May run twice.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg did not make what was planned.
    """
    if not plan.has_tracks:
        return 0.0
    if plan.sounds and plan.audio.loudness:
        plan = await levelled(source, plan, folder, toolbox=toolbox, limits=limits)
    finished = await run_unheard(
        build_tracks_argv(plan),
        "encoding the sound",
        toolbox=toolbox,
        reads={"source": source},
        writes=folder,
        limits=limits,
    )
    for sound in plan.sounds:
        read_samples(folder / sound.file)
    if plan.copied and len(read_samples(folder / plan.copied.file)) != plan.frames_total:
        raise OutputInvalid("the picture of the source was not copied whole")
    return finished.cpu_s


def build_tracks_argv(plan: EncodePlan) -> list[str]:
    """Return the FFmpeg command for what belongs to the whole film: reads `/in/source`. Pure."""
    encoded = {number: sound for number, sound in enumerate(plan.sounds) if not sound.copied}
    chains = [sound_chain(sound, label=f"a{number}") for number, sound in encoded.items()]
    argv = [*ffmpeg_options.global_flags(), *ffmpeg_options.input_flags("source", *zero_flags(plan))]
    argv += ["-filter_complex", ";".join(chains)] if chains else []
    # A timestamp far ahead would otherwise be filled with hours of silence.
    end = ["-t", f"{plan.duration_s:.6f}"]
    for number, sound in enumerate(plan.sounds):
        kind = (
            ["-map", f"[a{number}]", *audio_flags(plan.audio, sound.channels)]
            if number in encoded
            else _copy_flags(sound.index)
        )
        argv += [*kind, *end, *file_flags(sound.file)]
    if plan.copied:
        argv += [*_copy_flags(plan.picture.stream_index), *_rewrite_flags(plan, plan.copied)]
        argv += file_flags(plan.copied.file)
    return argv


def _copy_flags(stream_index: int) -> list[str]:
    # Times stay as they are, also those below 0, which only prepare the decoder.
    return ["-map", f"0:{stream_index}", "-c", "copy", "-avoid_negative_ts", "disabled"]


def _rewrite_flags(plan: EncodePlan, copied: RungPlan) -> list[str]:
    tag = HEVC_TAG if copied.rung.codec == "hevc" else ()
    return [*(["-bsf:v", plan.copy_filter] if plan.copy_filter else []), *tag]
