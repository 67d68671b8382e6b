"""
The plan of an encode: how each rung of one source is made. Pure.

Its chunks are from `chunk_lengths.py`, its sounds from `sound/sound_plans.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from vodpull.media.inspect.ask_survey import Survey
from vodpull.media.inspect.media_info import MediaInfo
from vodpull.media.plan.burnt_in.burnt_text import BurntText
from vodpull.media.plan.burnt_in.watermark_place import Watermark
from vodpull.media.plan.copy_rules import copy_filter
from vodpull.media.plan.cuts.chunk_lengths import Chunk, plan_chunks
from vodpull.media.plan.cuts.frame_rate import exact_rate
from vodpull.media.plan.cuts.seek_points import can_seek, seek_s
from vodpull.media.plan.cuts.segment_cuts import (
    cuts_at_keyframes,
    frames_in,
    frames_per_segment,
    regular_cuts,
    segment_frames,
)
from vodpull.media.plan.has_teaser import has_teaser
from vodpull.media.plan.ladder import Ladder, Rung
from vodpull.media.plan.midway_changes import followed, settled
from vodpull.media.plan.picture_conversion import NO_PICTURE, Picture, plan_picture
from vodpull.media.plan.required_tracks import check_picture
from vodpull.media.plan.sound.sound_plans import SoundPlan, plan_sounds
from vodpull.media.plan.template import AudioRecipe, Encrypt, Mp4, SoundLayout, Template, VideoCodec, VideoRate
from vodpull.media.plan.thread_counts import decoder_threads, encoder_threads


@dataclass(frozen=True, kw_only=True)
class RungPlan:
    """How one rung is made."""

    rung: Rung
    file: str
    """Name of the intermediate file."""
    preset: str
    """The encoder's own word for its speed."""
    rate: VideoRate
    threads: int
    """Encoder threads."""


@dataclass(frozen=True, kw_only=True)
class EncodePlan:
    """Everything that the FFmpeg commands of one source say."""

    picture: Picture
    """What happens to the decoded frames before they are scaled down."""
    rungs: tuple[RungPlan, ...]
    """Largest first, of each size the better codec first."""
    fallback: VideoCodec
    """The codec of the renditions that answer for the definitions."""
    audio: AudioRecipe
    mp4: Mp4
    """Progressive files of no, the best or each rendition of the fallback codec."""
    vmaf: bool
    """The quality of what is encoded is measured."""
    sounds: tuple[SoundPlan, ...]
    """In the order of the source; the first one is heard unless a viewer chooses."""
    duration_s: float
    """Nothing is written beyond it, whatever the timestamps of the source claim."""
    rate: Fraction
    """Frames per second of the grid on which all pictures lie."""
    gop_frames: int
    """Longest distance of keyframes."""
    frames_total: int
    cuts: tuple[int, ...]
    """Frames with which segments begin, the first one is 0."""
    decoder_threads: int
    """For the picture of the source."""
    chunks: tuple[Chunk, ...]
    """In order, without gaps; empty when nothing is encoded but sound."""
    seeks_s: tuple[float, ...]
    """For each chunk where decoding begins, in seconds after the start of the source; 0: at its start."""
    careful: str = ""
    """Why it is made in one piece and without copies, in English; empty: nothing speaks against either."""
    zero_s: float | None = None
    """The timestamp of the source that becomes 0; None: where FFmpeg itself begins to count."""
    changes_s: tuple[float, ...] = ()
    """Where the source changes, in seconds after its start."""
    copy_filter: str = ""
    """What rewrites the packets of the copied rung, in FFmpeg's words; empty: nothing."""
    teaser: bool = False
    """Three seconds of it become an animated picture."""
    watermark: Watermark | None = None
    """With its picture, so that every machine burns in the same one, whatever is in its folder."""
    text: BurntText | None = None
    """What is drawn into every picture."""
    sound_layout: SoundLayout = "muxed"
    """Whether sound has segments of its own."""
    dash: bool = False
    """A manifest for DASH is written, too."""
    encrypt: Encrypt = "none"
    """How segments are encrypted once they are proven."""
    key_segments: int = 0
    """A new key after so many segments; 0: one for all."""

    @property
    def encoded(self) -> tuple[RungPlan, ...]:
        """The rungs that are encoded, largest first."""
        return tuple(planned for planned in self.rungs if not planned.rung.copied)

    @property
    def copied(self) -> RungPlan | None:
        """The rung that is the source itself."""
        return next((planned for planned in self.rungs if planned.rung.copied), None)

    @property
    def sound_only(self) -> bool:
        """Whether there is no picture."""
        return self.picture == NO_PICTURE

    @property
    def has_tracks(self) -> bool:
        """Whether there is anything that is made as a whole."""
        return bool(self.sounds or self.copied)


