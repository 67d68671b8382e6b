"""Edit lists of MP4 and QuickTime files: what they show, when, and for how long, as FFmpeg's command line does."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.clapper import Clapper, onsets, read_pictures, read_sound
from tests.integration.media.pipeline import published
from tests.mp4_edits import with_edits

from vodpull.media import Toolbox, probe

Edits = list[tuple[float, float | None]]
REORDERED = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "50", "-pix_fmt", "yuv420p")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("film")
    return Clapper(seconds=6, size=(128, 72), video=REORDERED).make(folder / "film.mp4").read_bytes()


def edited(film: bytes, folder: Path, picture: Edits, sound: Edits) -> Path:
    source = folder / "source.mp4"
    source.write_bytes(with_edits(with_edits(film, 0, picture), 1, sound))
    return source


@pytest.mark.parametrize(
    ("picture", "sound", "length_s", "late_s"),
    [
        # Both begin with nothing: it does not count.
        ([(1, None), (5, 0)], [(1, None), (5, 0)], 5.0, 0.0),
        ([(1, None), (3, 0)], [(1, None), (3, 0)], 3.0, 0.0),
        ([(0.5, None), (5.5, 0)], [(6, 0)], 6.0, 0.5),
        ([(1, None), (3, 0)], [(3, 0)], 4.0, 1.0),
        ([(1, None), (2, 0.5), (1, None), (2, 3.3)], [(1, None), (2, 0.5), (1, None), (2, 3.3)], 5.0, 0.0),
        # It ends before its media does.
        ([(3, 0)], [(3, 0)], 3.0, 0.0),
        ([(3, 0)], [(6, 0)], 6.0, 0.0),
        ([(4, 1.2)], [(4, 1.2)], 4.0, 0.0),
        # More than there is.
        ([(9, 0)], [(9, 0)], 6.0, 0.0),
        # Of a group that begins earlier, one picture is shown.
        ([(0.02, 1.2)], [(0.02, 1.2)], 0.04, 0.0),
    ],
)
async def test_a_film_is_as_long_as_its_edits(
    film: bytes, picture: Edits, sound: Edits, length_s: float, late_s: float, tmp_path: Path, toolbox: Toolbox
) -> None:
    info = await probe(edited(film, tmp_path, picture, sound), toolbox=toolbox)
    assert info.video
    # A packet of sound is longer than what is left of it.
    assert info.duration_s == pytest.approx(length_s, abs=0.025)
    assert info.video.start_s - info.start_time_s == pytest.approx(late_s, abs=0.001)


async def test_nothing_before_a_part_is_neither_shown_nor_counted(
    film: bytes, tmp_path: Path, toolbox: Toolbox
) -> None:
    source = edited(film, tmp_path, [(1, None), (3, 1.2)], [(1, None), (3, 1.2)])
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    # It begins in the middle of a group.
    assert read_pictures(made, 150).wrong(range(30, 105)) == []
    assert onsets(read_sound(made)) == pytest.approx([0.8, 1.8, 2.8], abs=0.03)


async def test_parts_are_shown_in_their_order_and_sound_begins_where_its_own_edits_say(
    film: bytes, tmp_path: Path, toolbox: Toolbox
) -> None:
    source = edited(film, tmp_path, [(1, None), (2, 3.3), (2, 0.5)], [(0.4, None), (4.6, 0)])
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    shown = read_pictures(made, 150)
    due = [*range(83, 133), *range(13, 63)]
    # The sound comes first, so there is a picture from there on.
    assert shown.wrong([due[0]] * 15 + due) == []
    assert onsets(read_sound(made)) == pytest.approx([0, 1, 2, 3, 4], abs=0.03)


async def test_a_picture_of_which_only_its_run_up_is_left_is_published(
    film: bytes, tmp_path: Path, toolbox: Toolbox
) -> None:
    source = edited(film, tmp_path, [(0.02, 1.2)], [(0.02, 1.2)])
    made = await published(source, tmp_path / "made", toolbox=toolbox)
    assert read_pictures(made, 150).numbers == [30]
