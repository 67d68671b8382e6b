"""
Which streams of a source can be copied as they are, and why the others are encoded. Pure.

What the template says against it is in `ladder.py` (picture) and in `sound/sound_plans.py` (sound);
what of clips and joins is copied, in `edit/edit_plan.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from vodpull.media.inspect.ask_survey import SoundSurvey, Survey
from vodpull.media.inspect.media_info import MP4, STEREO, AudioStream, MediaInfo, VideoStream
from vodpull.media.plan.cuts.chunk_lengths import SINGLE_CHUNK_S
from vodpull.media.plan.cuts.frame_rate import exact_rate
from vodpull.media.plan.cuts.seek_points import SEARCHABLE
from vodpull.media.plan.cuts.segment_cuts import MAX_SEGMENT, MIN_SEGMENT, cuts_at_keyframes, segment_bytes
from vodpull.media.plan.cuts.segment_cuts import segment_frames as frames_of
from vodpull.media.plan.picture_conversion import HDR_TRANSFERS
from vodpull.media.tolerances import IN_STEP_S

SOUND_CONTAINER = MP4
"""In others, sound has packets that need to be rewritten, or times that are rounded; encoding it costs little."""
STREAMS = frozenset({"mpegts"})
"""Containers in which the picture repeats its parameters, and has delimiters, which MP4 has no place for."""
PICTURE_CONTAINERS = frozenset({MP4, "matroska,webm", "flv"}) | STREAMS
PROFILES: Mapping[str, frozenset[str]] = {
    "h264": frozenset({"Constrained Baseline", "Main", "High"}),
    "hevc": frozenset({"Main"}),
}
COPIED_CODECS = frozenset(PROFILES)
# Half of it is how far clocks of 1000 ticks per second are off.
UNEVEN_S = 0.001
# A segment may have twice the ceiling, as the encoder's buffer allows.
PEAK_FACTOR = 2.0
AAC_MAX_BPS = 192_000
"""Of a stereo track."""
# The order of channels that AAC has by itself (ISO/IEC 14496-3, table 1.19): players know no other one.
AAC_SURROUND = ("FL", "FR", "FC", "LFE", "BL", "BR")
AAC_RATES_HZ = frozenset({44100, 48000})
# Half a packet: more is heard as a late start.
SOUND_START_S = 0.01


def must_survey(info: MediaInfo) -> bool:
    """Tell whether only the packets say how a source is encoded: where it can be cut, or what it is worth."""
    if info.video is None:
        return False
    return info.video.busiest_bps is None or (info.duration_s > SINGLE_CHUNK_S and info.container in SEARCHABLE)


def copy_filter(video: VideoStream, container: str) -> str:
    """Return what rewrites the packets of a copied picture, in FFmpeg's words; empty: nothing."""
    if container not in STREAMS:
        return ""
    # Parameter sets, delimiters, ends and filler (H.264 table 7-1, H.265 table 7-1).
    return f"filter_units=remove_types={'7-12' if video.codec == 'h264' else '32-38'}"


def may_be_copied(info: MediaInfo, *, size: tuple[int, int], max_bitrate_bps: int) -> bool:
    """Tell whether a picture may be the rendition of a size under a ceiling, before its packets are known."""
    video = info.video
    if video is None or picture_obstacle(video, info.container) is not None:
        return False
    # The bitrate is that of the whole file: a picture just below the ceiling counts as above it.
    return (video.display_width_px, video.display_height_px) == size and info.bitrate_bps <= max_bitrate_bps


def picture_obstacle(video: VideoStream, container: str) -> str | None:
    """Return why a picture cannot be a rendition as it is, as far as its header says; None: nothing speaks against."""
    obstacles = {
        f"the picture is {video.codec}": video.codec not in COPIED_CODECS,
        f"the container is {container.split(',', 1)[0]}": container not in PICTURE_CONTAINERS,
        f"the profile is {video.profile}": video.profile not in PROFILES.get(video.codec, ()),
        f"the pixels are {video.pix_fmt}": video.pix_fmt != "yuv420p" or video.color_range == "pc",
        "the picture is interlaced": video.interlaced,
        "the picture is turned by its player": video.rotation_deg != 0 or video.mirrored,
        "the picture is cut by its player": any(video.crop),
        "the pixels are not square": video.sample_aspect[0] != video.sample_aspect[1],
        "the picture has a high dynamic range": video.color_transfer in HDR_TRANSFERS,
    }
    return next((obstacle for obstacle, holds in obstacles.items() if holds), None)


