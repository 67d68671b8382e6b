from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.media.pipeline import Maker
from tests.pngs import png

from vodpull.errors import MediaError, MediaTooLarge, MediaUnsupported, NotMedia
from vodpull.media import MAX_COVER_BYTES, Toolbox, make_cover
from vodpull.media.inspect.jpeg import jpeg_size

LOOK = ("-f", "lavfi", "-i", "testsrc2=s=101x57:d=0.04", "-frames:v", "1")


async def cover(picture: Path, toolbox: Toolbox) -> tuple[int, int] | None:
    folder = picture.with_suffix(".out")
    folder.mkdir()
    return jpeg_size(await make_cover(picture, folder, toolbox=toolbox))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
async def test_a_picture_of_each_kind_is_written_anew_and_damage_is_refused(
    name: str, make_clip: Maker, toolbox: Toolbox, tmp_path: Path
) -> None:
    whole = await make_clip(name, *LOOK)
    assert await cover(whole, toolbox) == (100, 56)
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(NotMedia):
        await cover(cut, toolbox)


async def test_a_large_picture_becomes_smaller_and_what_is_transparent_black(toolbox: Toolbox, tmp_path: Path) -> None:
    file = tmp_path / "large.png"
    file.write_bytes(png(2400, 20, lambda _x, _y: (255, 255, 255, 0)))
    assert await cover(file, toolbox) == (1920, 16)
    assert (file.with_suffix(".out") / "cover.jpg").stat().st_size < 2000


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", NotMedia),
        (lambda: b"", NotMedia),
        (lambda: b"GIF89a" + bytes(100), NotMedia),
        (lambda: png(2, 2).replace(b"\0\0\0\2\0\0\0\2", b"\0\1\0\0\0\1\0\0"), NotMedia),
        (lambda: b"\xff\xd8" + bytes(MAX_COVER_BYTES), MediaTooLarge),
    ],
    ids=["drawing", "empty", "animation", "bomb", "long"],
)
async def test_what_is_no_picture_or_too_large_is_refused(
    make: Callable[[], bytes], error: type[MediaError], toolbox: Toolbox, tmp_path: Path
) -> None:
    file = tmp_path / "hostile.jpg"
    file.write_bytes(make())
    with pytest.raises(error):
        await cover(file, toolbox)


async def test_without_the_sandbox_only_jpeg_is_decoded(toolbox: Toolbox, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(png(4, 4))
    with pytest.raises(MediaUnsupported):
        await cover(file, replace(toolbox, sandbox="limits"))
