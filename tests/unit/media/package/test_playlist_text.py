from __future__ import annotations

from collections.abc import Callable, Sequence

from vodpull.media.package.hls import (
    AudioRendition,
    Segment,
    Variant,
    average_bitrate_bps,
    media_playlist,
    multivariant_playlist,
    peak_bitrate_bps,
    target_duration_s,
)

SEGMENTS = [
    Segment(uri="v/01/00001.m4s", duration_s=4.0, size_bytes=400_000),
    Segment(uri="v/01/00002.m4s", duration_s=4.0, size_bytes=500_000),
    Segment(uri="v/01/00003.m4s", duration_s=0.1, size_bytes=90_000),
]
Golden = Callable[[str, Sequence[str]], None]


def test_a_media_playlist(golden: Golden) -> None:
    golden("media.m3u8", media_playlist("v/01/init.mp4", SEGMENTS).splitlines())


def test_a_multivariant_playlist(golden: Golden) -> None:
    variant = Variant(
        uri="v-01.m3u8",
        width_px=640,
        height_px=360,
        frame_rate=30000 / 1001,
        codecs="avc1.64001e,mp4a.40.2",
        peak_bitrate_bps=900_000,
        bitrate_bps=700_000,
    )
    golden("multivariant.m3u8", multivariant_playlist([variant]).splitlines())


def test_a_growing_playlist_has_no_end_and_the_target_of_the_finished_one() -> None:
    lines = media_playlist("v/01/init.mp4", SEGMENTS, longest_s=7.6).splitlines()
    assert "#EXT-X-TARGETDURATION:8" in lines
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in lines
    assert "#EXT-X-ENDLIST" not in lines


def test_several_sounds_are_a_group_to_choose_from(golden: Golden) -> None:
    variant = Variant(
        uri="v-01.m3u8",
        width_px=640,
        height_px=360,
        frame_rate=30.0,
        codecs="avc1.64001e,mp4a.40.2",
        peak_bitrate_bps=900_000,
        bitrate_bps=None,
    )
    sounds = [
        AudioRendition(uri="v-a1.m3u8", name="1 (eng)", language="eng"),
        AudioRendition(uri="v-a2.m3u8", name="2", language=None),
    ]
    golden("multivariant_two_sounds.m3u8", multivariant_playlist([variant], sounds).splitlines())


def test_a_short_last_segment_does_not_set_the_peak_alone() -> None:
    # 590 kB in 4.1 s is the worst run of about one target duration; 90 kB in 0.1 s would be 7.2 Mbit/s.
    assert peak_bitrate_bps(SEGMENTS) == round(590_000 * 8 / 4.1)


def test_a_single_short_segment_is_its_own_peak() -> None:
    assert peak_bitrate_bps(SEGMENTS[2:]) == average_bitrate_bps(SEGMENTS[2:]) == 7_200_000


def test_the_target_duration_is_rounded_and_never_zero() -> None:
    assert target_duration_s([Segment(uri="a", duration_s=4.6, size_bytes=1)]) == 5
    assert target_duration_s([Segment(uri="a", duration_s=4.4, size_bytes=1)]) == 4
    assert target_duration_s(SEGMENTS[2:]) == 1