def plan_encode(info: MediaInfo, ladder: Ladder, *, survey: Survey | None = None, likely_s: float = 0.0) -> EncodePlan:
    """
    Decide how the rungs of a ladder are made from a probed source. Pure.

    The output has a constant frame rate: keyframes fall on the same instants in every rung, and players get the rate
    that the playlist names. Frames that the source dropped are repeated, which costs next to nothing, and the end
    stays where it was, in step with the sound. A ladder with a copied rung needs the survey that it was planned with.
    What the ladder's template says is all in the plan. `likely_s`: how long the whole is likely to be that this begins.

    Raises:
        MediaUnsupported: the picture is turned otherwise on the way, in a film whose pictures must be held for long.
    """
    info = settled(info, survey)
    if info.video is None:
        return _plan_sound(info, ladder)
    template = ladder.template
    assert template.fallback  # noqa: S101 - there is a ladder
    rate = exact_rate(ladder.rungs[0].frame_rate)
    gop_frames = frames_per_segment(template.segment_s, rate)
    frames_total = frames_in(info.duration_s, rate)
    cuts: tuple[int, ...] | None = None
    if survey and any(rung.copied for rung in ladder.rungs):
        frames_total = survey.frames
        cuts = cuts_at_keyframes(survey.groups, frames_total, rate, segment_s=template.segment_s)
        gop_frames = max(segment_frames(cuts or (0,), frames_total))
    cuts = cuts or regular_cuts(frames_total, gop_frames)
    picture = followed(plan_picture(info, info.video, rate=rate), info.video, survey)
    last_start = _last_start(info, ladder, survey)
    chunks = plan_chunks(cuts, frames_total, rate=rate, last_start=last_start, likely_s=likely_s)
    chunks = () if all(rung.copied for rung in ladder.rungs) else chunks
    return EncodePlan(
        picture=picture,
        rungs=_rung_plans(ladder, many=len(chunks) > 1),
        fallback=template.fallback,
        audio=template.audio,
        mp4=template.mp4,
        vmaf=template.vmaf,
        sounds=plan_sounds(info, survey, template.audio),
        duration_s=info.duration_s,
        rate=rate,
        gop_frames=gop_frames,
        frames_total=frames_total,
        cuts=cuts,
        decoder_threads=decoder_threads(info.video, many=len(chunks) > 1),
        chunks=chunks,
        seeks_s=tuple(seek_s(chunk, info, survey, rate=rate) for chunk in chunks),
        zero_s=info.zero_s,
        changes_s=survey.all_changes_s if survey else (),
        copy_filter=copy_filter(info.video, info.container),
        teaser=has_teaser(template.teaser, info.duration_s),
        sound_layout=template.sound,
        dash=template.makes_dash,
        encrypt=template.encrypt,
        key_segments=template.key_segments,
        watermark=template.watermark,
        text=ladder.text,
    )


def _plan_sound(info: MediaInfo, ladder: Ladder) -> EncodePlan:
    """Return the plan of a file without a picture: its sound, in segments on a grid of time."""
    template = ladder.template
    check_picture(info, template)
    assert template.fallback  # noqa: S101 - there is a ladder
    rate = exact_rate(ladder.rungs[0].frame_rate)
    gop_frames = frames_per_segment(template.segment_s, rate)
    frames_total = frames_in(info.duration_s, rate)
    return EncodePlan(
        picture=NO_PICTURE,
        rungs=_rung_plans(ladder, many=False),
        fallback=template.fallback,
        audio=template.audio,
        mp4="none",
        vmaf=False,
        sounds=plan_sounds(info, None, template.audio),
        duration_s=info.duration_s,
        rate=rate,
        gop_frames=gop_frames,
        frames_total=frames_total,
        cuts=regular_cuts(frames_total, gop_frames),
        decoder_threads=1,
        chunks=(),
        seeks_s=(),
        zero_s=info.zero_s,
        sound_layout=template.sound,
        dash=template.makes_dash,
        encrypt=template.encrypt,
        key_segments=template.key_segments,
    )


def _last_start(info: MediaInfo, ladder: Ladder, survey: Survey | None) -> int:
    """Return the last frame that a chunk may begin with."""
    assert info.video is not None  # noqa: S101 - there is a ladder
    if not can_seek(info, survey):
        return 0
    # Beyond the last picture there is nothing to decode: the chunk that has it holds it as well.
    picture_end_s = info.video.start_s - info.start_time_s + (info.video.duration_s or info.duration_s)
    return int((picture_end_s - ladder.template.segment_s) * exact_rate(ladder.rungs[0].frame_rate))


def _rung_plans(ladder: Ladder, *, many: bool) -> tuple[RungPlan, ...]:
    encoded = [rung for rung in ladder.rungs if not rung.copied]
    return tuple(
        _rung_plan(rung, ladder.template, threads=encoder_threads(many=many, is_top=rung in encoded[:1]))
        for rung in ladder.rungs
    )


def _rung_plan(rung: Rung, template: Template, *, threads: int) -> RungPlan:
    rate = template.rate(rung.codec, rung.name)
    name = rung.name.lower() if rung.codec == template.fallback else f"{rung.codec}-{rung.name.lower()}"
    return RungPlan(
        rung=rung,
        file=f"{name}.mp4",
        preset=template.video[rung.codec].preset,
        rate=rate.lowered(rung.max_bitrate_bps) if rung.height_px else rate,
        threads=threads,
    )
