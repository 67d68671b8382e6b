from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from vodpull.api.v1.imports.shapes import NewBadLine, NewEntry
from vodpull.cli.library.import_lists import as_sent
from vodpull.errors import ParameterError
from vodpull.imports.entries import BadEntry, Entry, EntryCaption
from vodpull.imports.listers.csv_and_jsonl import MAX_LINE, read_csv, read_jsonl

FULL = Entry(
    origin_id="7",
    url="https://h.test/a.mp4",
    name="开幕, the opening",
    video_id="0" * 32,
    description="d",
    categories=("news/local", "sport"),
    created_at=1_577_836_800_000,
    blocked=True,
    playback="signed",
    captions=(EntryCaption(url="https://h.test/a.vtt", language="en", label="", default=False),),
    poster_url="https://h.test/a.jpg",
    size=9,
    duration_ms=1500,
    revision="r",
    line=2,
)
HEADING = (
    "id,url,name,video_id,description,categories,captions,created_at,blocked,poster_url,size,duration,revision,playback"
)
LINE = (
    f'7,https://h.test/a.mp4,"开幕, the opening",{32 * "0"},d,news/local; sport,en=https://h.test/a.vtt,'
    "2020-01-01T00:00:00Z,yes,https://h.test/a.jpg,9,1.5,r,signed"
)
RECORD = {
    "id": 7,
    "url": "https://h.test/a.mp4",
    "name": "开幕, the opening",
    "video_id": 32 * "0",
    "description": "d",
    "categories": ["news/local", "sport"],
    "captions": [{"url": "https://h.test/a.vtt", "language": "en"}],
    "created_at": 1577836800,
    "blocked": True,
    "playback": "signed",
    "poster_url": "https://h.test/a.jpg",
    "size": 9,
    "duration": 1.5,
    "revision": "r",
    "what_nobody_knows": {},
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_spreadsheet_is_read_however_it_was_saved(encoding: str, end: str) -> None:
    text = end.join([HEADING, LINE, "", ",,,"])
    assert list(read_csv(io.BytesIO(text.encode(encoding)))) == [FULL]


@pytest.mark.parametrize("parted_by", [";", "\t"])
def test_fields_may_be_parted_by_other_signs(parted_by: str) -> None:
    text = f"URL{parted_by}File Name\nhttps://h.test/a.mp4{parted_by}a"
    assert list(read_csv(io.BytesIO(text.encode()))) == [
        Entry(origin_id="https://h.test/a.mp4", url="https://h.test/a.mp4", name="a", line=2)
    ]


def test_each_line_of_json_is_a_video() -> None:
    lines = f"\ufeff{json.dumps(RECORD)}\r\n\n{json.dumps({'url': 'archive:b.mp4'})}"
    assert list(read_jsonl(io.BytesIO(lines.encode()))) == [
        replace(FULL, line=1),
        Entry(origin_id="archive:b.mp4", url="archive:b.mp4", line=3),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"url": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b"{}", "no url"),
        (b'{"url": 5.5}', "url is no text"),
        (b'{"url": "a.mp4"}', "its url is none"),
        (b'{"url": "ftp://h/a.mp4"}', "its url is none"),
        (b'{"url": "https://h/\\u0000"}', "has a NUL"),
        (b'{"url": "https://h/' + 9000 * b"a" + b'"}', "longer than 8192"),
        (b'{"url": "https://h/a", "name": []}', "name is no text"),
        (b'{"url": "https://h/a", "name": "\\ud800"}', "name has bytes"),
        (b'{"url": "https://h/a", "categories": 1}', "categories are no list"),
        (b'{"url": "https://h/a", "categories": [1]}', "categories are no list"),
        (b'{"url": "https://h/a", "captions": ["x"]}', "captions are no list"),
        (b'{"url": "https://h/a", "captions": [{"url": "https://h/a.vtt"}]}', "captions need url and language"),
        (b'{"url": "https://h/a", "created_at": "yesterday"}', "created_at is no time"),
        (b'{"url": "https://h/a", "created_at": []}', "created_at is no time"),
        (b'{"url": "https://h/a", "created_at": "0001-01-01"}', "created_at is no time since 1970"),
        (b'{"url": "https://h/a", "created_at": "9999-12-31"}', "created_at is no time since 1970"),
        (b'{"url": "https://h/a", "video_id": "short"}', "32 hexadecimal"),
        (b'{"url": "https://h/a", "name": "a\\u0000"}', "has a NUL"),
        (b'{"url": "https://h/a", "name": "' + 256 * b"a" + b'"}', "name is longer than 255"),
        (b'{"url": "https://h/a", "description": "' + 5001 * b"a" + b'"}', "description is longer than 5000"),
        (b'{"url": "https://h/a", "id": "' + 1025 * b"a" + b'"}', "id is longer than 1024"),
        (b'{"url": "https://h/a?' + 1025 * b"a" + b'"}', "give it a shorter id"),
        (b'{"url": "https://h/a", "categories": ["' + 101 * b"a" + b'"]}', "category is longer than 100"),
        (b'{"url": "https://h/a", "captions": [{"url": "https://h/a.vtt", "language": "klingonisch"}]}', "pt-BR"),
        (b'{"url": "https://h/a", "captions": [{"url": "https://h/a.vtt", "language": 5}]}', "pt-BR"),
        (
            b'{"url": "https://h/a", "captions": [{"url": "s:a", "language": "en"}, {"url": "s:b", "language": "EN"}]}',
            "language twice",
        ),
        (b'{"url": "https://h/a", "blocked": "perhaps"}', "blocked is neither"),
        (b'{"url": "https://h/a", "playback": "private"}', "playback is neither"),
        (b'{"url": "https://h/a' + MAX_LINE * b"a" + b'"}', f"longer than {MAX_LINE}"),
    ],
)
def test_a_bad_line_of_json_is_told_by_number_and_reason_and_harms_no_other(line: bytes, reason: str) -> None:
    good = b'{"url": "https://h/good.mp4"}'
    first, bad, last = read_jsonl(io.BytesIO(b"\n".join([good, line, good])))
    assert isinstance(bad, BadEntry)
    assert bad.line == 2
    assert reason in bad.reason
    assert isinstance(first, Entry)
    assert (first.line, replace(first, line=3)) == (1, last)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b",a,", "no url"),
        (b"https://h/a,a,en=https://h/a.vtt,too,many", "it has 5 fields, the heading 3"),
        (b"nonsense,a,", "its url is none"),
        (b"https://h/a,\xff\xfe,", "no text in the encoding"),
        (b"https://h/a,a,https://h/a.vtt", "captions need url and language"),
        (b"https://h/a," + 140_000 * b"a" + b",", "too long"),
    ],
)
def test_a_bad_line_of_a_table_is_told_by_number_and_reason(line: bytes, reason: str) -> None:
    text = b"url,name,captions\n" + "https://h/é.mp4,a,\n".encode() + line + b"\nhttps://h/good.mp4,b,\n"
    first, bad, last = read_csv(io.BytesIO(text))
    assert isinstance(bad, BadEntry)
    assert bad.line == 3
    assert reason in bad.reason
    assert [each.name for each in (first, last) if isinstance(each, Entry)] == ["a", "b"]


