from __future__ import annotations

from pathlib import Path

import pytest

from vodpull.media.mp4.boxes import box_names


def box(name: bytes, body: bytes = b"") -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + name + body


WHOLE = box(b"styp", b"x" * 8) + box(b"moof", b"y" * 20) + box(b"mdat", b"z" * 100)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (WHOLE, ("styp", "moof", "mdat")),
        ((1).to_bytes(4, "big") + b"mdat" + (24).to_bytes(8, "big") + b"x" * 8, ("mdat",)),
        (WHOLE[:-1], None),
        (WHOLE[:40], None),
        (WHOLE + b"\0\0\0", None),
        (b"\0\0\0\0mdat", None),
        (b"", ()),
        (box(b"free") * 100, None),
    ],
)
def test_only_boxes_that_fill_the_file_count(tmp_path: Path, content: bytes, expected: tuple[str, ...] | None) -> None:
    (tmp_path / "segment").write_bytes(content)
    assert box_names(tmp_path / "segment") == expected
