"""Which variant of a multivariant playlist is fetched, with which of its sounds and subtitles. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vodpull.errors import PlaylistUnsupported

# Each becomes a file of its own; what is published of them: `media/source_limits.py`.
MAX_FETCHED_SOUNDS = 64
# More subtitles are left out, as they are of a file.
MAX_FETCHED_TEXTS = 32
# First parts of the codec names of RFC 6381 that FFmpeg decodes: pictures, sound, and text, which is not fetched.
# Not in it: Dolby Vision whose base layer alone has false colours (dvh1, dvhe, dav1), AC-4, MPEG-H, DTS:X, APAC, VVC.
_PICTURES = frozenset({"avc1", "avc3", "hvc1", "hev1", "vp08", "vp8", "vp09", "vp9", "av01", "mp4v"})
_DECODED = _PICTURES | {"mp4a", "ac-3", "ec-3", "opus", "flac", "alac", "mp3", "vorbis", "dtsc", "dtsh", "dtsl"}
_DECODED |= {"stpp", "wvtt", "tx3g", "c608", "c708"}


@dataclass(frozen=True, kw_only=True)
class SoundChoice:
    """One sound rendition of a variant's group."""

    uri: str | None
    """None: it is in the variant itself."""
    language: str = ""
    """As the playlist writes it, by BCP 47."""
    name: str = ""
    characteristics: frozenset[str] = frozenset()
    """What it is for, as the playlist writes it."""


@dataclass(frozen=True, kw_only=True)
class TextChoice:
    """One subtitle rendition of a variant's group."""

    uri: str
    language: str = ""
    """As the playlist writes it, by BCP 47."""
    name: str = ""
    is_default: bool = False
    is_forced: bool = False
    characteristics: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class VariantChoice:
    """The best variant of a multivariant playlist."""

    video_uri: str
    sounds: tuple[SoundChoice, ...] = ()
    """All sounds of its group, the default one at the front; empty: the variant has what there is."""
    texts: tuple[TextChoice, ...] = ()
    """The subtitles of its group, each playlist once."""


def choose_variant(data: dict[str, Any]) -> VariantChoice:
    """
    Return the best variant of those that can be used; `data` is the playlist as the parser gives it.

    Raises:
        PlaylistUnsupported: it has too many sounds.
    """
    groups, texts = _groups(data, "AUDIO"), _groups(data, "SUBTITLES")
    best = max(data["playlists"], key=lambda variant: (*_usable(variant, groups), *_size(variant)))
    renditions = groups.get(_unquoted(best["stream_info"].get("audio")), [])
    subtitles = texts.get(_unquoted(best["stream_info"].get("subtitles")), [])
    return VariantChoice(
        video_uri=best["uri"],
        sounds=_sounds(renditions, best["uri"]),
        texts=tuple(_texts(subtitles))[:MAX_FETCHED_TEXTS],
    )


def _groups(data: dict[str, Any], kind: str) -> dict[str | None, list[dict[str, Any]]]:
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for media in data["media"]:
        if media.get("type") == kind:
            groups.setdefault(media.get("group_id"), []).append(media)
    return groups


def _texts(renditions: list[dict[str, Any]]) -> Iterator[TextChoice]:
    seen: set[str] = set()
    for media in renditions:
        uri = media.get("uri")
        if uri and uri not in seen:
            seen.add(uri)
            yield TextChoice(
                uri=uri,
                language=media.get("language") or "",
                name=media.get("name") or "",
                is_default=media.get("default") == "YES",
                is_forced=media.get("forced") == "YES",
                characteristics=_characteristics(media),
            )


def _characteristics(media: dict[str, Any]) -> frozenset[str]:
    said = (media.get("characteristics") or "").split(",")
    return frozenset(filter(None, map(str.strip, said)))


def _sounds(renditions: list[dict[str, Any]], video_uri: str) -> tuple[SoundChoice, ...]:
    """Return the renditions of a group, the default at the front, and none of them twice."""
    ranked = sorted(renditions, key=lambda media: (media.get("default") != "YES", media.get("autoselect") != "YES"))
    # Only the first is played by itself: the others stay as they were listed.
    ordered = ranked[:1] + [media for media in renditions if media is not ranked[0]]
    sounds: dict[tuple[str | None, str], SoundChoice] = {}
    for media in ordered:
        uri, name = media.get("uri") or None, media.get("name") or ""
        uri = uri if uri != video_uri else None
        # Those without a URI differ in name only.
        choice = SoundChoice(
            uri=uri, language=media.get("language") or "", name=name, characteristics=_characteristics(media)
        )
        sounds.setdefault((uri, "" if uri else name), choice)
    if sum(sound.uri is not None for sound in sounds.values()) > MAX_FETCHED_SOUNDS:
        raise PlaylistUnsupported(
            f"the playlist has more than {MAX_FETCHED_SOUNDS} sound renditions beside one picture"
        )
    return tuple(sounds.values())


def _usable(variant: dict[str, Any], groups: Mapping[str | None, object]) -> tuple[int, bool, bool]:
    """
    Return what goes before size: fewest codecs that are not decoded, a picture, and sound that is in the playlist.

    A variant that names no codecs may have any. If none can be used, the best is tried all the same: names lie.
    """
    info = variant["stream_info"]
    names = [name.strip().lower() for name in str(_unquoted(info.get("codecs")) or "").split(",") if name.strip()]
    known = [name.partition(".")[0] for name in names]
    undecoded = sum(name not in _DECODED for name in known)
    has_picture = not known or "resolution" in info or any(name in _PICTURES for name in known)
    group = _unquoted(info.get("audio"))
    return -undecoded, has_picture, group is None or group in groups


def _size(variant: dict[str, Any]) -> tuple[int, int]:
    info = variant["stream_info"]
    numbers = re.findall(r"[0-9]{1,5}", str(info.get("resolution", "")))
    bandwidth_bps = int(info.get("bandwidth", 0))
    return bandwidth_bps, int(numbers[0]) * int(numbers[1]) if len(numbers) > 1 else 0


def _unquoted(text: str | None) -> str | None:
    return text.strip('"') if text else None
