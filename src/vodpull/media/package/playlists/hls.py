"""The text of HLS playlists (RFC 8216), and the bitrates that they tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vodpull.media.package.playlists.presentation import TEXTS, Keyframes, Presentation, Track, TrackKind
from vodpull.media.package.playlists.track_roles import CHARACTERISTICS
from vodpull.media.package.playlists.variants import Pair, pairs

# EXT-X-MAP in playlists with pictures and sound needs 6; 7 is what fMP4 players expect.
VERSION = 7
TYPES: Mapping[TrackKind, str] = {"sound": "AUDIO", "text": "SUBTITLES"}


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One media segment, as measured."""

    uri: str
    """Relative to the playlist."""
    duration_s: float
    size_bytes: int


def media_playlist(presentation: Presentation, track: Track) -> str:
    """Return the playlist of one track."""
    lengths_s = presentation.lengths_s(track)
    # It must not change while a playlist grows, and be the same for all that play together.
    target_s = max(map(whole_s, lengths_s)) if track.kind == "text" else presentation.target_s
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target_s}",
        "#EXT-X-MEDIA-SEQUENCE:1",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if presentation.complete else 'EVENT'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        *([f'#EXT-X-MAP:URI="{track.folder}/{track.init}"'] if track.init else []),
    ]
    before = ""
    for number, length_s in enumerate(lengths_s, start=1):
        # Behind EXT-X-MAP, so that the init segment stays in clear (RFC 8216 §4.3.2.5); the IV is the number.
        key = _key_line(presentation, track, number)
        lines += [key] if key != before else []
        lines += [f"#EXTINF:{length_s:.6f},", track.segment(number)]
        before = key
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if presentation.complete else []), ""])


def _key_line(presentation: Presentation, track: Track, number: int) -> str:
    """Return what opens a segment; empty: it is in clear."""
    if track.kind == "text" or not presentation.key_uris:
        return ""
    return f"#EXT-X-KEY:METHOD=AES-128,URI={_quoted(presentation.key_uris[presentation.key_number(number)])}"


def keyframe_playlist(presentation: Presentation, track: Track, keyframes: Keyframes) -> str:
    """Return the playlist of one picture of each segment of a track."""
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{presentation.target_s}",
        "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-I-FRAMES-ONLY",
        f'#EXT-X-MAP:URI="{track.folder}/{track.init}"',
    ]
    found = zip(presentation.lengths_s(track), keyframes.ranges, strict=True)
    for number, (length_s, (size_bytes, place)) in enumerate(found, start=1):
        lines += [f"#EXTINF:{length_s:.6f},", f"#EXT-X-BYTERANGE:{size_bytes}@{place}", track.segment(number)]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def multivariant_playlist(presentation: Presentation, leads: Sequence[Track] | None = None) -> str:
    """Return the playlist of all variants, or of some tracks with what plays beside them."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    variants = pairs(presentation, leads)
    groups = dict.fromkeys(variant.sound_group for variant in variants)
    texts = presentation.in_group(TEXTS)
    lines += [_choice_line(track, group) for group in groups for track in presentation.in_group(group)]
    lines += [_choice_line(track, TEXTS) for track in texts]
    for variant in variants:
        lines += [_variant_line(variant, has_texts=bool(texts)), variant.lead.playlist]
    if leads is None:
        lines += [_keyframe_line(track, track.keyframes) for track in presentation.tracks if track.keyframes]
    return "\n".join([*lines, ""])


def _variant_line(variant: Pair, *, has_texts: bool) -> str:
    lead = variant.lead
    average = () if variant.bitrate_bps is None else (f"AVERAGE-BANDWIDTH={variant.bitrate_bps}",)
    picture = (f"RESOLUTION={lead.width_px}x{lead.height_px}", f"FRAME-RATE={lead.frame_rate:.3f}")
    attributes = (
        f"BANDWIDTH={variant.peak_bitrate_bps}",
        *average,
        f"CODECS={_quoted(','.join(variant.codecs))}",
        *(picture if lead.width_px else ()),
        *((f"AUDIO={_quoted(variant.sound_group)}",) if variant.sound_group else ()),
        *((f"SUBTITLES={_quoted(TEXTS)}",) if has_texts else ()),
    )
    return "#EXT-X-STREAM-INF:" + ",".join(attributes)


def _keyframe_line(track: Track, keyframes: Keyframes) -> str:
    attributes = (
        f"BANDWIDTH={keyframes.peak_bitrate_bps}",
        f"AVERAGE-BANDWIDTH={keyframes.bitrate_bps}",
        f"CODECS={_quoted(track.codecs[0])}",
        f"RESOLUTION={track.width_px}x{track.height_px}",
        f"URI={_quoted(keyframes.playlist)}",
    )
    return "#EXT-X-I-FRAME-STREAM-INF:" + ",".join(attributes)


def _choice_line(track: Track, group: str) -> str:
    characteristics = CHARACTERISTICS.get(track.role)
    attributes = (
        f"TYPE={TYPES[track.kind]}",
        f"GROUP-ID={_quoted(group)}",
        f"NAME={_quoted(track.name)}",
        *((f"LANGUAGE={_quoted(track.language)}",) if track.language else ()),
        f"DEFAULT={_yes(track.default)}",
        # A commentary is for who asks for it.
        f"AUTOSELECT={_yes(track.default or track.role != 'commentary')}",
        *(("FORCED=YES",) if track.forced and track.kind == "text" else ()),
        *((f"CHARACTERISTICS={_quoted(characteristics)}",) if characteristics else ()),
        *((f"CHANNELS={_quoted(str(track.channels))}",) if track.channels else ()),
        f"URI={_quoted(track.playlist)}",
    )
    return "#EXT-X-MEDIA:" + ",".join(attributes)


def _yes(is_so: bool) -> str:  # noqa: FBT001 - the attribute's own words
    return "YES" if is_so else "NO"


def _quoted(text: str) -> str:
    """Return a quoted string (RFC 8216 §4.2): names of tracks are the source's own words."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return '"' + plain.replace('"', "'") + '"'


def target_duration_s(segments: Sequence[Segment]) -> int:
    """Return the longest segment in whole seconds."""
    return max(whole_s(segment.duration_s) for segment in segments)


def whole_s(duration_s: float) -> int:
    """Return a length in whole seconds, rounded as the RFC compares it."""
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
