from __future__ import annotations

from pathlib import Path

import pytest

from vodpull.media.inspect.jpeg import jpeg_size

COMMENT = b"\xff\xfe\x00\x05abc"
FRAME = b"\xff\xc0\x00\x0b\x08" + (450).to_bytes(2, "big") + (800).to_bytes(2, "big") + b"\x01\x01\x11\x00"
WHOLE = b"\xff\xd8" + COMMENT + FRAME + b"pixels" + b"\xff\xd9"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "a.jpg"
    path.write_bytes(content)
    return path


def test_the_size_is_found_behind_comments(tmp_path: Path) -> None:
    assert jpeg_size(written(tmp_path, WHOLE)) == (800, 450)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xd9", WHOLE[:-1], WHOLE[2:], b"\x89PNG" + WHOLE,
     b"\xff\xd8" + 9 * b"\xff\xfe\x00\x00" + b"\xff\xd9", b"\xff\xd8" + COMMENT + b"\xff\xd9"],
)  # fmt: skip
def test_what_is_no_whole_jpeg_has_no_size(tmp_path: Path, content: bytes) -> None:
    assert jpeg_size(written(tmp_path, content)) is None
