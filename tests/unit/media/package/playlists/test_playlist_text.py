from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import get_args

import pytest

from vodpull.errors import InternalError
from vodpull.fetch.hls.playlist import parse_playlist
from vodpull.fetch.hls.variant_choice import VariantChoice
from vodpull.media.inspect.media_info import SoundRole
from vodpull.media.package.playlists.all_playlists import playlists
from vodpull.media.package.playlists.hls import (
    Segment,
    average_bitrate_bps,
    media_playlist,
    multivariant_playlist,
    peak_bitrate_bps,
    target_duration_s,
)
from vodpull.media.package.playlists.presentation import (
    SOUNDS,
    SURROUND,
    TEXTS,
    Keyframes,
    Presentation,
    Track,
    presentation_bytes,
    read_presentation,
    with_texts,
)
from vodpull.media.package.playlists.track_roles import role_of
from vodpull.media.package.playlists.variants import pairs

SEGMENTS = [
    Segment(uri="v/01/00001.m4s", duration_s=4.0, size_bytes=400_000),
    Segment(uri="v/01/00002.m4s", duration_s=4.0, size_bytes=500_000),
    Segment(uri="v/01/00003.m4s", duration_s=0.1, size_bytes=90_000),
]
MUXED = Track(
    id="01",
    kind="picture",
    playlist="v-01.m3u8",
    folder="v/01",
    codecs=("avc1.64001e", "mp4a.40.2"),
    variant=True,
    channels=2,
    width_px=640,
    height_px=360,
    frame_rate=30000 / 1001,
    peak_bitrate_bps=900_000,
    bitrate_bps=700_000,
)
PICTURE = replace(MUXED, id="v01", codecs=MUXED.codecs[:1], channels=0, folder="v/v01", own="v-01.m3u8")
PICTURE = replace(PICTURE, playlist="v-v01.m3u8")
ENGLISH = Track(
    id="a1",
    kind="sound",
    playlist="v-a1.m3u8",
    folder="v/a1",
    codecs=MUXED.codecs[1:],
    variant=True,
    group=SOUNDS,
    language="en",
    name="1 (eng)",
    default=True,
    channels=2,
    peak_bitrate_bps=140_000,
    bitrate_bps=130_000,
)
OTHER = replace(
    ENGLISH,
    id="a2",
    playlist="v-a2.m3u8",
    folder="v/a2",
    variant=False,
    language=None,
    name='the "others"\n',
    default=False,
    role="commentary",
    peak_bitrate_bps=150_000,
    bitrate_bps=120_000,
)
FRENCH = Track(
    id="t1",
    kind="text",
    playlist="v-t1.m3u8",
    folder="v/t1",
    init="",
    pattern="%05d.vtt",
    durations_s=(8.1,),
    group=TEXTS,
    language="fr",
    name="français",
    forced=True,
    role="caption",
)
Golden = Callable[[str, Sequence[str]], None]


def video(*tracks: Track, complete: bool = True) -> Presentation:
    durations_s = tuple(segment.duration_s for segment in SEGMENTS)
    return Presentation(name="v", durations_s=durations_s, target_s=4, tracks=tracks, complete=complete)


def test_a_media_playlist(golden: Golden) -> None:
    golden("media.m3u8", media_playlist(video(MUXED), MUXED).splitlines())


def test_a_multivariant_playlist(golden: Golden) -> None:
    golden("multivariant.m3u8", multivariant_playlist(video(MUXED)).splitlines())


def test_a_growing_playlist_has_no_end_and_the_target_of_the_finished_one() -> None:
    lines = media_playlist(replace(video(MUXED, complete=False), target_s=8), MUXED).splitlines()
    assert "#EXT-X-TARGETDURATION:8" in lines
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in lines
    assert "#EXT-X-ENDLIST" not in lines


def test_a_picture_is_tied_to_the_sounds_and_texts_to_choose_from(golden: Golden) -> None:
    presented = with_texts(video(PICTURE, ENGLISH, OTHER), [FRENCH])
    golden("multivariant_choices.m3u8", playlists(presented)["v.m3u8"].splitlines())


@pytest.mark.parametrize("role", get_args(SoundRole))
def test_what_a_sound_is_for_comes_back_from_its_playlist(role: SoundRole) -> None:
    written = multivariant_playlist(video(PICTURE, ENGLISH, replace(OTHER, name="Other", role=role)))
    read = parse_playlist(written)
    assert isinstance(read, VariantChoice)
    assert [role_of(sound.characteristics) for sound in read.sounds] == ["main", role]


