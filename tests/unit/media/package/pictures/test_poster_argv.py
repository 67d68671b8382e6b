from __future__ import annotations

from collections.abc import Callable, Sequence

from vodpull.media import MediaInfo, plan_ladder
from vodpull.media.package.pictures.poster_and_storyboard import build_poster_argv, build_storyboard_argv
from vodpull.media.package.pictures.storyboard import plan_storyboard
from vodpull.media.package.playlists.hls import Segment

Source = Callable[..., MediaInfo]
Golden = Callable[[str, Sequence[str]], None]


def storyboard_argv(source: Source, count: int) -> list[str]:
    segments = [Segment(uri="", duration_s=4.0, size_bytes=1)] * count
    lowest = plan_ladder(source()).rungs[-1]
    return build_storyboard_argv(plan_storyboard(segments, lowest, folder="v/storyboard"), segments, lowest)


def test_the_command_of_the_poster(golden: Golden) -> None:
    golden("poster.txt", build_poster_argv(7, "v.jpg"))


def test_the_command_of_a_storyboard(source: Source, golden: Golden) -> None:
    golden("storyboard.txt", storyboard_argv(source, 450))


def test_a_film_gives_some_keyframes_of_its_whole_length(source: Source) -> None:
    command = " ".join(storyboard_argv(source, 100))
    assert "-skip_frame nokey" in command
    assert "select='not(mod(n,5))',split" in command


def test_a_short_clip_is_looked_at_between_its_keyframes(source: Source) -> None:
    command = " ".join(storyboard_argv(source, 2))
    assert "nokey" not in command
    assert "[s]select='eq(n,0)+eq(n,120)'" in command
    assert "setpts=N,select='eq(n,0)+eq(n,120)+not(mod(n,10))'" in command
