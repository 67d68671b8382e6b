"""
What an HLS playlist names, read from its text. Pure.

Which of its variants is fetched is in `variant_choice.py`; the most segments in `transfer/limits.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import m3u8

from vodpull.errors import PlaylistUnsupported
from vodpull.fetch.hls.variant_choice import VariantChoice, choose_variant
from vodpull.fetch.transfer.limits import MAX_SEGMENTS

# 20 lines a segment is far more than any packager writes
_MAX_LINES_OF_SEGMENT = 20
# A URL has at most 8,192 characters; the rest is for attributes. It also bounds the parser's regular expressions.
_MAX_LINE_CHARACTERS = 16384
_IV_BYTES = 16
# The tags that decide what is fetched. All others are dropped before parsing, so that a strange date or ad marker
# cannot make a good playlist unreadable, and the parser meets less hostile text.
_TAGS = re.compile(
    r"#(?:EXTM3U|EXTINF|EXT-X-(?:BYTERANGE|KEY|MAP|MEDIA|MEDIA-SEQUENCE|STREAM-INF|ENDLIST|DISCONTINUITY|GAP"
    r"|I-FRAMES-ONLY))(?::|\Z)"
)
_BYTE_RANGE = re.compile(r"([0-9]{1,15})(?:@([0-9]{1,15}))?")
_HEX_IV = re.compile(r"0x([0-9a-f]{1,32})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Key:
    """How one piece is encrypted: AES-128 in CBC mode, with PKCS #7 padding (RFC 8216, 5.2)."""

    uri: str
    iv: bytes


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One segment, or the initialisation section."""

    uri: str
    """As written in the playlist."""
    byte_range: tuple[int, int] | None = None
    """First byte and number of bytes; None: the whole resource."""
    key: Key | None = None


@dataclass(frozen=True, kw_only=True)
class MediaPlaylist:
    """A complete (VOD) media playlist."""

    init: Piece | None
    """The one initialisation section of fMP4 segments, None for MPEG-TS. Its key, if any, is only a possibility."""
    segments: tuple[Piece, ...]


def parse_playlist(text: str, *, max_segments: int = MAX_SEGMENTS) -> MediaPlaylist | VariantChoice:
    """
    Return what a playlist names: at most `max_segments`, or the best variant of those that can be used.

    Raises:
        PlaylistUnsupported: live, encrypted other than with AES-128, without segments, of mixed formats, malformed.
    """
    data = _parse(text, max_segments)
    return choose_variant(data) if data["playlists"] else _read_media(data, max_segments)


def _parse(text: str, max_segments: int) -> dict[str, Any]:
    max_lines = _MAX_LINES_OF_SEGMENT * max_segments
    lines = [line.strip() for line in text.split("\n", max_lines)]
    if len(lines) > max_lines or max(map(len, lines)) > _MAX_LINE_CHARACTERS:
        raise PlaylistUnsupported("the playlist has too many or too long lines")
    kept = [line for line in lines if not line.startswith("#") or _TAGS.match(line)]
    if sum(line.startswith("#EXT-X-KEY") for line in kept) > max_segments:
        raise PlaylistUnsupported("the playlist has too many keys")
    try:
        data: dict[str, Any] = m3u8.parse("\n".join(kept), custom_tags_parser=_forget_keys)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise PlaylistUnsupported("the playlist is malformed") from error
    return data


def _forget_keys(_line: str, _number: int, data: dict[str, Any], _state: object) -> bool:
    """Keep the parser from comparing each key with all before it; what a segment needs is in the segment."""
    data["keys"].clear()
    return False


def _read_media(data: dict[str, Any], max_segments: int) -> MediaPlaylist:
    raw: list[dict[str, Any]] = data["segments"]
    if not raw:
        raise PlaylistUnsupported("the playlist names no segments")
    check_count(len(raw), max_segments)
    if not data["is_endlist"]:
        raise PlaylistUnsupported("the playlist is live or cut off: it has no EXT-X-ENDLIST")
    if data["is_i_frames_only"]:
        raise PlaylistUnsupported("the playlist has key frames only")
    segments: list[Piece] = []
    first_number = int(data["media_sequence"] or 0)
    for number, entry in enumerate(raw, first_number):
        segments.append(_read_segment(entry, number, segments[-1] if segments else None))
    return MediaPlaylist(init=_read_init(raw), segments=tuple(segments))


def check_count(count: int, max_segments: int) -> None:
    """Raise PlaylistUnsupported for more segments than the installation takes."""
    if count > max_segments:
        raise PlaylistUnsupported(
            f"the playlists name {count} segments, {max_segments} are allowed; an operator can raise "
            "VODPULL_MAX_SEGMENTS"
        )


def _read_segment(entry: dict[str, Any], number: int, before: Piece | None) -> Piece:
    if not entry.get("uri"):
        raise PlaylistUnsupported(f"segment {number} has no URI")
    if entry.get("gap_tag"):
        raise PlaylistUnsupported(f"segment {number} is marked as missing")
    piece = Piece(uri=entry["uri"], key=_read_key(entry.get("key"), number))
    if not entry.get("byterange"):
        return piece
    # RFC 8216, 4.3.2.2: without an offset it starts where the range before it, of the same resource, ended
    default_start = sum(before.byte_range) if before and before.byte_range and before.uri == piece.uri else None
    return replace(piece, byte_range=_read_byte_range(entry["byterange"], default_start))


def _read_init(raw: list[dict[str, Any]]) -> Piece | None:
    sections = [entry.get("init_section") for entry in raw]
    section = sections[0]
    if any(other != section for other in sections):
        raise PlaylistUnsupported("the segments have different initialisation sections")
    if not section:
        return None
    if any(entry.get("discontinuity") for entry in raw[1:]):
        raise PlaylistUnsupported("fMP4 segments with discontinuities cannot be joined")
    if not section.get("uri"):
        raise PlaylistUnsupported("the initialisation section has no URI")
    key = raw[0].get("key") or {}
    byte_range = _read_byte_range(section["byterange"], 0) if section.get("byterange") else None
    # RFC 8216, 4.3.2.5: an encrypted section needs a key with an explicit IV
    return Piece(uri=section["uri"], byte_range=byte_range, key=_read_key(key, 0) if key.get("iv") else None)


def _read_key(attributes: dict[str, str] | None, number: int) -> Key | None:
    if not attributes or attributes.get("method") == "NONE":
        return None
    method = attributes.get("method")
    if method != "AES-128" or attributes.get("keyformat", "identity") != "identity":
        raise PlaylistUnsupported("the segments are encrypted with a method other than AES-128")
    if not attributes.get("uri"):
        raise PlaylistUnsupported("the key has no URI")
    if not attributes.get("iv"):
        return Key(uri=attributes["uri"], iv=(number % (1 << 128)).to_bytes(_IV_BYTES, "big"))
    digits = _HEX_IV.fullmatch(attributes["iv"])
    if digits is None:
        raise PlaylistUnsupported("the key's IV is not a hexadecimal number")
    return Key(uri=attributes["uri"], iv=int(digits[1], 16).to_bytes(_IV_BYTES, "big"))


def _read_byte_range(text: str, default_start: int | None) -> tuple[int, int]:
    found = _BYTE_RANGE.fullmatch(text.strip())
    start = int(found[2]) if found and found[2] else default_start
    if found is None or start is None or int(found[1]) == 0:
        raise PlaylistUnsupported("a byte range is malformed")
    return start, int(found[1])
