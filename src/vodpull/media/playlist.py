"""The text of HLS playlists (RFC 8216), from what was measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# EXT-X-MAP in playlists with pictures and sound needs 6; 7 is what fMP4 players expect.
VERSION = 7


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
    height_px: int
    frame_rate: float
    codecs: str
    """RFC 6381 names, joined by a comma."""
    peak_bitrate_bps: int
    bitrate_bps: int


def media_playlist(init_uri: str, segments: Sequence[Segment]) -> str:
    """Return the playlist of one rendition."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target_duration_s(segments)}",
        "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{init_uri}"',
    ]
    for segment in segments:
        lines += [f"#EXTINF:{segment.duration_s:.6f},", segment.uri]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def multivariant_playlist(variants: Sequence[Variant]) -> str:
    """Return the playlist that ties the renditions together, in the given order."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for variant in variants:
        attributes = (
            f"BANDWIDTH={variant.peak_bitrate_bps}",
            f"AVERAGE-BANDWIDTH={variant.bitrate_bps}",
            f'CODECS="{variant.codecs}"',
            f"RESOLUTION={variant.width_px}x{variant.height_px}",
            f"FRAME-RATE={variant.frame_rate:.3f}",
        )
        lines += ["#EXT-X-STREAM-INF:" + ",".join(attributes), variant.uri]
    return "\n".join([*lines, ""])


def target_duration_s(segments: Sequence[Segment]) -> int:
    """Return the longest segment in whole seconds, rounded as the RFC compares it."""
    return max(1, *(int(segment.duration_s + 0.5) for segment in segments))


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
