"""Caption files of every form become the same cues, and damaged ones are refused with the line."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodpull.captions import Cue, kept_within, read_track, write_track
from vodpull.captions.limits import MAX_AT_ONCE, MAX_BYTES, MAX_CUES
from vodpull.errors import CaptionInvalid

SUBRIP = "1\n00:00:01,000 --> 00:00:02,500\nHello\nworld\n\n2\n00:00:03,000 --> 00:00:04,000\n你好\n"
WEBVTT = (
    "WEBVTT - a title\n\nNOTE a remark\n\nSTYLE\n::cue { color: red }\n\n"
    "intro\n00:01.000 --> 00:02.500 line:0 region:x\n<v Ann>Hi</v>\n"
)
ASS = r"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, and so on
Style: Default,Arial,20,&H00FFFFFF,&H000000FF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,nobody sees this
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\an8}One{\i1} & <two>{\i0}\NThree, four
Dialogue: 1,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\an8\bord3}One{\i1} & <two>{\i0}\NThree, four
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\p1}m 0 0 l 100 0 100 100{\p0}
"""


def cues(text: str | bytes) -> list[tuple[int, int, str, str]]:
    data = text if isinstance(text, bytes) else text.encode()
    return [(cue.start_ms, cue.end_ms, cue.text, cue.settings) for cue in read_track(data).cues]


def test_each_form_is_read() -> None:
    assert cues(SUBRIP) == [(1000, 2500, "Hello\nworld", ""), (3000, 4000, "你好", "")]
    assert cues(WEBVTT) == [(1000, 2500, "<v Ann>Hi</v>", "line:0")]
    assert cues(ASS) == [(1000, 2500, "One<i> &amp; &lt;two&gt;</i>\nThree, four", "line:0")]
    assert read_track(ASS.encode()).left_out == 1  # the drawing


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + SUBRIP.encode(),
        codecs.BOM_UTF16_LE + SUBRIP.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + SUBRIP.encode("utf-16-be"),
        SUBRIP.encode("utf-16-le"),
        SUBRIP.encode("gb18030"),
        SUBRIP.replace("\n", "\r\n").encode(),
        SUBRIP.replace("1\n", "", 1).encode(),
    ],
)
def test_each_encoding_is_recognised(data: bytes) -> None:
    assert cues(data) == cues(SUBRIP)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (SUBRIP.replace("00:00:03,000", "00:00:xx"), 7),
        (SUBRIP.replace("00:00:03,000", "00:61:03,000"), 7),
        (SUBRIP.replace("00:00:04,000", "00:00:02,000"), 7),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n00:03.000 -->", 5),
        (ASS.replace("0:00:03.00", "0:00:03:x"), 13),
        (ASS.replace("&H00FFFFFF", "red"), 6),
        (ASS[: ASS.rindex(",,")], 13),
        ("hello", 1),
        ("", 1),
        (SUBRIP.replace("你好", "x\x00"), 8),
        (SUBRIP.replace("你好", "x" * 5000), 7),
    ],
)
def test_what_is_damaged_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(CaptionInvalid, match=rf"^line {line}: "):
        read_track(text.encode())


def test_a_text_in_an_encoding_of_the_west_is_refused_instead_of_read_as_chinese() -> None:
    with pytest.raises(CaptionInvalid, match=r"^line 8: the text is neither"):
        read_track(SUBRIP.replace("你好", "déjà vécu hôtel").encode("latin-1"))


def test_limits_are_told() -> None:
    many = "\n".join(f"{n}\n00:00:00,{n % 900:03d} --> 00:00:00,{n % 900 + 1:03d}\nx\n" for n in range(MAX_CUES + 1))
    with pytest.raises(CaptionInvalid, match="more than 20000 cues"):
        read_track(many.encode())
    with pytest.raises(CaptionInvalid, match="larger than"):
        read_track(bytes(MAX_BYTES + 1))
    crowd = "\n".join(f"{n}\n00:00:01,000 --> 01:00:00,000\nx\n" for n in range(MAX_AT_ONCE + 1))
    with pytest.raises(CaptionInvalid, match="seen at once"):
        read_track(crowd.encode())


def test_ten_thousand_cues_are_written_and_counted() -> None:
    text = "\n".join(
        f"{n}\n00:{n // 60 % 60:02d}:{n % 60:02d},000 --> 00:{n // 60 % 60:02d}:{n % 60:02d},900\nx{n}\n"
        for n in range(10_000)
    )
    assert write_track(read_track(text.encode()), duration_s=3600).cues == 10_000


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("<script>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)>look", "look"),
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        ("<b>bold</b> &amp; <font color=red>red</font>", "<b>bold</b> &amp; red"),
        ("<c.yellow>x</c><v.loud Bob & co>hi", "<c.yellow>x</c><v Bob &amp; co>hi"),
        ("one<br/>two", "one\ntwo"),
        ("<<b>i>x", "&lt;<b>i&gt;x"),
        ("{\\i1}slanted{\\i0}", "slanted"),
    ],
)
def test_only_markup_of_webvtt_is_left(said: str, seen: str) -> None:
    assert cues(f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n")[0][2] == seen


def test_cues_that_overlap_are_all_seen() -> None:
    second = SUBRIP.replace("00:00:03,000", "00:00:02,000")
    assert [span[:2] for span in cues(second)] == [(1000, 2500), (2000, 4000)]
    assert write_track(read_track(second.encode()), duration_s=10).cues == 2


def test_cues_beyond_the_end_are_left_out() -> None:
    track = kept_within(read_track(SUBRIP.encode()), 2.0)
    assert [(cue.end_ms, cue.line) for cue in track.cues] == [(2000, 2)]
    assert track.left_out == 1
    with pytest.raises(CaptionInvalid, match="no cue within the 0 s"):
        kept_within(read_track(SUBRIP.encode()), 0.5)


@given(st.text(alphabet="<>&/;-!.ab vcilang\n\"'\\{}#0123456789:", max_size=120))
def test_whatever_a_cue_says_it_is_written_as_one_cue(said: str) -> None:
    before = SUBRIP.replace("你好", said.replace("-->", ""))
    track = read_track(before.encode())
    assert write_track(track, duration_s=10).cues == len(track.cues) <= 2


@given(st.binary(max_size=300), st.sampled_from([SUBRIP, WEBVTT, ASS]), st.integers(0, 400))
def test_no_bytes_lead_to_anything_but_cues_or_a_refusal(junk: bytes, text: str, at: int) -> None:
    data = text.encode()
    try:
        track = read_track(data[:at] + junk + data[at + len(junk) :])
    except CaptionInvalid:
        return
    assert all(isinstance(cue, Cue) for cue in track.cues)
