"""
What makes a line of a list that is sent here a video, and what its members mean, whichever form the list has. Pure.

The forms: `csv_and_jsonl.py`; what makes an object of a bucket one: `buckets_and_folders.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from vodpull.captions import language_tag
from vodpull.errors import ParameterError
from vodpull.imports.entries import Entry, EntryCaption
from vodpull.imports.entry_limits import (
    LAST_MS,
    MAX_CATEGORIES,
    MAX_CATEGORY,
    MAX_DESCRIPTION,
    MAX_DURATION_MS,
    MAX_LABEL,
    MAX_NAME,
    MAX_ORIGIN_BYTES,
    MAX_REVISION,
    MAX_SIZE,
)
from vodpull.imports.listers.json_values import records, time_ms, whole
from vodpull.jobs.store.caption_count_limit import MAX_CAPTIONS
from vodpull.url_limits import MAX_URL_CHARACTERS

_URL = re.compile(r"(?:https?|s3|gs|az|file)://[^/\s]|[a-z][a-z0-9-]{0,62}:[^/\\]", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_VIDEO_ID = re.compile("[0-9A-Fa-f]{32}", re.ASCII)
_TRUE, _FALSE = {"true", "1", "yes", "y"}, {"", "false", "0", "no", "n"}

Members = Mapping[str, Any]


class Unfit(ValueError):
    """Why a line is no video."""


def read_members(members: Members) -> Entry:
    """
    Return the video that a line tells of.

    Raises:
        Unfit: it is none, or the service would not take it.
    """
    url, video_id = _url(members, "url"), _word(members, "video_id", 64)
    if video_id and not _VIDEO_ID.fullmatch(video_id):
        raise Unfit("its video_id is not 32 hexadecimal digits")
    created = members.get("created_at")
    return Entry(
        origin_id=_id(members, video_id or url),
        url=url,
        name=_word(members, "name", MAX_NAME),
        video_id=video_id or None,
        description=_word(members, "description", MAX_DESCRIPTION),
        categories=_categories(members.get("categories")),
        created_at=None if created is None or created == "" else _time(created),
        blocked=_flag(members.get("blocked")),
        playback=_playback(members),
        captions=_captions(members.get("captions")),
        poster_url=_word(members, "poster_url", MAX_URL_CHARACTERS) or None,
        size=_size(members.get("size")),
        duration_ms=_duration(members.get("duration")),
        revision=_word(members, "revision", MAX_REVISION),
    )


def _url(members: Members, name: str) -> str:
    url = _word(members, name, MAX_URL_CHARACTERS)
    if not url:
        raise Unfit(f"it has no {name}")
    if not _URL.match(url) or _CONTROL.search(url):
        raise Unfit(f"its {name} is none: write http, https, or s3://name/key of a store that the service has")
    return url


def _id(members: Members, otherwise: str) -> str:
    told = _word(members, "id", MAX_ORIGIN_BYTES)
    if len((told or otherwise).encode()) > MAX_ORIGIN_BYTES:
        raise Unfit(f"its id, or the url in its place, is longer than {MAX_ORIGIN_BYTES} bytes: give it a shorter id")
    return told or otherwise


def _word(members: Members, name: str, longest: int) -> str:
    value = members.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise Unfit(f"{name} is no text")
    if re.search("[\ud800-\udfff]", value or ""):
        raise Unfit(f"{name} has bytes that are no text in the encoding of the file")
    word = (value or "").strip()
    if len(word) > longest or "\x00" in word:
        raise Unfit(f"{name} is longer than {longest} characters, or has a NUL")
    return word


def _time(value: object) -> int:
    found = time_ms(value)
    if found is None or not 0 <= found <= LAST_MS:
        raise Unfit("created_at is no time since 1970: write 2024-05-31T12:00:00Z, or seconds since 1970")
    return found


def _flag(value: object) -> bool:
    word = str(value if value is not None else "").strip().lower()
    if word not in _TRUE | _FALSE:
        raise Unfit("blocked is neither true nor false")
    return word in _TRUE


def _size(value: object) -> int | None:
    """Return a size, which is a hint only: what is no number of bytes counts as unknown."""
    found = whole(value)
    return found if found is not None and found <= MAX_SIZE else None


def _duration(value: object) -> int | None:
    found = whole(value)
    return None if found is None or found * 1000 > MAX_DURATION_MS else round(float(str(value)) * 1000)


def _playback(members: Members) -> Literal["", "public", "signed"]:
    word = _word(members, "playback", MAX_NAME).lower()
    if word not in {"", "public", "signed"}:
        raise Unfit("playback is neither public nor signed")
    return "signed" if word == "signed" else "public" if word else ""


def _categories(value: object) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value or []
    if not isinstance(names, list) or len(names) > MAX_CATEGORIES or not all(isinstance(name, str) for name in names):
        raise Unfit(f"categories are no list of at most {MAX_CATEGORIES} names")
    return tuple(_word({"a category": name}, "a category", MAX_CATEGORY) for name in names if name.strip())


def _captions(value: object) -> tuple[EntryCaption, ...]:
    found = records(value)
    if value and (not isinstance(value, list) or len(found) != len(value) or len(found) > MAX_CAPTIONS):
        raise Unfit(f"captions are no list of at most {MAX_CAPTIONS} files")
    kept: dict[str, EntryCaption] = {}
    for each in found:
        caption = _caption(each)
        if caption.language in kept or (caption.default and any(other.default for other in kept.values())):
            raise Unfit("captions have a language twice, or several are the default")
        kept[caption.language] = caption
    return tuple(kept.values())


def _caption(members: Members) -> EntryCaption:
    try:
        url, language = _url(members, "url"), language_tag(_word(members, "language", MAX_NAME))
    except (Unfit, ParameterError):
        how = "in CSV en=https://host/file.vtt, several parted by blanks; a language is as en, pt-BR or zh-Hant"
        raise Unfit(f"captions need url and language: {how}") from None
    label = _word(members, "label", MAX_LABEL)
    return EntryCaption(url=url, language=language, label=label, default=members.get("default") is True)
