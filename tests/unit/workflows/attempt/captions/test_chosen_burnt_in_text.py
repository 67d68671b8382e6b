from __future__ import annotations

import pytest

from vodpull.media import BurntText, TextStream
from vodpull.workflows.attempt.captions.chosen_burnt_in_text import chosen
from vodpull.workflows.attempt.captions.source_texts import warnings_of


def track(index: int, language: str | None, *, is_forced: bool = False) -> TextStream:
    return TextStream(
        index=index,
        codec="subrip",
        language=language,
        title="",
        is_default=False,
        is_forced=is_forced,
        is_for_deaf=False,
    )


TRACKS = (track(2, None), track(3, "eng"), track(4, "zh-Hans"), track(5, "ger", is_forced=True), track(6, "eng"))


@pytest.mark.parametrize(
    ("wanted", "index"), [("en", 3), ("zh", 4), ("zh-Hans", 4), ("forced", 5), ("de", 5), ("zh-Hant", None), ("", None)]
)
def test_a_template_chooses_the_first_track_that_fits(wanted: str, index: int | None) -> None:
    found = chosen(TRACKS, wanted)
    assert (found and found.index) == index


def test_letters_that_no_font_has_are_told() -> None:
    assert warnings_of(None) == warnings_of(BurntText(script="")) == ()
    [told] = warnings_of(BurntText(script="", missing="한글"))
    assert told.code == "letters_missing"
    assert "2 letters" in told.message
    assert "한" in told.message
