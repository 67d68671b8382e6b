"""
The words of the pages in the visitor's language, and which language that is.

From gettext catalogues (Babel); English is the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from babel.messages.pofile import read_po

from vodpull.console.byte_sizes import as_bytes

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

Say = Callable[[str], str]
"""Returns an English text of the catalogue in one language. Its calls with literals are what Babel collects."""


def say_in(language: Language) -> Say:
    """Return the translator of a language; a text that the catalogue lacks stays as it is."""
    known = _catalogue(language)

    def say(text: str) -> str:
        return known.get(text) or text

    return say


def retell(text: str, say: Say) -> str:
    """
    Return a sentence with numbers in it (`line 3 is …`) in another language.

    The catalogue has it with `{}` in place of each number and `…` in place of a name in quotes, or its beginning with
    `…` for the rest, which is retold or is a name; a host and a colon may stand before it. Of several sentences with
    `; ` between them each is retold; one that the catalogue lacks stays as it is. Large numbers of bytes are told in
    the unit that fits.
    """
    told = _known(text, say) or "; ".join(_retold(sentence, say) for sentence in text.split("; "))
    return _BYTES.sub(lambda found: as_bytes(int(found[1])), told)


def _known(text: str, say: Say) -> str:
    """Return a sentence that the catalogue has, as it is or with `{}` in place of its numbers; else nothing."""
    exact, sentence = say(text), _NUMBER.sub("{}", text)
    if exact != text:
        return exact
    told = say(sentence)
    return "" if told == sentence else told.format(*_NUMBER.findall(text))


def _retold(text: str, say: Say) -> str:
    told = _known(text, say)
    if told:
        return told
    for joint in _JOINTS:
        before, found, rest = text.partition(joint)
        told = _known(f"{before}{found}…", say) if found else ""
        if told:
            return told.replace("…", _retold(rest, say))
    quoted = _QUOTED.search(text)
    told = _known(text.replace(quoted[0], "…", 1), say) if quoted else ""
    if quoted and told:
        return told.replace("…", quoted[0])
    before, found, rest = text.partition(": ")
    return f"{before}{found}{_retold(rest, say)}" if found else text


# After these a sentence may have a rest of its own: `encoded: …`, `the picture is …`.
_JOINTS = (": ", " is ", " are ", " has ")
# A name as Python writes it.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


# Not the digits of names such as md5; `960x540` has two numbers.
_NUMBER = re.compile(r"(?<![A-WYZa-wyz\d])\d+(?:\.\d+)?")


# In either language; few are told one by one.
_BYTES = re.compile(r"(?<![\w.])(\d{5,}) (?:bytes\b|字节)")


def choose_language(cookie: str, accept_language: str) -> Language:
    """Return the language that a visitor chose, else the one that the browser likes best of ours, else English."""
    for language in LANGUAGES:
        if cookie == language:
            return language
    ranked = sorted(_preferences(accept_language), key=lambda preference: -preference[1])
    return next((ours for theirs, quality in ranked if quality > 0 for ours in LANGUAGES if theirs == ours), "en")


def _preferences(header: str) -> list[tuple[str, float]]:
    """Read `Accept-Language` (RFC 9110 §12.5.4), primary tags only; what cannot be read is not preferred."""
    found = []
    for part in header[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        found.append((tag.strip().lower().partition("-")[0], _quality(parameter.strip().removeprefix("q="))))
    return found


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


@cache
def _catalogue(language: Language) -> dict[str, str]:
    if language == "en":
        return {}
    with (files("vodpull.console") / "locale" / f"{language}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}
