"""What is written of a track: the whole, its segments, their playlist, and its line in the playlist of the video."""

from __future__ import annotations

import m3u8
import pytest
import webvtt

from vodpull.captions import Cue, CueList, TextRendition, language_name, language_tag, tie, write_track
from vodpull.captions.cues import shifted
from vodpull.captions.languages import SPOKEN_ON_THE_WIRE
from vodpull.errors import ParameterError

TWO_HOURS_S = 7200.0
FILM = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="1",DEFAULT=YES,AUTOSELECT=YES,URI="a.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,AUDIO="sound"
v-01.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="sound"
v-02.m3u8
"""


def cue(start_s: float, end_s: float, text: str = "x") -> Cue:
    return Cue(start_ms=round(1000 * start_s), end_ms=round(1000 * end_s), text=text)


def test_a_cue_over_a_boundary_is_in_both_segments_with_its_own_times() -> None:
    written = write_track(CueList(cues=(cue(1, 2, "first"), cue(59.5, 60.5, "both"), cue(60, 61))), duration_s=150)
    segments = [webvtt.from_string(written.files[f"{number:05d}.vtt"].decode()) for number in (1, 2, 3)]
    assert [[each.raw_text for each in segment.captions] for segment in segments] == [
        ["first", "both"],
        ["both", "x"],
        [],
    ]
    assert {(each.start, each.end) for each in (segments[0][1], segments[1][0])} == {("00:00:59.500", "00:01:00.500")}
    assert all(segment.metadata == ["X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000"] for segment in segments)


def test_two_hours_are_in_time_from_the_first_cue_to_the_last() -> None:
    cues = tuple(cue(second + 0.04, second + 0.96, str(second)) for second in range(7200))
    written = write_track(shifted(CueList(cues=cues), 1480), duration_s=TWO_HOURS_S + 2)
    whole = webvtt.from_string(written.files["captions.vtt"].decode())
    assert (whole[0].start, whole[-1].end, len(whole)) == ("00:00:01.520", "02:00:01.440", 7200)
    playlist = m3u8.loads(written.files["captions.m3u8"].decode())
    assert playlist.is_endlist
    assert sum(segment.duration for segment in playlist.segments) == pytest.approx(TWO_HOURS_S + 2)
    assert [segment.uri for segment in playlist.segments] == [name for name in written.files if name[0] == "0"]
    assert max(segment.duration for segment in playlist.segments) <= playlist.target_duration


def test_what_a_shift_brings_before_the_beginning_is_cut_there() -> None:
    moved = shifted(CueList(cues=(cue(1, 2), cue(2.5, 4))), -3000)
    assert [(each.start_ms, each.end_ms) for each in moved.cues] == [(0, 1000)]
    assert moved.left_out == 1


def test_text_tracks_are_put_into_a_playlist_exchanged_and_taken_out() -> None:
    english = TextRendition(uri="en/captions.m3u8", name="English", language="en", is_default=True)
    signs = TextRendition(uri="x/captions.m3u8", name='Eng"lish', language="en", is_forced=True, is_for_deaf=True)
    tied = tie(FILM, [english, signs])
    parsed = m3u8.loads(tied)
    texts = [media for media in parsed.media if media.type == "SUBTITLES"]
    assert [(text.name, text.language, text.default, text.autoselect, text.forced, text.uri) for text in texts] == [
        ("English", "en", "YES", "YES", "NO", "en/captions.m3u8"),
        ("English 2", "en", "NO", "YES", "YES", "x/captions.m3u8"),
    ]
    sounds_in_words = "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound"
    assert [text.characteristics for text in texts] == [None, sounds_in_words]
    assert [variant.stream_info.subtitles for variant in parsed.playlists] == ["text", "text"]
    assert tie(tied, [english]) == tie(FILM, [english])
    assert tie(tied, []) == FILM
    assert tie("#EXTM3U\n#EXTINF:1,\na.m4s\n", [english]) == "#EXTM3U\n#EXTINF:1,\na.m4s\n"


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("en", "en"),
        ("ENG", "en"),
        ("pt_br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("ger", "de"),
        ("en-x-forced", "en-x-forced"),
        ("yue", "yue"),
        ("es-419", "es-419"),
    ],
)
def test_languages_are_written_in_one_way(written: str, tag: str) -> None:
    assert language_tag(written) == tag


@pytest.mark.parametrize("written", ["", "e", "english please", "../etc", "中文", "en-", "en/..", "x" * 36])
def test_what_is_no_language_is_refused(written: str) -> None:
    with pytest.raises(ParameterError):
        language_tag(written)


def test_languages_have_their_own_names() -> None:
    assert {tag: language_name(tag) for tag in ("en", "zh-TW", "vi", "pt-BR", "tlh", "en-x-forced")} == {
        "en": "English",
        "zh-TW": "繁體中文",
        "vi": "Tiếng Việt",
        "pt-BR": "Português (Brasil)",
        "tlh": "tlh",
        "en-x-forced": "English",
    }
    assert SPOKEN_ON_THE_WIRE["vt"] == ("vi", "Tiếng Việt")
