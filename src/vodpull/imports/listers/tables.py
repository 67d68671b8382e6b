"""Lists that people bring as a file: CSV with a heading, or one JSON object a line. Bounded, whatever is in them."""

from __future__ import annotations

import csv
import json
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from io import TextIOWrapper
from typing import Any, BinaryIO

from vodpull.captions import language_tag
from vodpull.errors import ParameterError
from vodpull.imports.entries import (
    LAST_MS,
    MAX_CAPTIONS,
    MAX_CATEGORIES,
    MAX_CATEGORY,
    MAX_DESCRIPTION,
    MAX_DURATION_MS,
    MAX_LABEL,
    MAX_NAME,
    MAX_ORIGIN_BYTES,
    MAX_REVISION,
    MAX_SIZE,
    BadEntry,
    Entry,
    EntryCaption,
)
from vodpull.imports.listers.values import records, time_ms, whole
from vodpull.wire_values import MAX_URL_CHARACTERS

MAX_LINE = 1 << 17
"""Characters of a line, or of a record of several lines."""

_GUESSED_FROM = 1 << 16
_LONGEST_CHARACTER = 3

COLUMNS = {
    "url": "url fetchurl fileurl source link 地址 视频地址",
    "id": "id originid oldid 编号",
    "name": "name filename title videoname 名称 标题",
    "video_id": "videoid",
    "description": "description videodescription 描述",
    "categories": "categories category classification 分类",
    "captions": "captions subtitles 字幕",
    "created_at": "createdat created createtime 创建时间",
    "blocked": "blocked",
    "poster_url": "posterurl poster thumbnail 封面",
    "size": "size sizebytes filesize",
    "duration": "duration durations",
    "revision": "revision md5",
}
"""By member: headings that mean it, in lower case and without blanks, `_` and `-`."""

