from __future__ import annotations

import pytest

from vodpull.media.encode.loudness import Loudness, build_loudness_argv, loudness_steps, parse_loudness


def measurement(loudness: str, peak: str) -> str:
    return f'{{"input_i": "{loudness}", "input_tp": "{peak}", "input_lra": "1.20"}}'


def test_a_loud_track_is_turned_down_and_nothing_else() -> None:
    track = parse_loudness(measurement("-14.00", "0.50"))
    assert track == Loudness(integrated_lufs=-14.0, peak_dbtp=0.5, gain_db=-9.0)
    assert loudness_steps(track) == ["volume=-9.00dB:precision=float"]


def test_peaks_above_the_ceiling_are_limited() -> None:
    steps = loudness_steps(parse_loudness(measurement("-33.00", "-6.00")))
    assert [step.partition("=")[0] for step in steps] == ["volume", "aresample", "alimiter", "aresample", "aformat"]


def test_noise_is_not_made_a_programme() -> None:
    track = parse_loudness(measurement("-65.00", "-50.00"))
    assert track
    assert track.gain_db == 30


@pytest.mark.parametrize(("loudness", "peak"), [("-inf", "-inf"), ("-inf", "-18.06"), ("nan", "0")])
def test_silence_is_left_alone(loudness: str, peak: str) -> None:
    assert parse_loudness(measurement(loudness, peak)) is None


def test_each_stream_has_its_own_measurement() -> None:
    argv = build_loudness_argv({1: (), 3: ("volume=2dB",)})
    graph = argv[argv.index("-filter_complex") + 1]
    assert "[0:1]aformat=" in graph
    assert ",volume=2dB,loudnorm=i=-23:print_format=json:stats_file=loudness-3.json[m3]" in graph
    assert argv.count("null") == 2
