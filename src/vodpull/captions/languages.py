"""
Languages of text tracks: tags of BCP 47, however they were written, and their own names. Pure.

Those of sound tracks, which MP4 writes by ISO 639-2, are in `media/encode/language_codes.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from babel.core import Locale, UnknownLocaleError, get_global

from vodpull.errors import ParameterError

MAX_TAG_CHARACTERS = 35
"""As long as BCP 47 wants everybody to take."""

SPOKEN_ON_THE_WIRE: Mapping[str, tuple[str, str]] = {
    "cn": ("zh-CN", "中文"),
    "en-US": ("en-US", "English"),
    "ja": ("ja", "日本語"),
    "zh-tw": ("zh-TW", "繁體中文"),
    "fr": ("fr", "Français"),
    "de": ("de", "Deutsch"),
    "es": ("es", "Español"),
    "pt": ("pt", "Português"),
    "ru": ("ru", "Русский"),
    "ko": ("ko", "한국어"),
    "th": ("th", "ไทย"),
    "vt": ("vi", "Tiếng Việt"),
    "id": ("id", "Bahasa Indonesia"),
}
"""The codes of the vendor's player: tag and name (spec vectors, encodings.json)."""

_TAG = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?"
    r"(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[a-wy-z](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)
_SCRIPT_LETTERS, _REGION_LETTERS = 4, 2
_PRIVATE = "-x-"
FOR_DEAF = "-x-sdh"
"""How a tag ends that means text which tells what is heard, too."""


def language_tag(written: str) -> str:
    """
    Return a tag in its usual form: `ENG` is `en`, `pt_br` is `pt-BR`.

    Raises:
        ParameterError: it is none.
    """
    text = written.strip().replace("_", "-")
    if len(text) > MAX_TAG_CHARACTERS or not text.isascii() or not _TAG.fullmatch(text):
        raise ParameterError("a language is a tag of BCP 47, such as en, pt-BR or zh-Hant", field="language")
    first, *rest = text.lower().split("-")
    shorter = get_global("language_aliases").get(first, first)
    tag = [shorter if isinstance(shorter, str) and shorter.isalpha() else first]
    for number, part in enumerate(rest):
        if len(part) == 1:  # what comes behind is nobody's to spell
            return "-".join([*tag, *rest[number:]])
        tag.append(_spelt(part))
    return "-".join(tag)


def _spelt(part: str) -> str:
    if len(part) == _SCRIPT_LETTERS and part.isalpha():
        return part.capitalize()
    return part.upper() if len(part) == _REGION_LETTERS else part


def public_tag(tag: str) -> str:
    """Return a tag without what only we mean by it, for playlists."""
    return tag.partition(_PRIVATE)[0]


def is_for_deaf(tag: str) -> bool:
    """Tell whether a tag means text that tells what is heard, too."""
    return tag.endswith(FOR_DEAF)


def language_name(tag: str) -> str:
    """Return what those who speak a language call it; the tag itself where that is not known."""
    public = public_tag(tag)
    known = dict(SPOKEN_ON_THE_WIRE.values())
    if public in known:
        return known[public]
    try:
        name = Locale.parse(public, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError, TypeError):
        name = None
    return f"{name[0].upper()}{name[1:]}" if name else public
