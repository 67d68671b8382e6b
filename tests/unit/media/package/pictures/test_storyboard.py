from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest

from vodpull.media import MediaInfo, plan_ladder
from vodpull.media.package.pictures.storyboard import (
    Storyboard,
    plan_storyboard,
    read_storyboard,
    storyboard_index,
)
from vodpull.media.package.playlists.hls import Segment

Source = Callable[..., MediaInfo]
Golden = Callable[[str, Sequence[str]], None]


@pytest.fixture
def plan(source: Source) -> Callable[..., Storyboard]:
    def make(segments: int, *, last_s: float = 4.004, width_px: int = 640, height_px: int = 360) -> Storyboard:
        rung = plan_ladder(source(width_px=width_px, height_px=height_px)).rungs[-1]
        durations_s = [4.004] * (segments - 1) + [last_s]
        cuts = [Segment(uri=str(number), duration_s=cut_s, size_bytes=1) for number, cut_s in enumerate(durations_s)]
        return plan_storyboard(cuts, rung, folder="v/storyboard")

    return make


def test_the_index_of_a_storyboard(plan: Callable[..., Storyboard], golden: Golden) -> None:
    golden("storyboard.vtt", storyboard_index(plan(27, last_s=1.5).cues).splitlines())


@pytest.mark.parametrize("segments", [1, 2, 5, 6, 24, 25, 26, 200, 201, 450, 1800])
def test_cues_follow_each_other_to_the_end(plan: Callable[..., Storyboard], segments: int) -> None:
    cues = plan(segments, last_s=0.04).cues
    assert len(cues) == -(-segments // -(-segments // 200)) <= 200
    assert cues[0].start_s == 0.0
    assert all(one.end_s == other.start_s for one, other in itertools.pairwise(cues))
    assert cues[-1].end_s == pytest.approx(4.004 * (segments - 1) + 0.04)


@pytest.mark.parametrize(("segments", "grid", "sheets"), [(1, (1, 1), 1), (7, (5, 2), 1), (26, (5, 5), 2)])
def test_a_sheet_is_no_larger_than_its_pictures(
    plan: Callable[..., Storyboard], segments: int, grid: tuple[int, int], sheets: int
) -> None:
    storyboard = plan(segments)
    assert (storyboard.columns, storyboard.rows) == grid
    assert storyboard.sheets == tuple(f"v/storyboard/{number:03d}.jpg" for number in range(1, sheets + 1))


def test_pictures_go_from_left_to_right_and_from_sheet_to_sheet(plan: Callable[..., Storyboard]) -> None:
    places = [(cue.uri[-7:], cue.x_px, cue.y_px) for cue in plan(26).cues]
    assert places[4:6] == [("001.jpg", 640, 0), ("001.jpg", 0, 90)]
    assert places[24:] == [("001.jpg", 640, 360), ("002.jpg", 0, 0)]


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(640, 360, (160, 90)), (360, 640, (90, 160)), (1000, 32, (160, 6)), (16, 16, (16, 16)), (4000, 16, (160, 2))],
)
def test_pictures_are_small_even_and_never_enlarged(
    plan: Callable[..., Storyboard], width: int, height: int, expected: tuple[int, int]
) -> None:
    storyboard = plan(3, width_px=width, height_px=height)
    assert (storyboard.width_px, storyboard.height_px) == expected


def test_what_is_written_is_read(plan: Callable[..., Storyboard]) -> None:
    cues = plan(2000).cues
    text = storyboard_index(cues)
    assert "\n\n02:12:47.960 --> 02:13:28.000\n" in text
    read = read_storyboard(text)
    assert [cue.uri for cue in read] == [cue.uri for cue in cues]
    assert [cue.start_s for cue in read] == pytest.approx([cue.start_s for cue in cues], abs=0.001)
    assert storyboard_index(read) == text


@pytest.mark.parametrize(
    "text",
    ["", "WEBVTT", "#EXTM3U\n\n", "WEBVTT\n\n00:00.000 --> 00:04.000\na.jpg#xywh=0,0,1,1\n\n",
     "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nwords\n\n",
     "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nhttps://h/a.jpg#xywh=0,0,1,1\n\n",
     "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\na.jpg#xywh=0,0,1,1\n"],
)  # fmt: skip
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_storyboard(text)
