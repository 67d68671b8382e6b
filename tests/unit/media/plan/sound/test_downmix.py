from __future__ import annotations

import re

import pytest

from vodpull.media.plan.sound.downmix import USUAL, stereo_mix, surround_mix


def ears(mix: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return the gains of each channel in the left and in the right ear."""
    left, right = re.findall(r"\|(?:FL|FR|c0|c1)=([^|,]+)", mix)
    return tuple(  # type: ignore[return-value]
        {name: float(gain) for gain, name in (part.split("*") for part in side.split("+"))} for side in (left, right)
    )


def test_a_single_channel_is_as_loud_in_each_ear_as_it_was() -> None:
    left, right = ears(stereo_mix(1, ("FC",)))
    assert (left["FC"], right["FC"]) == (1, 1)
    assert "alimiter" not in stereo_mix(1, ("FC",))


def test_named_channels_in_ffmpegs_order_are_mixed_by_name() -> None:
    mix = stereo_mix(6, ("FL", "FR", "FC", "LFE", "BL", "BR"))
    left, right = ears(mix)
    assert (left["FL"], left["FC"], right["FR"]) == (1, 0.707, 1)
    assert "FR" not in left
    assert "LFE" not in left
    assert "alimiter" in mix


@pytest.mark.parametrize("speakers", [("FR", "FL", "FC"), ("FL", "FL", "FR")])
def test_names_in_another_order_or_twice_are_mixed_by_number(speakers: tuple[str, ...]) -> None:
    left, right = ears(stereo_mix(3, speakers))
    assert set(left) | set(right) == {"c0", "c1", "c2"}, "every channel is heard"
    by_name = {name: f"c{number}" for number, name in enumerate(speakers)}
    assert by_name["FR"] not in left
    assert by_name["FL"] not in right


def test_so_many_channels_without_names_are_taken_for_what_they_usually_are() -> None:
    assert stereo_mix(6, ()) == stereo_mix(6, USUAL[6][:3])
    left, right = ears(stereo_mix(6, ()))
    assert {"c0", "c2", "c3", "c4"} == set(left)
    assert {"c1", "c2", "c3", "c5"} == set(right)


@pytest.mark.parametrize("channels", [3, 4, 5, 7, 64])
def test_any_other_number_goes_to_both_ears_by_turns(channels: int) -> None:
    left, right = ears(stereo_mix(channels, ()))
    assert set(left) | set(right) == {f"c{number}" for number in range(channels)}
    for side in (left, right):
        assert sum(gain**2 for gain in side.values()) == pytest.approx(1, abs=0.05), "together as loud as one"


@pytest.mark.parametrize(
    ("channels", "speakers", "mix"),
    [
        (2, ("FL", "FR"), None),
        (6, ("FL", "FR", "FC", "LFE", "SL", "SR"), "pan=5.1|FL=FL|FR=FR|FC=FC|LFE=LFE|BL=1*BL+1*SL|BR=1*BR+1*SR"),
        (6, ("FL", "FR", "FC", "BC", "SL", "SR"), None),
        (6, (), "pan=5.1|c0=c0|c1=c1|c2=c2|c3=c3|c4=c4|c5=c5"),
        (8, (), "pan=5.1|c0=c0|c1=c1|c2=c2|c3=c3|c4=0.707*c4+0.707*c6|c5=0.707*c5+0.707*c7"),
    ],
)
def test_surround_stays_surround(channels: int, speakers: tuple[str, ...], mix: str | None) -> None:
    assert surround_mix(channels, speakers) == mix


def test_where_there_is_only_bass_it_is_heard() -> None:
    assert ears(stereo_mix(1, ("LFE",))) == ({"c0": 1}, {"c0": 1})