def rung_obstacle(
    info: MediaInfo,
    video: VideoStream,
    survey: Survey,
    *,
    size: tuple[int, int],
    max_bitrate_bps: int,
    segment_s: float,
) -> str | None:
    """Return why a picture cannot be the rendition of a size under a ceiling, from header and packets."""
    header = picture_obstacle(video, info.container)
    if header:
        return header
    lasting = lasting_obstacle(video, survey, size=size, segment_s=segment_s)
    if lasting:
        return lasting
    shortfall_s = info.duration_s - float(survey.frames / exact_rate(video.nominal_frame_rate))
    if survey.damaged or not survey.frames:
        return "some pictures are not to be shown, or have no time"
    if abs(shortfall_s) > max(IN_STEP_S, 1 / video.nominal_frame_rate):
        return "picture and sound are not equally long"
    return _rate_obstacle(survey, video, max_bitrate_bps=max_bitrate_bps, segment_s=segment_s)


def lasting_obstacle(video: VideoStream, survey: Survey, *, size: tuple[int, int], segment_s: float) -> str | None:
    """Return what speaks against a copy already at the beginning of a source, whatever comes after it."""
    shapes = {(shape.width_px, shape.height_px, *shape.sample_aspect) for shape in survey.shapes}
    cuts = cuts_at_keyframes(survey.groups, survey.frames, exact_rate(video.nominal_frame_rate), segment_s=segment_s)
    spacing = f"{MIN_SEGMENT * segment_s:g} to {MAX_SEGMENT * segment_s:g} seconds"
    obstacles = {
        f"the picture is {video.width_px}x{video.height_px}": (video.width_px, video.height_px) != size,
        "the parameters of the codec change on the way": survey.own_parameters,
        "the picture is turned otherwise on the way": len(
            {(each.rotation_deg, each.mirrored) for each in survey.shapes}
        )
        > 1,
        # Players do not agree about which of both counts.
        "container and picture do not say the same of its shape": not shapes <= {(*size, 1, 1)},
        "the frame rate is not constant": survey.uneven_s > UNEVEN_S,
        "the picture begins later than the sound": abs(survey.start_s) > UNEVEN_S,
        "open groups of pictures": not all(group.closed for group in survey.groups),
        f"keyframes do not come every {spacing}": cuts is None,
    }
    return next((obstacle for obstacle, holds in obstacles.items() if holds), None)


def _rate_obstacle(survey: Survey, video: VideoStream, *, max_bitrate_bps: int, segment_s: float) -> str | None:
    rate = exact_rate(video.nominal_frame_rate)
    cuts = cuts_at_keyframes(survey.groups, survey.frames, rate, segment_s=segment_s) or (0,)
    sizes = segment_bytes(survey.groups, cuts)
    bitrate_bps = float(sum(sizes) * 8 * rate / survey.frames)
    if bitrate_bps > max_bitrate_bps:
        return f"{bitrate_bps / 1e6:.1f} Mbit/s are more than the {max_bitrate_bps / 1e6:.1f} of this definition"
    frames = frames_of(cuts, survey.frames)
    # A short rest at the end is no peak.
    full = [(size, count) for size, count in zip(sizes, frames, strict=True) if count >= MIN_SEGMENT * segment_s * rate]
    if any(float(size * 8 * rate / count) > PEAK_FACTOR * max_bitrate_bps for size, count in full):
        return "some segments have more than twice the bitrate of this definition"
    return None


def sound_obstacle(track: AudioStream, container: str, *, channels: int) -> str | None:
    """Return why a sound track cannot stay as it is, stereo or 5.1, as far as its header says; None: nothing does."""
    obstacles = {
        f"the sound is {track.codec}": track.codec != "aac",
        f"the container is {container.split(',', 1)[0]}": container != SOUND_CONTAINER,
        f"the profile is {track.profile}": track.profile != "LC",
        f"it has {track.channels} channels": track.channels > channels
        or (channels > STEREO and track.speakers != AAC_SURROUND),
        f"it has {track.sample_rate_hz} samples a second": track.sample_rate_hz not in AAC_RATES_HZ,
    }
    return next((obstacle for obstacle, holds in obstacles.items() if holds), None)


def track_obstacle(track: AudioStream, container: str, survey: Survey | None, *, channels: int = STEREO) -> str | None:
    """Return why a sound track must be encoded, to so many channels, from header and packets."""
    header = sound_obstacle(track, container, channels=channels)
    if header:
        return header
    packets = next((seen for seen in survey.sounds if seen.index == track.index), None) if survey else None
    max_bps = AAC_MAX_BPS * channels // STEREO
    return _packet_obstacle(track, packets, max_bps) if packets else "its packets were not looked at"


def _packet_obstacle(track: AudioStream, packets: SoundSurvey, max_bps: int) -> str | None:
    # A packet is 1024 samples; up to one goes before the start, to prepare the decoder.
    packet_s = 1024 / track.sample_rate_hz
    obstacles = {
        "some of its packets are not to be played, or have no time": packets.damaged,
        f"{packets.bitrate_bps // 1000} kbit/s are too many": packets.bitrate_bps > max_bps,
        "it does not begin at the start": not -3 * packet_s <= packets.start_s <= SOUND_START_S,
        # Rounding of a clock with 1000 ticks a second.
        "it has holes": packets.widest_hole_s > UNEVEN_S,
    }
    return next((obstacle for obstacle, holds in obstacles.items() if holds), None)