_COLUMN_OF = {heading: name for name, headings in COLUMNS.items() for heading in headings.split()}
_URL = re.compile(r"(?:https?|s3|gs|az|file)://[^/\s]|[a-z][a-z0-9-]{0,62}:[^/\\]", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_VIDEO_ID = re.compile("[0-9A-Fa-f]{32}", re.ASCII)
_TRUE, _FALSE = {"true", "1", "yes", "y"}, {"", "false", "0", "no", "n"}

Members = Mapping[str, Any]


class _Bad(ValueError):
    """Why a line is no video."""


def read_jsonl(file: BinaryIO) -> Iterator[Entry | BadEntry]:
    """Give what is in a file of one JSON object a line, in UTF-8; empty lines are passed over."""
    for number, line in _lines(file):
        if line is None:
            yield BadEntry(line=number, reason=f"it is longer than {MAX_LINE} bytes")
        elif line.strip():
            yield _read(number, partial(_of_json, line))


def read_csv(file: BinaryIO) -> Iterator[Entry | BadEntry]:
    """
    Give what is in a CSV file: with a heading, in UTF-8, UTF-16 or GB 18030, parted by commas, semicolons or tabs.

    Raises:
        ParameterError: its heading names no column `url`.
    """
    lines = TextIOWrapper(file, encoding=_encoding(file), errors="surrogateescape", newline="")
    bounded = _bounded(lines)
    heading = next(bounded, "").removeprefix("\ufeff")
    parted_by = max(",;\t", key=heading.count)
    columns = [_column(cell) for cell in next(csv.reader([heading], delimiter=parted_by), [])]
    if "url" not in columns:
        raise ParameterError("the first line of the CSV file names no column `url`", field="file")
    for number, cells in _records(bounded, parted_by):
        if cells is None:
            yield BadEntry(line=number, reason="its quotes do not close or stand inside a field, or it is too long")
        elif any(cell.strip() for cell in cells):
            yield _read(number, partial(_of_cells, columns, cells))


def _records(lines: Iterator[str], parted_by: str) -> Iterator[tuple[int, list[str] | None]]:
    """
    Give the cells of each record with the number of its first line; None where a line begins none.

    What follows a quote that does not close is no part of it: the next line is read for itself.
    """
    ahead: deque[str] = deque()
    number = 2
    while True:
        taken: list[str] = []
        try:
            cells = next(csv.reader(_taking(ahead, lines, taken), delimiter=parted_by, strict=True), None)
        except csv.Error:
            ahead.extendleft(reversed(taken[1:]))
            yield number, None
            number += 1
            continue
        if cells is None:
            return
        yield number, cells
        number += len(taken)


def _taking(ahead: deque[str], lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    """Give lines, at first those that were read before, and keep what was given; no more than a record may have."""
    size = 0
    while size <= MAX_LINE and (line := ahead.popleft() if ahead else next(lines, "")):
        taken.append(line)
        size += len(line)
        yield line


def _read(number: int, make: Callable[[], Entry]) -> Entry | BadEntry:
    try:
        return replace(make(), line=number)
    except _Bad as bad:
        return BadEntry(line=number, reason=str(bad))


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Give lines with their numbers; None in place of one that is too long."""
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        is_long = len(line) > MAX_LINE
        while is_long and not line.endswith(b"\n") and line:
            line = file.readline(MAX_LINE)
        yield number, None if is_long else line.removeprefix(BOM_UTF8) if number == 1 else line


def _bounded(lines: TextIOWrapper) -> Iterator[str]:
    """Give lines of text; in place of one that is too long, a field that the reader refuses."""
    while line := lines.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            rest = line
            while rest and not rest.endswith("\n"):
                rest = lines.readline(MAX_LINE)
            line = f"{(MAX_LINE + 1) * '-'}\n"
        yield line


def _encoding(file: BinaryIO) -> str:
    """Return how a file is written: as its first bytes say, else UTF-8 if it is, else as spreadsheets in China do."""
    begin = file.read(_GUESSED_FROM)
    file.seek(0)
    if begin.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    for cut in range(_LONGEST_CHARACTER + 1):
        try:
            begin[: len(begin) - cut].decode()
        except UnicodeDecodeError:
            continue
        return "utf-8"
    try:
        begin.decode("gb18030")
    except UnicodeDecodeError:
        return "utf-8"
    return "gb18030"


def _column(cell: str) -> str:
    return _COLUMN_OF.get(re.sub(r"[\s_-]", "", cell).lower(), "")


def _of_cells(columns: list[str], cells: list[str]) -> Entry:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        raise _Bad(f"it has {len(cells)} fields, the heading {len(columns)}: quote fields with the separator in them")
    told = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
    captions = re.split(r"[\s;|]+", told.get("captions", ""))
    members: dict[str, Any] = {
        **told,
        "categories": re.split(r"\s*[;|]\s*", told.get("categories", "")),
        "captions": [dict(zip(("language", "url"), each.split("=", 1), strict=False)) for each in captions if each],
    }
    return _entry(members)


def _of_json(line: bytes) -> Entry:
    try:
        members = json.loads(line.decode())
    except UnicodeDecodeError:
        raise _Bad("it is not UTF-8") from None
    except (ValueError, RecursionError):
        raise _Bad("it is not JSON") from None
    if not isinstance(members, dict):
        raise _Bad("it is not a JSON object")
    return _entry({_column(name) or name: value for name, value in members.items()})


def _entry(members: Members) -> Entry:
    url, video_id = _url(members, "url"), _word(members, "video_id", 64)
    if video_id and not _VIDEO_ID.fullmatch(video_id):
        raise _Bad("its video_id is not 32 hexadecimal digits")
    created = members.get("created_at")
    return Entry(
        origin_id=_id(members, video_id or url),
        url=url,
        name=_word(members, "name", MAX_NAME),
        video_id=video_id or None,
        description=_word(members, "description", MAX_DESCRIPTION),
        categories=_categories(members.get("categories")),
        created_at=None if created is None or created == "" else _time(created),
        blocked=_flag(members.get("blocked")),
        captions=_captions(members.get("captions")),
        poster_url=_word(members, "poster_url", MAX_URL_CHARACTERS) or None,
        size=_size(members.get("size")),
        duration_ms=_duration(members.get("duration")),
        revision=_word(members, "revision", MAX_REVISION),
    )


def _url(members: Members, name: str) -> str:
    url = _word(members, name, MAX_URL_CHARACTERS)
    if not url:
        raise _Bad(f"it has no {name}")
    if not _URL.match(url) or _CONTROL.search(url):
        raise _Bad(f"its {name} is none: write http, https, or s3://name/key of a store that the service has")
    return url


def _id(members: Members, otherwise: str) -> str:
    told = _word(members, "id", MAX_ORIGIN_BYTES)
    if len((told or otherwise).encode()) > MAX_ORIGIN_BYTES:
        raise _Bad(f"its id, or the url in its place, is longer than {MAX_ORIGIN_BYTES} bytes: give it a shorter id")
    return told or otherwise


def _word(members: Members, name: str, longest: int) -> str:
    value = members.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise _Bad(f"{name} is no text")
    if re.search("[\ud800-\udfff]", value or ""):
        raise _Bad(f"{name} has bytes that are no text in the encoding of the file")
    word = (value or "").strip()
    if len(word) > longest or "\x00" in word:
        raise _Bad(f"{name} is longer than {longest} characters, or has a NUL")
    return word


def _time(value: object) -> int:
    found = time_ms(value)
    if found is None or not 0 <= found <= LAST_MS:
        raise _Bad("created_at is no time since 1970: write 2024-05-31T12:00:00Z, or seconds since 1970")
    return found


def _flag(value: object) -> bool:
    word = str(value if value is not None else "").strip().lower()
    if word not in _TRUE | _FALSE:
        raise _Bad("blocked is neither true nor false")
    return word in _TRUE


def _size(value: object) -> int | None:
    """Return a size, which is a hint only: what is no number of bytes counts as unknown."""
    found = whole(value)
    return found if found is not None and found <= MAX_SIZE else None


def _duration(value: object) -> int | None:
    found = whole(value)
    return None if found is None or found * 1000 > MAX_DURATION_MS else round(float(str(value)) * 1000)


def _categories(value: object) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value or []
    if not isinstance(names, list) or len(names) > MAX_CATEGORIES or not all(isinstance(name, str) for name in names):
        raise _Bad(f"categories are no list of at most {MAX_CATEGORIES} names")
    return tuple(_word({"a category": name}, "a category", MAX_CATEGORY) for name in names if name.strip())


def _captions(value: object) -> tuple[EntryCaption, ...]:
    found = records(value)
    if value and (not isinstance(value, list) or len(found) != len(value) or len(found) > MAX_CAPTIONS):
        raise _Bad(f"captions are no list of at most {MAX_CAPTIONS} files")
    kept: dict[str, EntryCaption] = {}
    for each in found:
        caption = _caption(each)
        if caption.language in kept or (caption.default and any(other.default for other in kept.values())):
            raise _Bad("captions have a language twice, or several are the default")
        kept[caption.language] = caption
    return tuple(kept.values())


def _caption(members: Members) -> EntryCaption:
    try:
        url, language = _url(members, "url"), language_tag(_word(members, "language", MAX_NAME))
    except (_Bad, ParameterError):
        how = "in CSV en=https://host/file.vtt, several parted by blanks; a language is as en, pt-BR or zh-Hant"
        raise _Bad(f"captions need url and language: {how}") from None
    label = _word(members, "label", MAX_LABEL)
    return EntryCaption(url=url, language=language, label=label, default=members.get("default") is True)
