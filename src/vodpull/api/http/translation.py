"""The words of replies, from gettext catalogues (Babel), in the language that `settings.py` has for all of them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

Language = Literal["zh", "en"]


def translate(text: str, language: Language) -> str:
    """Return an English text of the catalogue in a language; a text that the catalogue lacks stays as it is."""
    if language == "en":
        return text
    found = _catalogue(language).get(text)
    return str(found.string) if found is not None and found.string else text


@cache
def _catalogue(language: Language) -> Catalog:
    with (files("vodpull.api") / "locale" / f"{language}.po").open("rb") as file:
        return read_po(file)
