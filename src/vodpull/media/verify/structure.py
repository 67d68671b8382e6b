"""
Whether a package has the streams, lengths, keyframes and files that were planned, by what was measured of it.

FFmpeg was seen to exit with success on a full disk and on half a source, so its exit code is never proof. How much may
differ is in `media/tolerances.py`; whether the same is seen and heard is judged in `content_verdict.py`.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from vodpull.errors import MediaTruncated, OutputInvalid
from vodpull.media.inspect.ask_segments import CountedTrack, Measured
from vodpull.media.inspect.media_info import MediaInfo
from vodpull.media.mp4.codec_names import codec_names
from vodpull.media.package.package import Package
from vodpull.media.package.pictures.storyboard import read_storyboard
from vodpull.media.package.pictures.teaser import webp_size
from vodpull.media.package.playlists.hls import Segment, average_bitrate_bps, peak_bitrate_bps
from vodpull.media.package.playlists.presentation import Track as PresentedTrack
from vodpull.media.package.track_layout import PackagedRendition
from vodpull.media.plan.template import AudioCodec, VideoCodec
from vodpull.media.tolerances import CLOCK_S, IN_STEP_S, SOUND_GAP_S, falls_short, is_as_long, sound_falls_short
from vodpull.media.verify.multivariant_promises import Seen, check_promises
from vodpull.media.verify.vmaf import Quality
from vodpull.media.verify.whole_files import picture_size, require_file


@dataclass(frozen=True, kw_only=True)
class Rendition:
    """One verified rendition, with what was measured of it."""

    clarity: int
    codec: VideoCodec = "h264"
    playlist: str
    """Media playlist, relative to the output folder."""
    width_px: int
    height_px: int
    bitrate_bps: int
    """Average over all segments, with their overhead."""
    peak_bitrate_bps: int
    frame_rate: float
    duration_s: float
    """Sum of the segments."""
    size_bytes: int
    """Size of the playlist file."""
    media_bytes: int
    """Size of the init segment and all media segments."""
    segment_count: int
    codecs: str
    """RFC 6381 names, joined by a comma."""
    bandwidth_bps: int
    """What the multivariant playlist promises; never below the measured peak."""
    av_drift_ms: int | None
    """End of the sound minus end of the picture, which is on the grid of frames; None: there is no sound."""
    keyframes_aligned: bool
    """Its keyframes show the same instants as those of the lowest rendition."""
    mp4: str = ""
    """Progressive file, relative to the output folder; empty: there is none."""
    mp4_bytes: int = 0
    quality: Quality | None = None
    """None: not measured."""


def check_structure(out_folder: Path, package: Package, *, info: MediaInfo, seen: Seen) -> tuple[Rendition, ...]:
    """
    Compare everything with everything that it has to agree with; return what was measured of each rendition.

    Raises:
        MediaTruncated: picture or sound end before the source said so.
        OutputInvalid: anything else is missing, cut, or not as planned.
    """
    if package.poster:
        _check_pictures(out_folder, package)
    renditions: list[Rendition] = []
    openings_s: tuple[float, ...] | None = None
    for placed in package.renditions:
        played, segments = package.played(placed), seen.segments[placed.track]
        measured = _joined([seen.measured[track.id] for track in played])
        rendition = _compared(placed, seen.together(played), measured, info=info, sound=package.sound_codec)
        if placed.rung.width_px:
            own_s = _openings_s(placed, measured.tracks[0], segments)
            openings_s = openings_s or own_s
            _check_alignment(placed, own_s, openings_s)
        if placed.mp4:
            _check_mp4(placed.mp4, measured, seen.measured[placed.mp4])
        renditions.append(_with_files(out_folder, placed, rendition, played=played))
    _check_silent(package, seen)
    for track in package.tracks:
        if track.source_index is not None:
            _check_sound(track, seen.measured[track.id], info)
    if package.storyboard:
        _check_storyboard(out_folder, package, renditions[0].duration_s)
    bandwidths = check_promises(out_folder, package, seen)
    return tuple(
        replace(rendition, bandwidth_bps=bandwidth, keyframes_aligned=True)
        for rendition, bandwidth in zip(renditions, bandwidths, strict=False)
    )


def _joined(parts: Sequence[Measured]) -> Measured:
    """Return what is in several tracks that play together."""
    tracks = tuple(track for part in parts for track in part.tracks)
    return Measured(tracks=tracks, undecodable=sum(part.undecodable for part in parts))


def _check_pictures(out_folder: Path, package: Package) -> None:
    best = package.renditions[-1].rung
    if picture_size(out_folder / package.poster) != (best.width_px, best.height_px):
        raise OutputInvalid("the poster has not the size of the best rendition")
    if package.teaser and webp_size(out_folder / package.teaser) is None:
        raise OutputInvalid("the teaser is no whole WebP picture")


def _compared(
    placed: PackagedRendition, segments: list[Segment], measured: Measured, *, info: MediaInfo, sound: AudioCodec | None
) -> Rendition:
    """Compare playlist, packets, plan and source; return the rendition without what other files say of it."""
    duration_s = sum(segment.duration_s for segment in segments)
    video, audio = _tracks(placed, measured, sound=sound)
    _check_duration(placed, duration_s, info)
    if video:
        _check_video(placed, video, duration_s=duration_s, segments=len(segments))
    if audio:
        _check_audio(placed.playlist, audio, info, number=0)
    if video and audio:
        _check_drift(placed, video, audio, info=info)
    if measured.undecodable:
        raise OutputInvalid(f"{placed.playlist}: {measured.undecodable} pictures cannot be decoded")
    return Rendition(
        clarity=placed.rung.clarity,
        codec=placed.rung.codec,
        playlist=placed.playlist,
        width_px=video.width_px if video else 0,
        height_px=video.height_px if video else 0,
        bitrate_bps=average_bitrate_bps(segments),
        peak_bitrate_bps=peak_bitrate_bps(segments),
        frame_rate=round(video.packets / duration_s, 3) if video else 0.0,
        duration_s=duration_s,
        size_bytes=0,
        media_bytes=sum(segment.size_bytes for segment in segments),
        segment_count=len(segments),
        codecs="",
        bandwidth_bps=0,
        av_drift_ms=round(1000 * (audio.end_s - video.end_s)) if video and audio else None,
        keyframes_aligned=False,
    )


def _tracks(
    placed: PackagedRendition, measured: Measured, *, sound: AudioCodec | None
) -> tuple[CountedTrack | None, CountedTrack | None]:
    kinds = [(track.kind, track.codec) for track in measured.tracks]
    picture = [("video", placed.rung.codec)] if placed.rung.width_px else []
    if kinds != [*picture, *([("audio", sound)] if sound else [])]:
        raise OutputInvalid(f"{placed.playlist} holds other streams than planned")
    if any(track.corrupt or not track.packets for track in measured.tracks):
        raise OutputInvalid(f"{placed.playlist} holds damaged packets")
    return measured.tracks[0] if picture else None, measured.tracks[-1] if sound else None


def _check_duration(placed: PackagedRendition, duration_s: float, info: MediaInfo) -> None:
    if is_as_long(duration_s, info.duration_s, frame_s=1 / placed.rung.frame_rate):
        return
    if falls_short(duration_s, info.duration_s):
        message = f"only {duration_s:.2f} s of {info.duration_s:.2f} s could be decoded"
        raise MediaTruncated(message)
    raise OutputInvalid(f"{placed.playlist} lasts {duration_s:.2f} s, the source {info.duration_s:.2f} s")


def _check_video(placed: PackagedRendition, video: CountedTrack, *, duration_s: float, segments: int) -> None:
    frame_s = 1 / placed.rung.frame_rate
    checks: Mapping[str, bool] = {
        "has another size": (video.width_px, video.height_px) == (placed.rung.width_px, placed.rung.height_px),
        "does not begin at 0": abs(video.start_s) <= frame_s,
        "differs from its playlist": abs(video.end_s - video.start_s - duration_s) <= 2 * frame_s,
        "has a hole": video.widest_gap_s <= 1.5 * frame_s,  # half a frame for rounding
        # The source of a copied rung may have more of them.
        "has other keyframes than segments": placed.rung.copied or len(video.keyframes_s) == segments,
    }
    for problem, passed in checks.items():
        if not passed:
            raise OutputInvalid(f"the picture of {placed.playlist} {problem}")


def _openings_s(placed: PackagedRendition, video: CountedTrack, segments: list[Segment]) -> tuple[float, ...]:
    """Return the keyframes that the segments begin with."""
    starts_s = [0.0, *accumulate(segment.duration_s for segment in segments)][:-1]
    slack_s = 0.5 / placed.rung.frame_rate
    keys_s = video.keyframes_s
    found = [bisect.bisect_left(keys_s, start_s - slack_s) for start_s in starts_s]
    if any(at == len(keys_s) or keys_s[at] > start_s + slack_s for at, start_s in zip(found, starts_s, strict=True)):
        raise OutputInvalid(f"the picture of {placed.playlist} has segments without a keyframe of their own")
    return tuple(keys_s[at] for at in found)


def _check_silent(package: Package, seen: Seen) -> None:
    """Compare pictures that stand alone with the same ones beside their sound: the same packets at the same times."""
    for placed in package.renditions:
        silent = seen.measured.get(f"v{placed.track}")
        if silent is None:
            continue
        same = len(silent.tracks) == 1 and _agree(seen.measured[placed.track].tracks[0], silent.tracks[0])
        if silent.undecodable or not same:
            raise OutputInvalid(f"the picture v{placed.track} is not that of its rendition")


def _check_sound(track: PresentedTrack, measured: Measured, info: MediaInfo) -> None:
    """Compare a sound track that stands alone with its track of the source."""
    if [found.kind for found in measured.tracks] != ["audio"] or measured.tracks[0].corrupt or measured.undecodable:
        raise OutputInvalid(f"{track.playlist} holds other streams than planned")
    number = next(at for at, sound in enumerate(info.audio) if sound.index == track.source_index)
    _check_audio(track.playlist, measured.tracks[0], info, number=number)


def _check_audio(name: str, audio: CountedTrack, info: MediaInfo, *, number: int) -> None:
    if audio.widest_gap_s > SOUND_GAP_S or not audio.packets:
        raise OutputInvalid(f"the sound of {name} has a hole")
    source = info.audio[number]
    if source.duration_s is None:
        return
    # Nothing goes on after the film, which is as long as its picture and its first sound.
    expected_s = min(source.start_s + source.duration_s - info.start_time_s, info.duration_s)
    if sound_falls_short(audio.end_s, expected_s):
        raise MediaTruncated(f"only {audio.end_s:.2f} s of {expected_s:.2f} s of sound could be decoded")


def _check_drift(placed: PackagedRendition, video: CountedTrack, audio: CountedTrack, *, info: MediaInfo) -> None:
    """Compare the distance between the ends of sound and picture with what the source had."""
    source = info.audio[0]
    if info.video is None or info.video.duration_s is None or source.duration_s is None:
        return
    frame_s = 1 / placed.rung.frame_rate
    # The encode holds the last picture while there is sound. A constant rate ends on a tick: up to a frame is no drift.
    tick_s = min(max(video.end_s - info.duration_s, -frame_s), frame_s)
    own_s = source.start_s + source.duration_s - info.start_time_s - info.duration_s
    drift_s = audio.end_s - (video.end_s - tick_s) - own_s
    if drift_s < -IN_STEP_S:
        raise MediaTruncated(f"the last {-drift_s * 1000:.0f} ms of sound could not be decoded")
    if drift_s > IN_STEP_S:
        raise OutputInvalid(f"the picture of {placed.playlist} ends {drift_s * 1000:.0f} ms too early for its sound")


def _check_alignment(placed: PackagedRendition, own_s: tuple[float, ...], lowest_s: tuple[float, ...]) -> None:
    """Compare the instants at which segments begin with those of the first rendition: players change there."""
    # Half a frame for rounding.
    slack_s = 0.5 / placed.rung.frame_rate
    pairs = zip(own_s, lowest_s, strict=False)
    if len(own_s) != len(lowest_s) or any(abs(one - other) > slack_s for one, other in pairs):
        raise OutputInvalid(f"the keyframes of {placed.playlist} differ from those of the lowest rendition")


def _check_mp4(name: str, parts: Measured, whole: Measured) -> None:
    """Compare a progressive file with the segments of the same rendition: the same packets at the same times."""
    same_number = len(parts.tracks) == len(whole.tracks)
    if not same_number or not all(map(_agree, parts.tracks, whole.tracks)):
        raise OutputInvalid(f"{name} holds something else than the segments of its rendition")


def _agree(part: CountedTrack, whole: CountedTrack) -> bool:
    near = max(abs(part.start_s - whole.start_s), abs(part.end_s - whole.end_s)) <= CLOCK_S
    return near and not whole.corrupt and _content(part) == _content(whole)


def _content(track: CountedTrack) -> tuple[object, ...]:
    return track.kind, track.codec, track.width_px, track.height_px, track.packets, track.keyframes_s


def _with_files(
    out_folder: Path, placed: PackagedRendition, rendition: Rendition, *, played: Sequence[PresentedTrack]
) -> Rendition:
    inits = [out_folder / track.folder / track.init for track in played]
    init_bytes = sum(map(require_file, inits))
    return replace(
        rendition,
        codecs=",".join(name for init in inits for name in codec_names(init.read_bytes())),
        size_bytes=require_file(out_folder / placed.playlist),
        media_bytes=rendition.media_bytes + init_bytes,
        mp4=placed.mp4,
        mp4_bytes=require_file(out_folder / placed.mp4) if placed.mp4 else 0,
    )


def _check_storyboard(out_folder: Path, package: Package, duration_s: float) -> None:
    """Compare the index of the storyboard with the duration and with the sheets that lie there."""
    index = out_folder / package.storyboard
    require_file(index)
    try:
        cues = read_storyboard(index.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OutputInvalid(f"{index.name} is not an index of pictures") from error
    ends_s = [0.0, *(cue.end_s for cue in cues)]
    if [cue.start_s for cue in cues] != ends_s[:-1] or ends_s != sorted(set(ends_s)):
        raise OutputInvalid(f"{index.name} leaves a gap")
    # Times in the index are whole milliseconds.
    if abs(ends_s[-1] - duration_s) > 0.001:  # noqa: PLR2004 - said above
        raise OutputInvalid(f"{index.name} ends at {ends_s[-1]:.3f} s, the picture at {duration_s:.3f} s")
    folder = f"{package.video_id}/storyboard"
    sheets = [f"{folder}/{path.name}" for path in sorted((out_folder / folder).glob("*"))]
    if list(dict.fromkeys(cue.uri for cue in cues)) != sheets:
        raise OutputInvalid(f"{index.name} does not name the sheets that are there")
    # The first sheet is full; the last one may be empty in part, but is as large.
    size = max(cue.x_px + cue.width_px for cue in cues), max(cue.y_px + cue.height_px for cue in cues)
    if any(picture_size(out_folder / sheet) != size for sheet in sheets):
        raise OutputInvalid("the sheets of the storyboard have not the size that their index needs")
