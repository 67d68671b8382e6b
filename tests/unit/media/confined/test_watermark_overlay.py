from __future__ import annotations

from vodpull.media.confined.mark import Overlay
from vodpull.media.verify.likeness import CELLS, compare_sights

COVER = tuple(0.5 if at in {40, 41} else 0.0 for at in range(CELLS))
MARK = Overlay(cover=COVER, light=tuple(100.0 if share else 0.0 for share in COVER))
BARE = bytes(60 + at % 7 for at in range(CELLS))


def changed(share: float) -> bytes:
    """Return what is shown when so much of the watermark is there."""
    return bytes(round(low + share * (high - low)) for low, high in zip(BARE, MARK.over(BARE), strict=True))


def test_a_watermark_covers_its_cells_and_no_others() -> None:
    covered = MARK.over(BARE)
    assert {at for at in range(CELLS) if covered[at] != BARE[at]} == MARK.cells == {40, 41}
    assert covered[40] == round(BARE[40] / 2 + 100)


def test_it_is_demanded_where_it_can_be_told_from_what_is_below() -> None:
    assert MARK.judged([(changed(1.0), BARE)], fitted=False) == (1.0, "")
    assert MARK.judged([(BARE, BARE)], fitted=False) == (0.0, "the watermark is missing")
    assert MARK.judged([(changed(0.3), BARE)], fitted=False)[1] == "the watermark is missing"
    assert MARK.judged([(changed(1.8), BARE)], fitted=False)[1] == "the watermark is too strong"
    alike = bytes([200] * CELLS)
    assert MARK.judged([(alike, alike)], fitted=False) == (None, "")
    noisy = bytes(value + 30 * (at % 2) for at, value in enumerate(BARE))
    assert MARK.judged([(noisy, BARE)], fitted=True) == (None, ""), "it is lost in what differs elsewhere"


def test_what_lies_beside_it_is_compared_as_strictly_as_without() -> None:
    source = [(number / 25, BARE) for number in range(-3, 4)]
    shown = [(number / 25, changed(1.0)) for number in range(-1, 2)]
    good = compare_sights(shown, source, frame_s=0.04, fitted=False, overlay=MARK)
    assert (good.wrong, good.levels, good.mark) == ("", 0.0, 1.0)
    other = bytes(value if at in MARK.cells else 255 - value for at, value in enumerate(changed(1.0)))
    wrong = compare_sights([(time, other) for time, _ in shown], source, frame_s=0.04, fitted=False, overlay=MARK)
    assert "differs" in wrong.wrong
    assert compare_sights(shown, source, frame_s=0.04, fitted=False).mark is None
