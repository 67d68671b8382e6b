from __future__ import annotations

import pytest

from vodpull.media.encode.languages import bcp_47


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
