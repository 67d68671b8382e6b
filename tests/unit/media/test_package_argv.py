from __future__ import annotations

from collections.abc import Callable, Sequence

from vodpull.media import EncodedRendition, MediaInfo, PackagedRendition, plan_ladder
from vodpull.media.join import build_join_argv
from vodpull.media.package import build_package_argv

Source = Callable[..., MediaInfo]
Golden = Callable[[str, Sequence[str]], None]


def rungs(info: MediaInfo) -> tuple[list[EncodedRendition], tuple[PackagedRendition, ...]]:
    lowest_first = plan_ladder(info).rungs[::-1]
    encoded = [EncodedRendition(rung=rung, file=f"{rung.name.lower()}.mp4") for rung in lowest_first]
    packaged = tuple(
        PackagedRendition(rung=rung, playlist=f"v-{number:02d}.m3u8", folder=f"v/{number:02d}")
        for number, rung in enumerate(lowest_first, start=1)
    )
    return encoded, packaged


def test_the_command_that_cuts_segments(source: Source, golden: Golden) -> None:
    encoded, packaged = rungs(source(width_px=960, height_px=540))
    golden("package_two_rungs.txt", build_package_argv(encoded, packaged, "audio.m4a"))


def test_a_silent_source_gets_no_sound_input(source: Source) -> None:
    encoded, packaged = rungs(source(width_px=960, height_px=540))
    assert not any("audio" in token or ":a" in token for token in build_package_argv(encoded, packaged, None))


def test_the_command_that_joins_segments(golden: Golden) -> None:
    golden("join_two_files.txt", build_join_argv("joined", separate_audio=True))
