from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from vodpull.media.confined.comparison.fingerprint_overlay import Overlay, Texts
from vodpull.media.verify import likeness
from vodpull.media.verify.likeness import CELLS, COLUMNS, ROWS

COVER = tuple(0.5 if at in {40, 41} else 0.0 for at in range(CELLS))
MARK = Overlay(cover=COVER, light=tuple(100.0 if share else 0.0 for share in COVER))
BARE = bytes(60 + at % 7 for at in range(CELLS))


def test_a_watermark_covers_its_cells_and_no_others() -> None:
    covered = MARK.over(BARE)
    assert {at for at in range(CELLS) if covered[at] != BARE[at]} == MARK.cells == {40, 41}
    assert covered[40] == round(BARE[40] / 2 + 100)


def test_drawn_text_is_read_as_it_lies_over_the_cells(tmp_path: Path) -> None:
    columns, rows = COLUMNS * 3, ROWS * 3
    half, clear = bytes((100, 100, 100, 128)), bytes(4)
    first = b"".join(half if row < 3 and column < 3 else clear for row in range(rows) for column in range(columns))
    second = b"".join(half if row < 3 and column < 6 else clear for row in range(rows) for column in range(columns))
    (tmp_path / "texts").write_bytes(first + first + second)
    tools = SimpleNamespace(likeness=likeness)
    texts = Texts(tools, tmp_path / "texts", numbers=(7, 8, 9), columns=columns, rows=rows)
    steady, hidden = texts.over(range(5, 9), 1.0, 1.0)
    assert (set(steady.cells), set(hidden)) == ({0}, set())
    assert steady.over(bytes([200] * CELLS))[0] == pytest.approx(200 / 2 + 100, abs=2)
    steady, hidden = texts.over(range(5, 12), 1.0, 1.0)
    assert (set(steady.cells), set(hidden)) == ({0}, {1})
