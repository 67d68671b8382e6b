"""Which playlists are understood, and what they name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodpull.errors import PlaylistUnsupported
from vodpull.fetch import FetchLimits
from vodpull.fetch.hls.playlist import Key, MediaPlaylist, Piece, parse_playlist
from vodpull.fetch.hls.variant_choice import SoundChoice, TextChoice, VariantChoice

MAX_SEGMENTS = 50


def media(*lines: str, end: bool = True, max_segments: int = MAX_SEGMENTS) -> MediaPlaylist:
    text = "\n".join(["#EXTM3U", "#EXT-X-TARGETDURATION:6", *lines, "#EXT-X-ENDLIST" if end else ""])
    parsed = parse_playlist(text, max_segments=max_segments)
    assert isinstance(parsed, MediaPlaylist)
    return parsed


def choice(*lines: str) -> VariantChoice:
    parsed = parse_playlist("\n".join(["#EXTM3U", *lines]))
    assert isinstance(parsed, VariantChoice)
    return parsed


def test_segments_keep_their_order() -> None:
    assert media("#EXTINF:6,", "b.ts", "#EXTINF:6,title, with commas", "a.ts?x=1,2").segments == (
        Piece(uri="b.ts"),
        Piece(uri="a.ts?x=1,2"),
    )


def test_a_film_of_three_hours_in_segments_of_two_seconds_is_taken() -> None:
    lines = [line for number in range(5400) for line in ("#EXTINF:2,", f"s.ts?n={number}")]
    found = media(*lines, max_segments=FetchLimits(max_bytes=1).max_segments)
    assert (len(found.segments), found.segments[-1].uri) == (5400, "s.ts?n=5399")


def test_the_highest_bandwidth_wins_then_the_larger_picture() -> None:
    best = choice(
        "#EXT-X-STREAM-INF:BANDWIDTH=900,RESOLUTION=1x1",
        "low.m3u8",
        "#EXT-X-STREAM-INF:BANDWIDTH=1000,RESOLUTION=426x240",
        "small.m3u8",
        "#EXT-X-STREAM-INF:BANDWIDTH=1000,RESOLUTION=854x480",
        "large.m3u8",
    )
    assert best == VariantChoice(video_uri="large.m3u8")


@pytest.mark.parametrize(
    ("renditions", "uris"),
    [
        (['NAME="a",URI="a.m3u8"', 'NAME="b",DEFAULT=YES,URI="b.m3u8"'], ["b.m3u8", "a.m3u8"]),
        (['NAME="a",URI="a.m3u8"', 'NAME="b",AUTOSELECT=YES,URI="b.m3u8"'], ["b.m3u8", "a.m3u8"]),
        (['NAME="a",URI="a.m3u8"', 'NAME="b",URI="b.m3u8"'], ["a.m3u8", "b.m3u8"]),
        (['NAME="a",DEFAULT=YES', 'NAME="b",URI="b.m3u8"'], [None, "b.m3u8"]),
        (['NAME="a",URI="v.m3u8"'], [None]),
        (['NAME="a",URI="a.m3u8"', 'NAME="again",URI="a.m3u8"'], ["a.m3u8"]),
        (['NAME="a"', 'NAME="b"', 'NAME="a"'], [None, None]),
        ([], []),
    ],
)
def test_all_renditions_of_the_audio_group_are_taken_the_default_first(
    renditions: list[str], uris: list[str | None]
) -> None:
    lines = [f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",{rendition}' for rendition in renditions]
    other = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="other",NAME="o",DEFAULT=YES,URI="other.m3u8"'
    best = choice(other, *lines, '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="g"', "v.m3u8")
    assert best.video_uri == "v.m3u8"
    assert [sound.uri for sound in best.sounds] == uris


def test_a_rendition_keeps_its_language_and_its_name() -> None:
    best = choice(
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="English",LANGUAGE="en",URI="en.m3u8",CHARACTERISTICS="a.b, c"',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="Português, Brasil",LANGUAGE="pt-BR",DEFAULT=YES,URI="pt.m3u8"',
        '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="g"',
        "v.m3u8",
    )
    assert best.sounds == (
        SoundChoice(uri="pt.m3u8", language="pt-BR", name="Português, Brasil"),
        SoundChoice(uri="en.m3u8", language="en", name="English", characteristics=frozenset({"a.b", "c"})),
    )


def test_subtitles_of_the_variant_are_named_each_playlist_once() -> None:
    best = choice(
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="en.m3u8"',
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Signs",LANGUAGE="en",FORCED=YES,URI="signs.m3u8",CHARACTERISTICS="a"',
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Again",LANGUAGE="en",URI="en.m3u8"',
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Nowhere",LANGUAGE="fr"',
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="other",NAME="Other",LANGUAGE="de",URI="de.m3u8"',
        '#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="s"',
        "v.m3u8",
    )
    assert best.texts == (
        TextChoice(uri="en.m3u8", language="en", name="English", is_default=True),
        TextChoice(uri="signs.m3u8", language="en", name="Signs", is_forced=True, characteristics=frozenset({"a"})),
    )


def test_more_renditions_than_anyone_offers_are_refused() -> None:
    lines = [f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="{number}",URI="{number}.m3u8"' for number in range(65)]
    with pytest.raises(PlaylistUnsupported, match="more than 64 sound renditions"):
        choice(*lines, '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="g"', "v.m3u8")


def test_byte_ranges_follow_on_when_they_name_no_offset() -> None:
    found = media(
        '#EXT-X-MAP:URI="v.mp4",BYTERANGE="800@0"',
        *("#EXT-X-BYTERANGE:100@800", "#EXTINF:6,", "v.mp4"),
        *("#EXTINF:6,", "#EXT-X-BYTERANGE:50", "v.mp4"),
    )
    assert found.init == Piece(uri="v.mp4", byte_range=(0, 800))
    assert [piece.byte_range for piece in found.segments] == [(800, 100), (900, 50)]


def test_the_iv_is_the_attribute_or_the_sequence_number() -> None:
    found = media(
        "#EXT-X-MEDIA-SEQUENCE:7",
        '#EXT-X-KEY:METHOD=AES-128,URI="k1",IV=0xFF',
        *("#EXTINF:6,", "a.ts"),
        '#EXT-X-KEY:METHOD=AES-128,URI="k2"',
        *("#EXTINF:6,", "b.ts"),
        "#EXT-X-KEY:METHOD=NONE",
        *("#EXTINF:6,", "c.ts"),
    )
    assert [piece.key for piece in found.segments] == [
        Key(uri="k1", iv=bytes(15) + b"\xff"),
        Key(uri="k2", iv=bytes(15) + b"\x08"),
        None,
    ]


def test_tags_that_do_not_matter_may_be_nonsense() -> None:
    assert media("#EXT-X-PROGRAM-DATE-TIME:never", "#EXT-X-CUE-OUT:x", "#EXT-X-NEW", "#", "#EXTINF:6,", "a.ts").segments


def test_transport_stream_segments_may_have_discontinuities() -> None:
    assert len(media("#EXTINF:6,", "a.ts", "#EXT-X-DISCONTINUITY", "#EXTINF:6,", "b.ts").segments) == 2


SEGMENT = ("#EXTINF:6,", "a.ts")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "no segments"),
        (("#EXTINF:6,",), "no URI"),
        (("#EXTINF:long,", "a.ts"), "malformed"),
        (("#EXT-X-GAP", *SEGMENT), "missing"),
        (("#EXT-X-I-FRAMES-ONLY", *SEGMENT), "key frames"),
        (('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"', *SEGMENT), "AES-128"),
        (('#EXT-X-KEY:METHOD=AES-128,URI="skd://k",KEYFORMAT="com.apple.streamingkeydelivery"', *SEGMENT), "AES-128"),
        (("#EXT-X-KEY:METHOD=AES-128", *SEGMENT), "no URI"),
        (('#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x' + "0" * 33, *SEGMENT), "IV"),
        (("#EXT-X-BYTERANGE:50", *SEGMENT), "byte range"),
        (("#EXT-X-BYTERANGE:0@0", *SEGMENT), "byte range"),
        (("#EXT-X-BYTERANGE:-5@0", *SEGMENT), "byte range"),
        (('#EXT-X-MAP:BYTERANGE="1@0"', *SEGMENT), "no URI"),
        (('#EXT-X-MAP:URI="a"', *SEGMENT, '#EXT-X-MAP:URI="b"', *SEGMENT), "different"),
        ((*SEGMENT, '#EXT-X-MAP:URI="b"', *SEGMENT), "different"),
        (('#EXT-X-MAP:URI="a"', *SEGMENT, "#EXT-X-DISCONTINUITY", *SEGMENT), "discontinuities"),
        (SEGMENT * (MAX_SEGMENTS + 1), "51 segments, 50 are allowed; .* VODPULL_MAX_SEGMENTS"),
        (("#EXT-X-KEY:METHOD=NONE",) * (MAX_SEGMENTS + 1), "many keys"),
        (("#",) * 21 * MAX_SEGMENTS, "many"),
        (("#EXTINF:6," + "a" * 17000, "a.ts"), "long"),
    ],
)
def test_what_cannot_be_joined_is_refused_with_its_reason(lines: tuple[str, ...], why: str) -> None:
    with pytest.raises(PlaylistUnsupported, match=why):
        media(*lines)


def test_a_live_playlist_is_refused() -> None:
    with pytest.raises(PlaylistUnsupported, match="live"):
        media(*SEGMENT, end=False)


@pytest.mark.timeout(60)
def test_a_film_of_twelve_hours_in_segments_of_two_seconds_is_read() -> None:
    count = 12 * 3600 // 2
    lines = [line for n in range(count) for line in (f'#EXT-X-KEY:METHOD=AES-128,URI="{n}"', *SEGMENT)]
    parsed = parse_playlist("\n".join(["#EXTM3U", *lines, "#EXT-X-ENDLIST"]))
    assert isinstance(parsed, MediaPlaylist)
    assert len(parsed.segments) == count


def test_a_url_of_8_kib_fits_in_a_line() -> None:
    assert media("#EXTINF:6,", "a" * 8192).segments[0].uri == "a" * 8192


GOOD = '#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=1x1,CODECS="avc1.64001f,mp4a.40.2"'


@pytest.mark.parametrize(
    "better",
    [
        'BANDWIDTH=9,CODECS="dvh1.05.06,mp4a.40.2"',
        'BANDWIDTH=9,CODECS="vvc1.1.L83,mp4a.40.2"',
        'BANDWIDTH=9,CODECS="avc1.64001f,ac-4.02.01.02"',
        'BANDWIDTH=9,CODECS="avc1.64001f,apac.31.00"',
        'BANDWIDTH=9,CODECS="mp4a.40.2"',
        'BANDWIDTH=9,CODECS="avc1.64001f,mp4a.40.2",AUDIO="nowhere"',
    ],
)
def test_a_variant_that_cannot_be_used_loses_against_a_smaller_one(better: str) -> None:
    assert choice(f"#EXT-X-STREAM-INF:{better}", "better.m3u8", GOOD, "good.m3u8").video_uri == "good.m3u8"
    assert choice(GOOD, "good.m3u8", f"#EXT-X-STREAM-INF:{better}", "better.m3u8").video_uri == "good.m3u8"


@pytest.mark.parametrize(
    "better",
    [
        "BANDWIDTH=9",
        'BANDWIDTH=9,CODECS="hvc1.2.4.L153.B0,ec-3"',
        'BANDWIDTH=9,CODECS="AVC1.64001F,mp4a.40.2,wvtt"',
        'BANDWIDTH=9,RESOLUTION=1x1,CODECS="mp4a.40.2"',
    ],
)
def test_a_variant_that_can_be_used_wins_by_its_size(better: str) -> None:
    assert choice(GOOD, "good.m3u8", f"#EXT-X-STREAM-INF:{better}", "better.m3u8").video_uri == "better.m3u8"


def test_the_sound_that_can_be_decoded_is_taken_of_two_groups() -> None:
    best = choice(
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="atmos",NAME="a",DEFAULT=YES,URI="atmos.m3u8"',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="a",DEFAULT=YES,URI="aac.m3u8"',
        '#EXT-X-STREAM-INF:BANDWIDTH=9,CODECS="avc1.64001f,ac-4.02.01.02",AUDIO="atmos"',
        "v.m3u8",
        '#EXT-X-STREAM-INF:BANDWIDTH=8,CODECS="avc1.64001f,mp4a.40.2",AUDIO="aac"',
        "v.m3u8",
    )
    assert [sound.uri for sound in best.sounds] == ["aac.m3u8"]


def test_where_no_variant_can_be_used_the_best_is_tried() -> None:
    assert choice('#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="dvh1.05.06"', "v.m3u8").video_uri == "v.m3u8"


_TAG = st.sampled_from(
    ["EXTINF", "EXT-X-KEY", "EXT-X-MAP", "EXT-X-MEDIA", "EXT-X-STREAM-INF", "EXT-X-BYTERANGE", "EXT-X-MEDIA-SEQUENCE"]
)
_VALUE = st.text(alphabet="AB=,\"@:-x019'\n", max_size=30)


@given(st.lists(st.one_of(st.builds("#{}:{}".format, _TAG, _VALUE), _VALUE, st.just("#EXT-X-ENDLIST")), max_size=12))
def test_no_text_breaks_the_parser(lines: list[str]) -> None:
    try:
        parse_playlist("\n".join(["#EXTM3U", *lines]))
    except PlaylistUnsupported:
        return


@pytest.mark.parametrize("character", list("\"',=@#:"))
def test_the_longest_lines_are_parsed_without_backtracking(character: str) -> None:
    try:
        media(*[f"#EXT-X-KEY:{character * 8100}{number}" for number in range(100)])
    except PlaylistUnsupported:
        return
