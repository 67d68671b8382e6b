from __future__ import annotations

from dataclasses import replace

import pytest
from tests.pngs import png

from vodpull.media.inspect.watermark_picture import read_still
from vodpull.media.plan.burnt_in.watermark_place import Rectangle, Watermark, place_watermark

MARK = Watermark(file="logo.png", picture=read_still(png(40, 20)), width_percent=10, margin_percent=5)


@pytest.mark.parametrize(
    ("corner", "left", "top"),
    [("top-left", 36, 36), ("top-right", 1116, 36), ("bottom-left", 36, 620), ("bottom-right", 1116, 620)],
)
def test_it_lies_in_its_corner_with_the_same_distance_from_both_edges(corner: str, left: int, top: int) -> None:
    found = place_watermark(replace(MARK, corner=corner), (1280, 720))  # type: ignore[arg-type]
    assert found == Rectangle(left_px=left, top_px=top, width_px=128, height_px=64)


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (640, 360), (16, 16), (8192, 16), (16, 8192)])
@pytest.mark.parametrize("shape", [(40, 20), (2, 800), (800, 2)])
@pytest.mark.parametrize(("width_percent", "margin_percent"), [(1, 0), (50, 40), (12, 3)])
def test_it_is_even_and_inside_whatever_its_shape(
    size: tuple[int, int], shape: tuple[int, int], width_percent: float, margin_percent: float
) -> None:
    mark = Watermark(
        file="logo.png",
        picture=read_still(png(*shape)),
        width_percent=width_percent,
        margin_percent=margin_percent,
        corner="bottom-right",
    )
    found = place_watermark(mark, size)
    assert min(found.left_px, found.top_px) >= 0
    assert found.left_px + found.width_px <= size[0]
    assert found.top_px + found.height_px <= size[1]
    assert not any(value % 2 for value in (found.left_px, found.top_px, found.width_px, found.height_px))


def test_it_is_as_large_in_each_size() -> None:
    wide, small = place_watermark(MARK, (1920, 1080)), place_watermark(MARK, (640, 360))
    assert (wide.width_px, wide.left_px) == (3 * small.width_px, 3 * small.left_px)
