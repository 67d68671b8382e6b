"""The text of HLS playlists (RFC 8216), from what was measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# EXT-X-MAP in playlists with pictures and sound needs 6; 7 is what fMP4 players expect.
VERSION = 7
SOUND_GROUP = "sound"


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One media segment, as measured."""

    uri: str
    """Relative to the playlist."""
    duration_s: float
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One line of the multivariant playlist, as measured."""

    uri: str
    """Relative to the playlist."""
    width_px: int
    """0: it has no picture."""
    height_px: int
    frame_rate: float
    codecs: str
    """RFC 6381 names, joined by a comma."""
    peak_bitrate_bps: int
    bitrate_bps: int | None
    """Average; None: not known yet."""


@dataclass(frozen=True, kw_only=True)
class AudioRendition:
    """One sound track of several that a viewer can choose from."""

    uri: str
    """Relative to the playlist."""
    name: str
    language: str | None
    """ISO 639-2 or BCP 47."""


def media_playlist(init_uri: str, segments: Sequence[Segment], *, longest_s: float | None = None) -> str:
    """
    Return the playlist of one rendition.

    With the length of the longest segment that the finished one will have, it is a beginning to which more is added.
    """
    complete = longest_s is None
    # It must not change while a playlist grows.
    target_s = target_duration_s(segments) if longest_s is None else _whole_s(longest_s)
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target_s}",
        "#EXT-X-MEDIA-SEQUENCE:1",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if complete else 'EVENT'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{init_uri}"',
    ]
    for segment in segments:
        lines += [f"#EXTINF:{segment.duration_s:.6f},", segment.uri]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if complete else []), ""])


def multivariant_playlist(variants: Sequence[Variant], sounds: Sequence[AudioRendition] = ()) -> str:
    """Return the playlist that ties the renditions together, in the given order; the first sound is the default."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    group = (f'AUDIO="{SOUND_GROUP}"',) if sounds else ()
    if group:
        lines += [_sound_line(sound, default=number == 0) for number, sound in enumerate(sounds)]
    for variant in variants:
        average = () if variant.bitrate_bps is None else (f"AVERAGE-BANDWIDTH={variant.bitrate_bps}",)
        attributes = (
            f"BANDWIDTH={variant.peak_bitrate_bps}",
            *average,
            f'CODECS="{variant.codecs}"',
            *_picture_attributes(variant),
            *group,
        )
        lines += ["#EXT-X-STREAM-INF:" + ",".join(attributes), variant.uri]
    return "\n".join([*lines, ""])


def _picture_attributes(variant: Variant) -> tuple[str, ...]:
    if not variant.width_px:
        return ()
    return (f"RESOLUTION={variant.width_px}x{variant.height_px}", f"FRAME-RATE={variant.frame_rate:.3f}")


def _sound_line(sound: AudioRendition, *, default: bool) -> str:
    attributes = (
        "TYPE=AUDIO",
        f'GROUP-ID="{SOUND_GROUP}"',
        f'NAME="{sound.name}"',
        *((f'LANGUAGE="{sound.language}"',) if sound.language else ()),
        f"DEFAULT={'YES' if default else 'NO'}",
        "AUTOSELECT=YES",
        f'URI="{sound.uri}"',
    )
    return "#EXT-X-MEDIA:" + ",".join(attributes)


def target_duration_s(segments: Sequence[Segment]) -> int:
    """Return the longest segment in whole seconds, rounded as the RFC compares it."""
    return max(_whole_s(segment.duration_s) for segment in segments)


def _whole_s(duration_s: float) -> int:
    return max(1, int(duration_s + 0.5))


def average_bitrate_bps(segments: Sequence[Segment]) -> int:
    """Return bits per second over all segments."""
    duration_s = sum(segment.duration_s for segment in segments)
    return round(sum(segment.size_bytes for segment in segments) * 8 / duration_s) if duration_s else 0


def peak_bitrate_bps(segments: Sequence[Segment]) -> int:
    """
    Return the peak segment bitrate.

    That is the largest of any run of segments that lasts 0.5 to 1.5 target durations (RFC 8216 §4.1): a short last
    segment does not count alone.
    """
    target_s = target_duration_s(segments)
    peak = average_bitrate_bps(segments)
    for first in range(len(segments)):
        for last in range(first, len(segments)):
            part = segments[first : last + 1]
            duration_s = sum(segment.duration_s for segment in part)
            if duration_s > 1.5 * target_s:
                break
            if duration_s >= 0.5 * target_s:
                peak = max(peak, average_bitrate_bps(part))
    return peak
