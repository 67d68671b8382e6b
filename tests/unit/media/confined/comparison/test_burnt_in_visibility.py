from __future__ import annotations

from dataclasses import replace

import pytest

from vodpull.media.confined.comparison.burnt_in_visibility import Layers
from vodpull.media.confined.comparison.fingerprint_overlay import Overlay
from vodpull.media.verify.likeness import CELLS, compare_sights

COVER = tuple(0.5 if at in {40, 41} else 0.0 for at in range(CELLS))
MARK = Overlay(cover=COVER, light=tuple(100.0 if share else 0.0 for share in COVER))
TEXT_COVER = tuple(0.4 if at in {41, 42} else 0.0 for at in range(CELLS))
TEXT = Overlay(cover=TEXT_COVER, light=tuple(2.5 * 40 if share else 0.0 for share in TEXT_COVER))
ALONE = Layers(layers={"watermark": MARK})
BOTH = Layers(layers={"watermark": MARK, "text": TEXT})
BARE = bytes(60 + at % 7 for at in range(CELLS))


def changed(share: float) -> bytes:
    """Return what is shown when so much of the watermark is there."""
    return bytes(round(low + share * (high - low)) for low, high in zip(BARE, MARK.over(BARE), strict=True))


def test_it_is_demanded_where_it_can_be_told_from_what_is_below() -> None:
    assert ALONE.judged([(changed(1.0), BARE)], fitted=False) == ({"watermark": 1.0}, "")
    assert ALONE.judged([(BARE, BARE)], fitted=False) == ({"watermark": 0.0}, "the watermark is missing")
    assert ALONE.judged([(changed(0.3), BARE)], fitted=False)[1] == "the watermark is missing"
    assert ALONE.judged([(changed(1.8), BARE)], fitted=False)[1] == "the watermark is too strong"
    alike = bytes([200] * CELLS)
    assert ALONE.judged([(alike, alike)], fitted=False) == ({"watermark": None}, "")
    noisy = bytes(value + 30 * (at % 2) for at, value in enumerate(BARE))
    lost = ALONE.judged([(noisy, BARE)], fitted=True)
    assert lost == ({"watermark": None}, ""), "it is lost in what differs elsewhere"


def test_what_lies_beside_it_is_compared_as_strictly_as_without() -> None:
    source = [(number / 25, BARE) for number in range(-3, 4)]
    shown = [(number / 25, changed(1.0)) for number in range(-1, 2)]
    good = compare_sights(shown, source, frame_s=0.04, fitted=False, overlay=ALONE)
    assert (good.wrong, good.levels, good.mark) == ("", 0.0, 1.0)
    other = bytes(value if at in MARK.cells else 255 - value for at, value in enumerate(changed(1.0)))
    wrong = compare_sights([(time, other) for time, _ in shown], source, frame_s=0.04, fitted=False, overlay=ALONE)
    assert "differs" in wrong.wrong
    assert compare_sights(shown, source, frame_s=0.04, fitted=False).mark is None


def test_each_of_two_layers_is_demanded_for_itself() -> None:
    assert BOTH.judged([(BOTH.over(BARE), BARE)], fitted=False) == ({"watermark": 1.0, "text": 1.0}, "")
    seen, wrong = BOTH.judged([(MARK.over(BARE), BARE)], fitted=False)
    assert (seen["text"], wrong) == (0.0, "the text is missing")
    _, wrong = BOTH.judged([(TEXT.over(BARE), BARE)], fitted=False)
    assert wrong == "the watermark is missing"


def test_where_text_changes_nothing_is_told_and_all_else_is() -> None:
    source = [(number / 25, BARE) for number in range(-3, 4)]
    changing = Layers(layers={"text": Overlay(cover=(0.0,) * CELLS, light=(0.0,) * CELLS)}, hidden=TEXT.cells)
    shown = [(number / 25, TEXT.over(BARE) if number else BARE) for number in range(-1, 2)]
    good = compare_sights(shown, source, frame_s=0.04, fitted=False, overlay=changing)
    assert (good.wrong, good.levels, good.text) == ("", 0.0, None)
    other = [(time, bytes(255 - value for value in seen)) for time, seen in shown]
    assert "differs" in compare_sights(other, source, frame_s=0.04, fitted=False, overlay=changing).wrong


def test_which_cells_are_covered_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Overlay] = []

    def counted(overlay: Overlay) -> frozenset[int]:
        found.append(overlay)
        return frozenset({40, 41})

    monkeypatch.setattr(Overlay.cells, "func", counted)
    mark, text = replace(MARK), replace(TEXT)
    for _ in range(2):
        Layers(layers={"watermark": mark, "text": text}).judged([(BARE, BARE)] * 3, fitted=False)
    assert sorted(map(id, found)) == sorted(map(id, (mark, text)))