def test_every_picture_plays_alone_with_all_that_goes_with_it(golden: Golden) -> None:
    texts = playlists(with_texts(video(PICTURE, ENGLISH, OTHER), [FRENCH]))
    golden("rendition_choices.m3u8", texts["v-01.m3u8"].splitlines())
    # What names others comes after them.
    assert list(texts) == ["v-v01.m3u8", "v-a1.m3u8", "v-a2.m3u8", "v-t1.m3u8", "v-01.m3u8", "v.m3u8"]
    assert texts["v-t1.m3u8"].splitlines()[2::4] == ["#EXT-X-TARGETDURATION:8", "#EXTINF:8.100000,"]


def timed(track: Track, *lengths: int, timescale: int) -> Track:
    return replace(track, timescale=timescale, starts=tuple(accumulate(lengths, initial=0)))


def test_an_mpd_names_the_same_segments(golden: Golden) -> None:
    picture = timed(PICTURE, 120_120, 120_120, 3003, timescale=30_000)
    english = timed(ENGLISH, 192_512, 191_488, 4096, timescale=48_000)
    # It ends earlier.
    other = replace(timed(OTHER, 192_512, timescale=48_000), durations_s=(4.0,))
    text = replace(FRENCH, file="v-t1.vtt", forced=False)
    presented = replace(with_texts(video(picture, english, other), [text]), dash=True)
    golden("video.mpd", playlists(presented)["v.mpd"].splitlines())


def test_while_a_video_grows_there_is_no_mpd() -> None:
    assert "v.mpd" not in playlists(replace(video(PICTURE, ENGLISH, complete=False), dash=True))


def test_one_picture_of_each_segment_is_an_i_frame_playlist(golden: Golden) -> None:
    ranges = ((9000, 24), (8000, 24), (7000, 24))
    keyframes = Keyframes(playlist="v-i01.m3u8", ranges=ranges, peak_bitrate_bps=18_000, bitrate_bps=17_000)
    texts = playlists(video(replace(PICTURE, keyframes=keyframes), ENGLISH))
    golden("keyframes.m3u8", texts["v-i01.m3u8"].splitlines())
    assert texts["v.m3u8"].splitlines()[-1] == (
        '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=18000,AVERAGE-BANDWIDTH=17000,CODECS="avc1.64001e",RESOLUTION=640x360,'
        'URI="v-i01.m3u8"'
    )


def test_a_group_in_surround_has_the_members_of_the_one_in_stereo() -> None:
    surround = replace(ENGLISH, id="a3", playlist="v-a3.m3u8", group=SURROUND, channels=6, peak_bitrate_bps=400_000)
    presented = video(PICTURE, ENGLISH, OTHER, replace(surround, variant=False))
    assert [track.id for track in presented.in_group(SURROUND)] == ["a3", "a2"]
    found = [(pair.lead.id, pair.sound_group, pair.peak_bitrate_bps) for pair in pairs(presented)]
    assert found == [("v01", SOUNDS, 1_050_000), ("a1", SOUNDS, 150_000), ("v01", SURROUND, 1_300_000)]


def test_a_presentation_survives_being_kept_and_loses_its_texts_again() -> None:
    before = video(PICTURE, ENGLISH)
    kept = read_presentation(presentation_bytes(with_texts(before, [FRENCH])))
    assert kept.of_kind("text") == (FRENCH,)
    assert with_texts(kept, []) == before


@pytest.mark.parametrize(
    "texts",
    [
        [ENGLISH],
        [replace(FRENCH, group="")],
        [FRENCH, replace(FRENCH, id="t2")],
        [FRENCH, replace(FRENCH, name="other")],
        [replace(FRENCH, default=True), replace(FRENCH, id="t2", name="other", default=True)],
    ],
)
def test_texts_that_players_could_not_tell_apart_are_refused(texts: list[Track]) -> None:
    with pytest.raises(InternalError):
        with_texts(video(PICTURE, ENGLISH), texts)


def test_a_short_last_segment_does_not_set_the_peak_alone() -> None:
    # 590 kB in 4.1 s is the worst run of about one target duration; 90 kB in 0.1 s would be 7.2 Mbit/s.
    assert peak_bitrate_bps(SEGMENTS) == round(590_000 * 8 / 4.1)


def test_a_single_short_segment_is_its_own_peak() -> None:
    assert peak_bitrate_bps(SEGMENTS[2:]) == average_bitrate_bps(SEGMENTS[2:]) == 7_200_000


def test_the_target_duration_is_rounded_and_never_zero() -> None:
    assert target_duration_s([Segment(uri="a", duration_s=4.6, size_bytes=1)]) == 5
    assert target_duration_s([Segment(uri="a", duration_s=4.4, size_bytes=1)]) == 4
    assert target_duration_s(SEGMENTS[2:]) == 1
