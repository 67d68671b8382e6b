from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from vodpull.media import MediaInfo, plan_ladder
from vodpull.media.plan.encode_plan import plan_encode
from vodpull.media.plan.plan_after_failed_proof import could_be_more_careful, plan_carefully
from vodpull.media.verify.compared_instants import picture_instants, sound_instants
from vodpull.media.verify.likeness import (
    CELLS,
    COLUMNS,
    PLACES,
    Sight,
    averaged,
    compare_sights,
    covered,
    is_lost,
    placed,
)
from vodpull.media.verify.sound_likeness import Heard, compare_sounds, compare_tracks

FRAME_S = 0.04
DICE = random.Random(7)
SCENE = [DICE.randrange(40, 200) for _ in range(400)]


def seen(at: int) -> bytes:
    """Return a scene that moves to the left, with a bright upper half so that no direction is like another."""
    return bytes(
        min(255, SCENE[cell % COLUMNS // 4 + at // 2 + 20 * (cell // COLUMNS // 3)] + 40 * (cell < CELLS // 2))
        for cell in range(CELLS)
    )


def film(first: int, last: int) -> list[Sight]:
    return [(number * FRAME_S, seen(number)) for number in range(first, last)]


def noisy(sights: list[Sight]) -> list[Sight]:
    return [(at_s, bytes(min(255, max(0, cell + DICE.randrange(-3, 4))) for cell in cells)) for at_s, cells in sights]


def test_the_same_film_after_an_encoder_is_the_same() -> None:
    found = compare_sights(noisy(film(20, 26)), film(8, 40), frame_s=FRAME_S, fitted=False)
    assert (found.wrong, found.moves) == ("", True)
    assert found.levels < 3


def test_one_frame_of_rounding_is_no_shift() -> None:
    late = [(at_s + FRAME_S, cells) for at_s, cells in film(20, 26)]
    assert compare_sights(late, film(8, 40), frame_s=FRAME_S, fitted=False).wrong == ""


@pytest.mark.parametrize("frames", [-8, -4, 4, 8])
def test_a_shift_in_time_is_found(frames: int) -> None:
    late = [(at_s + frames * FRAME_S, cells) for at_s, cells in film(20, 26)]
    assert "another instant" in compare_sights(late, film(4, 44), frame_s=FRAME_S, fitted=False).wrong


def test_a_frozen_picture_is_found() -> None:
    frozen = [(at_s, seen(20)) for at_s, _ in film(20, 32)]
    assert "another instant" in compare_sights(frozen, film(4, 44), frame_s=FRAME_S, fitted=False).wrong


def test_what_does_not_move_cannot_be_shifted() -> None:
    still = [(at_s, seen(0)) for at_s, _ in film(0, 40)]
    found = compare_sights(noisy(still[20:26]), still, frame_s=FRAME_S, fitted=False)
    assert (found.wrong, found.moves) == ("", False)


@pytest.mark.parametrize("name", PLACES)
def test_a_picture_in_another_place_is_found(name: str) -> None:
    wrong = [(at_s, placed(cells, PLACES[name])) for at_s, cells in film(20, 26)]
    assert "the picture is" in compare_sights(wrong, film(8, 40), frame_s=FRAME_S, fitted=False).wrong


def test_another_picture_is_found() -> None:
    other = [(at_s, bytes(255 - cell for cell in cells)) for at_s, cells in film(20, 26)]
    for fitted in (False, True):
        assert compare_sights(other, film(8, 40), frame_s=FRAME_S, fitted=fitted).wrong


def test_a_picture_as_far_from_the_source_as_the_source_from_itself_is_lost() -> None:
    here, there = seen(20), bytes(cell + 8 for cell in seen(20))
    assert is_lost(6.0, here, [there])
    assert not is_lost(3.0, here, [there])
    assert not is_lost(6.0, here, [seen(90)])
    assert not is_lost(6.0, here, [])


def test_no_picture_is_none() -> None:
    assert compare_sights([], film(8, 40), frame_s=FRAME_S, fitted=False).wrong == "no picture is shown"


def test_a_mapped_brightness_is_fitted() -> None:
    mapped = [(at_s, bytes(round(255 * (cell / 255) ** 0.5) for cell in cells)) for at_s, cells in film(20, 26)]
    assert compare_sights(mapped, film(8, 40), frame_s=FRAME_S, fitted=False).wrong
    found = compare_sights(noisy(mapped), film(8, 40), frame_s=FRAME_S, fitted=True)
    assert (found.wrong, found.levels < 3) == ("", True)


def sound(hops: int, *, seed: int = 1, pitch: float = 0.4) -> Heard:
    dice = random.Random(seed)
    loud = [1000 * dice.random() ** 2 * (1 + math.sin(at / 9)) for at in range(hops)]
    return Heard(loud=loud, high=[pitch * value for value in loud])


def part(whole: Heard, first: int, hops: int = 600) -> Heard:
    return Heard(loud=whole.loud[first : first + hops], high=whole.high[first : first + hops])


@pytest.mark.parametrize("shift", [0, 7, -7])
def test_the_same_sound_is_heard_where_it_is(shift: int) -> None:
    found = compare_sounds(part(sound(800), 100 - shift), sound(800), late_by=100, slack=8)
    assert not found.wrong
    assert found.late_s == pytest.approx(shift * 0.005)


@pytest.mark.parametrize("shift", [12, -12, 80])
def test_shifted_sound_is_found(shift: int) -> None:
    assert "ms late" in compare_sounds(part(sound(800), 100 - shift), sound(800), late_by=100, slack=8).wrong


@pytest.mark.parametrize(
    "heard", [sound(600, seed=2), sound(600, pitch=0.9), Heard(loud=[0.0] * 600, high=[0.0] * 600)]
)
def test_other_sound_and_silence_are_found(heard: Heard) -> None:
    assert compare_sounds(heard, sound(800), late_by=100, slack=8).wrong


def test_a_steady_tone_and_silence_cannot_be_late() -> None:
    for level in (1000.0, 0.0):
        steady = Heard(loud=[level] * 800, high=[0.3 * level] * 800)
        assert compare_sounds(part(steady, 0), steady, late_by=100, slack=8).late_s is None
        assert compare_sounds(part(steady, 0), steady, late_by=100, slack=8).wrong == ""


def test_tracks_that_share_most_of_their_sound_are_told_apart() -> None:
    music, voices = sound(800, seed=3), [sound(800, seed=4), sound(800, seed=5)]
    mixed = [
        Heard(loud=[2 * a + b for a, b in zip(music.loud, voice.loud, strict=True)], high=music.high)
        for voice in voices
    ]
    heard = [part(track, 100) for track in mixed]
    assert compare_tracks(heard, mixed, 0, late_by=100, slack=8).wrong == ""
    assert compare_tracks(heard, mixed[::-1], 0, late_by=100, slack=8).wrong
    assert compare_tracks(heard, [None, mixed[1]], 0, late_by=100, slack=8).wrong == ""


def long(source: Callable[..., MediaInfo]) -> MediaInfo:
    info = source(duration_s=60.0)
    assert info.video
    return replace(info, video=replace(info.video, duration_s=60.0))


def test_instants_are_the_ends_the_seams_and_some_between(source: Callable[..., MediaInfo]) -> None:
    info = long(source)
    plan = plan_encode(info, plan_ladder(info))
    instants = picture_instants(plan)
    assert instants[0] == pytest.approx(0.1)
    assert instants[-1] == pytest.approx(59.9)
    assert {float(chunk.first_frame / plan.rate) for chunk in plan.chunks[1:]} < set(instants)
    assert len(instants) == 2 + len(plan.chunks) - 1
    assert sound_instants(plan) == pytest.approx((1.5, 30, 58.5))


def test_a_moment_is_compared_once(source: Callable[..., MediaInfo]) -> None:
    info = source(duration_s=0.1, audio=False)
    plan = plan_encode(info, plan_ladder(info))
    assert picture_instants(plan) == (0.0,)
    assert sound_instants(plan) == ()


def test_a_careful_plan_is_one_piece_without_copies(source: Callable[..., MediaInfo]) -> None:
    info = long(source)
    ladder = plan_ladder(info)
    plan = plan_encode(info, ladder)
    copying = replace(plan, sounds=(replace(plan.sounds[0], copied=True),))
    assert could_be_more_careful(plan)
    assert could_be_more_careful(replace(copying, chunks=plan.chunks[:1]))
    careful = plan_carefully(info, ladder, reason="the seam at 8 s")
    assert not could_be_more_careful(careful)
    assert (careful.careful, careful.chunks[0].frames) == ("the seam at 8 s", plan.frames_total)


def test_cells_of_a_part_are_the_means_of_what_they_cover() -> None:
    fine = bytes(range(0, 60, 10)) + bytes(range(100, 160, 10))
    columns, rows = covered(2, 6, (1 / 6, 3 / 6)), covered(1, 2, (0.0, 1.0))
    assert [[at for at, _ in cell] for cell in columns] == [[1, 2], [2, 3]]
    assert list(averaged(fine, columns, rows, wide=6)) == [round(50 + 40 / 3), round(50 + 80 / 3)]
    assert list(averaged(fine, columns, covered(1, 2, (0.0, 0.25)), wide=6)) == [13, 27]
