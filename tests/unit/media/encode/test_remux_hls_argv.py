from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from vodpull.media.encode.language_codes import iso_639_2
from vodpull.media.encode.remux_hls_source import JoinedSound, build_join_argv, common_shifts, lateness_s

Golden = Callable[[str, Sequence[str]], None]


def test_the_command_that_joins_segments(golden: Golden) -> None:
    golden("join_two_files.txt", build_join_argv("joined", [JoinedSound(path=Path("sound.ts"))]))


def test_the_default_sound_may_be_the_one_in_the_picture_s_file() -> None:
    sounds = [JoinedSound(path=None, language="en"), JoinedSound(path=Path("de.ts"), language="de")]
    argv = build_join_argv("joined", sounds)
    maps = [argv[at + 1] for at, token in enumerate(argv) if token == "-map"]
    assert maps == ["0:v:0?", "1:a:0", "0:a?"]
    assert argv[argv.index("-disposition:a:1") + 1] == "default"
    assert argv[argv.index("-metadata:s:a:0") + 1] == "language=deu"
    assert argv[argv.index("-metadata:s:a:1") + 1] == "language=eng"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Português, Brasil (5.1)", "Português, Brasil (5.1)"),
        ("हिन्दी", "हिन्दी"),
        ("file:/in/video", "fileinvideo"),
        ("a\0b\nc", "abc"),
        ("x" * 200, "x" * 100),
    ],
)
def test_a_name_is_no_more_than_a_name(name: str, kept: str) -> None:
    assert f"handler_name={kept}" in build_join_argv("joined", [JoinedSound(path=None, name=name)])


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "eng"), ("de", "deu"), ("pt-BR", "por"), ("zh-Hans-CN", "zho"), ("ES_419", "spa"), ("ger", "ger"),
        ("yue", "yue"), ("", None), ("xx", None), ("x-klingon", None), ("english", None), ("日本語", None),
    ],
)  # fmt: skip
def test_languages_have_three_letters_in_mp4(tag: str, code: str | None) -> None:
    assert iso_639_2(tag) == code


@pytest.mark.parametrize(
    ("begins_s", "late_s"),
    [
        ({"video": 10.0, "audio0": 10.5, "audio1": 9.0}, {"video": 1.0, "audio0": 1.5, "audio1": 0.0}),
        ({"video": 10.0, "audio0": 0.0}, {"video": 10.0, "audio0": 0.0}),
        ({"video": 90.0, "audio0": 0.0}, {"video": 0.0, "audio0": 0.0}),
        ({"video": 10.0, "audio0": None}, {"video": 0.0, "audio0": 0.0}),
        ({"video": None, "audio0": 3.0}, {"video": 0.0, "audio0": 0.0}),
        ({}, {}),
    ],
)
def test_parts_begin_where_their_common_clock_says(begins_s: dict[str, float | None], late_s: dict[str, float]) -> None:
    assert lateness_s(begins_s) == late_s


def test_runs_go_on_where_the_longest_of_all_parts_ended() -> None:
    assert common_shifts([("10", "13"), ("9", "25/2"), ("7", "9")]) == ("10", "27/2")
    assert common_shifts([("10", "13"), ("9",), ()]) == ("10", "13")
    assert common_shifts([(), ("9", "12")]) == ()
