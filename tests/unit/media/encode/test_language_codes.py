from __future__ import annotations

import pytest

from vodpull.media.encode.language_codes import bcp_47, own_name


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("eng", "en"),
        ("fre", "fr"),
        ("fra", "fr"),
        ("ger", "de"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("pt_BR", "pt-BR"),
        ("chi-TW", "zh-TW"),
        ("es-419", "es-419"),
        ("yue", "yue"),
        ("und", None),
        ("zxx", None),
        ("", None),
        ('en",URI="x', None),
        ("english", None),
    ],
)
def test_the_tag_of_a_language(said: str, tag: str | None) -> None:
    assert bcp_47(said) == tag


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("eng", "English"),
        ("fre", "Français"),
        ("pt_br", "Português (Brasil)"),
        ("qya", "qya"),
        ("und", None),
        ("", None),
    ],
)
def test_a_language_is_called_as_its_speakers_do(said: str, name: str | None) -> None:
    assert own_name(said) == name
