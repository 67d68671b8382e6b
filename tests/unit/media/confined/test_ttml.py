"""Documents of TTML as cues: their clocks, their looks, and what is no document."""

from __future__ import annotations

import pytest

from vodpull.media.confined.mp4_texts import Cues, webvtt
from vodpull.media.confined.ttml import MAX_PIECES, cues_of_document

HEAD = (
    '<head><styling><style xml:id="s" tts:fontStyle="italic"/></styling><layout>'
    '<region xml:id="top"><style tts:displayAlign="before"/></region><region xml:id="low" tts:displayAlign="after"/>'
    "</layout></head>"
)


def document(body: str, said: str = "") -> bytes:
    names = 'xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling"'
    return f'<tt {names} xmlns:ttp="http://www.w3.org/ns/ttml#parameter" {said}>{HEAD}{body}</tt>'.encode()


def cues(body: str, said: str = "") -> list[tuple[float, float, str, str]]:
    found = cues_of_document(document(f"<body>{body}</body>", said))
    return [(round(begin, 3), round(end, 3), settings, text) for (begin, end), _, settings, text in found]


@pytest.mark.parametrize(
    ("times", "said", "expected"),
    [
        ('begin="00:00:01.500" end="00:00:02"', "", (1.5, 2.0)),
        ('begin="90000t" end="180000t"', 'ttp:tickRate="90000"', (1.0, 2.0)),
        ('begin="00:00:01:12" dur="1s"', 'ttp:frameRate="24"', (1.5, 2.5)),
        ('begin="24f" end="48f"', 'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"', (1.001, 2.002)),
        ('begin="1.5s" dur="500ms"', "", (1.5, 2.0)),
        ('begin="1m"', "", (60.0, 1e6)),
    ],
)
def test_every_form_of_a_time_is_read(times: str, said: str, expected: tuple[float, float]) -> None:
    assert cues(f"<div><p {times}>a</p></div>", said) == [(*expected, "", "a")]


def test_times_count_from_what_is_around_and_end_with_it() -> None:
    inner = '<div begin="10s" end="15s"><p begin="1s" end="9s">a <span begin="1s" end="2s">b</span></p></div>'
    assert cues(inner) == [(11.0, 15.0, "", "a"), (12.0, 13.0, "", "b")]


def test_looks_lines_and_places_stay_and_markup_is_text() -> None:
    body = (
        '<div><p begin="0s" end="1s" region="top">\n  <span style="s">first</span><br/>\n '
        "second &lt;script&gt; &amp;</p>"
        '<p begin="1s" end="2s" region="low" tts:fontWeight="bold">third</p></div>'
    )
    assert cues(body) == [
        (0.0, 1.0, "line:0", "<i>first</i>\nsecond &lt;script&gt; &amp;"),
        (1.0, 2.0, "", "<b>third</b>"),
    ]


BILLION = b'<!DOCTYPE tt [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><tt>&b;</tt>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no document",
        b"<tt><body>",
        BILLION,
        BILLION.decode().encode("utf-16"),
        document('<body><p begin="soon">a</p></body>'),
        document('<body><p begin="1s">a</p></body>', 'ttp:timeBase="clock"'),
        document('<body><p begin="1f">a</p></body>', 'ttp:frameRate="0"'),
        document("<body>" + "<div>" * 100 + "</div>" * 100 + "</body>"),
        document("<body><p>" + "a<br/>" * MAX_PIECES + "</p></body>"),
    ],
    ids=["empty", "text", "cut", "entities", "entities in UTF-16", "time", "clock", "rate", "deep", "parts"],
)
def test_what_is_no_document_of_a_film_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        list(cues_of_document(content))


def test_cues_of_samples_that_follow_each_other_are_one_and_none_ends_another() -> None:
    found = Cues()
    for span_s in ((0.0, 1.0), (1.0, 2.0), (3.0, 4.0)):
        found.add(span_s, ("", "line:0", "a\n\n00:00.000 --> 00:09.000\0"))
    found.add((5.0, 5.0), ("", "", "never seen"))
    text = "line:0\na\n00:00.000 --&gt; 00:09.000"
    blocks = ["WEBVTT", f"00:00:00.000 --> 00:00:02.000 {text}", f"00:00:03.000 --> 00:00:04.000 {text}"]
    assert webvtt(found) == "\n\n".join(blocks) + "\n"
