"""
One source to all renditions: the plan and the command are pure, one FFmpeg process does the work.

The source is decoded once; each smaller picture is scaled from the next larger one; sound is encoded once, into a file
of its own that the packager puts beside every picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vodpull.errors import NoVideo, OutputInvalid
from vodpull.media import hardening
from vodpull.media.ffmpeg import Progress, RunLimits, check, run
from vodpull.media.filters import Picture, picture_graph, plan_picture, sound_chain
from vodpull.media.info import MediaInfo
from vodpull.media.ladder import Ladder, Rung
from vodpull.media.sandbox import Toolbox

# Long enough for good compression, short enough to switch renditions and to seek.
SEGMENT_S = 4.0
# The top rung is the long pole of the ladder: with a second thread the smaller ones do not wait for it.
THREADS = (2, 1, 1, 1)
AUDIO_FILE = "audio.m4a"


@dataclass(frozen=True, kw_only=True)
class RungPlan:
    """How one rung is encoded."""

    rung: Rung
    file: str
    """Name of the intermediate file."""
    threads: int
    """Encoder threads."""


@dataclass(frozen=True, kw_only=True)
class EncodePlan:
    """Everything that the FFmpeg command of one source says."""

    picture: Picture
    """What happens to the decoded frames before they are scaled down."""
    rungs: tuple[RungPlan, ...]
    """Best first."""
    audio_index: int | None
    """Stream number of the sound track; None: there is no sound."""
    duration_s: float
    """Nothing is written beyond it, whatever the timestamps of the source claim."""
    gop_frames: int
    """Distance of keyframes: the length of a segment."""


@dataclass(frozen=True, kw_only=True)
class EncodedRendition:
    """One intermediate file with picture only."""

    rung: Rung
    file: str
    """Name in the folder."""


@dataclass(frozen=True, kw_only=True)
class EncodedLadder:
    """What the encode left in its folder."""

    renditions: tuple[EncodedRendition, ...]
    """Best first."""
    audio: str | None
    """Name of the file with the sound; None: there is no sound."""
    cpu_s: float
    """Processor time that it took."""


def plan_encode(info: MediaInfo, ladder: Ladder) -> EncodePlan:
    """
    Decide how the rungs of a ladder are made from a probed source. Pure.

    The output has a constant frame rate: keyframes fall on the same instants in every rung, and players get the rate
    that the playlist names. Frames that the source dropped are repeated, which costs next to nothing, and the end
    stays where it was, in step with the sound.

    Raises:
        NoVideo: the source has no moving picture.
    """
    if info.video is None:
        raise NoVideo("the file has no moving picture")
    rate = exact_rate(ladder.rungs[0].frame_rate)
    threads = (*THREADS, *[1] * len(ladder.rungs))
    return EncodePlan(
        picture=plan_picture(info, info.video, rate=rate),
        rungs=tuple(
            RungPlan(rung=rung, file=f"{rung.name.lower()}.mp4", threads=count)
            for rung, count in zip(ladder.rungs, threads, strict=False)
        ),
        audio_index=info.audio[0].index if info.audio else None,
        duration_s=info.duration_s,
        gop_frames=max(1, round(SEGMENT_S * rate)),
    )


def exact_rate(rate: float) -> Fraction:
    """Return the rate as FFmpeg should read it: 29.97… becomes 30000/1001."""
    return Fraction(rate).limit_denominator(2002)


def encode_limits(plan: EncodePlan) -> RunLimits:
    """Return limits that no honest encode reaches: they only end what went wrong."""
    most_bps = max(planned.rung.max_bitrate_bps for planned in plan.rungs)
    return RunLimits(
        # 8K HEVC on one old core takes about 100 seconds a second.
        wall_s=600 + 150 * plan.duration_s,
        # The encoder's ceiling is an average over seconds: thrice of it, and room for headers.
        file_size_bytes=int(3 * most_bps / 8 * plan.duration_s) + 64 * 1024 * 1024,
    )


async def encode(
    source: Path,
    plan: EncodePlan,
    folder: Path,
    *,
    toolbox: Toolbox,
    limits: RunLimits,
    on_progress: Callable[[float], None],
) -> EncodedLadder:
    """
    Make all renditions of one source in a fresh folder, and return their names.

    `on_progress` gets the share that is done, 0 to 1. May run twice: files of an earlier try are overwritten.

    Raises:
        EncodeFailed: FFmpeg ended with an error.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
        OutputInvalid: FFmpeg left an empty file.
    """
    frames = max(1.0, plan.duration_s * plan.rungs[0].rung.frame_rate)

    def report(progress: Progress) -> None:
        # Frames of the best rung: timestamps run ahead with the sound, which is done long before the picture.
        on_progress(min(1.0, progress.frames / frames))

    finished = await run(
        build_encode_argv(plan),
        toolbox=toolbox,
        reads={"source": source},
        writes=folder,
        limits=limits,
        on_progress=report,
    )
    check(finished, "encoding")
    audio = AUDIO_FILE if plan.audio_index is not None else None
    _refuse_empty([folder / name for name in (*(planned.file for planned in plan.rungs), audio) if name])
    renditions = tuple(EncodedRendition(rung=planned.rung, file=planned.file) for planned in plan.rungs)
    return EncodedLadder(renditions=renditions, audio=audio, cpu_s=finished.cpu_s)


def _refuse_empty(files: list[Path]) -> None:
    for file in files:
        if not file.is_file() or not file.stat().st_size:
            raise OutputInvalid(f"the encoder left no {file.name}")


def build_encode_argv(plan: EncodePlan) -> list[str]:
    """Return the whole FFmpeg command of a plan: reads `/in/source`, writes into the working folder. Pure."""
    sizes = [(planned.rung.width_px, planned.rung.height_px) for planned in plan.rungs]
    graph = picture_graph(plan.picture, sizes)
    if plan.audio_index is not None:
        graph = f"{graph};{sound_chain(plan.audio_index)}"
    argv = [*hardening.global_flags(), *hardening.input_flags("source"), "-filter_complex", graph]
    for number, planned in enumerate(plan.rungs):
        argv += ["-map", f"[v{number}]", *_video_flags(planned, plan.gop_frames), *_file_flags(plan, planned.file)]
    if plan.audio_index is not None:
        argv += ["-map", "[a]", *_audio_flags(), *_file_flags(plan, AUDIO_FILE)]
    return argv


def _video_flags(planned: RungPlan, gop_frames: int) -> list[str]:
    ceiling = planned.rung.max_bitrate_bps
    return [
        # H.264 in its 8-bit High profile plays on every device of the last fifteen years.
        "-c:v", "libx264", "-profile:v", "high", "-pix_fmt", "yuv420p",
        # Twice as fast as the default for about a tenth more bits.
        "-preset", "veryfast",
        # Constant quality, so that easy scenes stay small, under a ceiling that a viewer's line can rely on.
        "-crf", "23", "-maxrate", str(ceiling), "-bufsize", str(2 * ceiling),
        # Keyframes at a fixed distance and nowhere else: segments of all rungs begin at the same instants.
        "-g", str(gop_frames), "-keyint_min", str(gop_frames), "-sc_threshold", "0",
        # Closed groups: no frame of a segment needs the one before.
        "-flags", "+cgop",
        # See THREADS.
        "-threads", str(planned.threads),
        # Says in the stream what the filters made.
        "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
    ]  # fmt: skip


def _audio_flags() -> list[str]:
    # AAC-LC stereo at 48 kHz is what every HLS player decodes; 128 kbit/s is transparent for most material.
    return ["-c:a", "aac", "-profile:a", "aac_low", "-b:a", "128k", "-ac", "2", "-ar", "48000"]


def _file_flags(plan: EncodePlan, name: str) -> list[str]:
    return [
        # Titles, places and chapters of the source stay private.
        "-map_metadata", "-1", "-map_chapters", "-1",
        # A timestamp far ahead would otherwise be filled with millions of repeated frames.
        "-t", f"{plan.duration_s:.6f}",
        "-f", "mp4", f"file:{name}",
    ]  # fmt: skip
