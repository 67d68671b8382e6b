from __future__ import annotations

from collections.abc import Callable, Sequence

from vodpull.media import MediaInfo, Rung, plan_ladder
from vodpull.media.pictures import build_poster_argv
from vodpull.media.playlist import Segment

Source = Callable[..., MediaInfo]
Golden = Callable[[str, Sequence[str]], None]


def segments(count: int) -> list[Segment]:
    return [Segment(uri=f"v/01/{number:05d}.m4s", duration_s=4.0, size_bytes=1) for number in range(1, count + 1)]


def best(source: Source) -> Rung:
    return plan_ladder(source()).rungs[0]


def test_the_command_of_the_poster(source: Source, golden: Golden) -> None:
    golden("poster.txt", build_poster_argv(segments(100), best(source), "v.jpg"))


def test_a_film_gives_some_keyframes_of_its_whole_length(source: Source) -> None:
    command = " ".join(build_poster_argv(segments(100), best(source), "v.jpg"))
    assert "-skip_frame nokey" in command
    assert "select='not(mod(n,5))'" in command


def test_a_short_clip_is_looked_at_between_its_keyframes(source: Source) -> None:
    command = " ".join(build_poster_argv(segments(2), best(source), "v.jpg"))
    assert "nokey" not in command
    assert "select='key+not(mod(n,10))'" in command
