"""Lists that people bring as a file: CSV with a heading, or one JSON object a line. Bounded, whatever is in them."""

from __future__ import annotations

import csv
import json
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from io import TextIOWrapper
from typing import Any, BinaryIO

from vodpull.errors import ParameterError
from vodpull.imports.entries import BadEntry, Entry
from vodpull.imports.listers.list_line_members import Unfit, read_members

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
    "playback": "playback",
    "poster_url": "posterurl poster thumbnail 封面",
    "size": "size sizebytes filesize",
    "duration": "duration durations",
    "revision": "revision md5",
}
"""By member: headings that mean it, in lower case and without blanks, `_` and `-`."""

_COLUMN_OF = {heading: name for name, headings in COLUMNS.items() for heading in headings.split()}


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
    except Unfit as bad:
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
        raise Unfit(f"it has {len(cells)} fields, the heading {len(columns)}: quote fields with the separator in them")
    told = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
    captions = re.split(r"[\s;|]+", told.get("captions", ""))
    members: dict[str, Any] = {
        **told,
        "categories": [label.strip() for label in re.split("[;|]", told.get("categories", ""))],
        "captions": [dict(zip(("language", "url"), each.split("=", 1), strict=False)) for each in captions if each],
    }
    return read_members(members)


def _of_json(line: bytes) -> Entry:
    try:
        members = json.loads(line.decode())
    except UnicodeDecodeError:
        raise Unfit("it is not UTF-8") from None
    except (ValueError, RecursionError):
        raise Unfit("it is not JSON") from None
    if not isinstance(members, dict):
        raise Unfit("it is not a JSON object")
    return read_members({_column(name) or name: value for name, value in members.items()})