@pytest.mark.parametrize(
    "line", ['https://h/a,"open', '"https://h/a', 'https://h/a,"6" screen', 'https://h/a,"a\nhttps://h/b.mp4,"b"']
)
def test_a_quote_that_never_closes_takes_no_other_line_with_it(line: str) -> None:
    good = "".join(f"https://h/{number}.mp4,b\n" for number in range(6_000))
    found = list(read_csv(io.BytesIO(f'url,name\n{line}\n{good}https://h/last,"two\nlines"\n'.encode())))
    assert [each.line for each in found if isinstance(each, BadEntry)] == [2]
    entries = [each for each in found if isinstance(each, Entry)]
    assert [each.url for each in entries[-6_001:]] == [
        *(f"https://h/{n}.mp4" for n in range(6_000)),
        "https://h/last",
    ]
    assert entries[-1].name == "two\nlines"


@pytest.mark.parametrize("text", [b"", b"\n", b"name,id\n", b"https://h/a.mp4\n", b"\x00\xff" * 100])
def test_a_table_without_a_heading_is_refused(text: bytes) -> None:
    with pytest.raises(ParameterError, match="url"):
        list(read_csv(io.BytesIO(text)))


VALUES: list[object] = [None, True, -1, 10**30, 1e300, "", "\x00", "x" * 9000, [], [[]], {}, [{}]]
STRANGE = [json.dumps(value) for value in VALUES]


@pytest.mark.parametrize("name", RECORD)
def test_whatever_a_member_is_what_is_read_is_what_the_service_takes(name: str) -> None:
    others = json.dumps({key: value for key, value in RECORD.items() if key != name})[1:-1]
    lines = "\n".join(f'{{{others}, "{name}": {value}}}' for value in [*STRANGE, "NaN"])
    found = list(read_jsonl(io.BytesIO(lines.encode())))
    assert [each.line for each in found] == list(range(1, len(STRANGE) + 2))
    for each in found:
        sent = as_sent(each)
        (NewBadLine if isinstance(each, BadEntry) else NewEntry).model_validate(sent)
