"""Reading what people paste or drop: one URL per line, or a CSV file. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from vodpull.errors import ParameterError
from vodpull.jobs.submission.file_and_video_names import MAX_FILE_NAME_CHARS, name_in_url
from vodpull.jobs.submission.pull_request_limits import MAX_ITEMS, PullItem
from vodpull.url_limits import MAX_URL_CHARACTERS
from vodpull.wire_values import MD5_PATTERN

_COLUMNS = {"url": "url", "fetchurl": "url", "name": "name", "filename": "name", "md5": "md5"}
"""Headings that a CSV file may have, in lower case and without `_` and spaces."""


def read_sources(pasted: str, *, file_name: str = "", file_text: str = "") -> tuple[PullItem, ...]:
    """
    Return the sources of pasted lines and of a file: CSV when its name ends so, else one URL per line.

    A CSV file has the columns url, name, md5, in this order or as its heading says; empty lines and lines that begin
    with `#` are passed over.

    Raises:
        ParameterError: nothing is there, too much is there, or a line cannot be used; the message names the line.
    """
    rows = _lines(pasted)
    rows += _table(file_text) if file_name.lower().endswith(".csv") else _lines(file_text)
    if not rows:
        raise ParameterError("there is no URL", field="urls")
    if len(rows) > MAX_ITEMS:
        raise ParameterError(f"{len(rows)} URLs are too many for one task; the most is {MAX_ITEMS}", field="urls")
    return tuple(_item(number, row) for number, row in rows)


Row = tuple[int, dict[str, str]]
"""Number of the line, from 1, and its fields."""


def _lines(text: str) -> list[Row]:
    numbered = enumerate(text.splitlines(), start=1)
    return [(number, {"url": line.strip()}) for number, line in numbered if not _is_idle(line)]


def _is_idle(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _table(text: str) -> list[Row]:
    try:
        # Ends of lines are read here: the reader below takes no lonely carriage return.
        return _rows(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=None)))
    except csv.Error as error:
        raise ParameterError("the file cannot be read as a table", field="file") from error


def _rows(lines: Iterable[list[str]]) -> list[Row]:
    order = ["url", "name", "md5"]
    rows: list[Row] = []
    for number, cells in enumerate(lines, start=1):
        if not cells or _is_idle(",".join(cells)):
            continue
        headings = [_COLUMNS.get(re.sub(r"[_\s]", "", cell).lower(), "") for cell in cells]
        if not rows and "url" in headings:
            order = headings
            continue
        rows.append((number, dict(zip(order, (cell.strip() for cell in cells), strict=False))))
    return rows


def _item(number: int, row: dict[str, str]) -> PullItem:
    url, name, md5 = row.get("url", ""), row.get("name", ""), row.get("md5", "")
    if not re.match(r"(?:https?|s3|gs|az|file)://[^\s/]", url, re.IGNORECASE) or re.search(r"[\x00-\x20\x7f]", url):
        raise ParameterError(f"line {number} is not a URL of the web or of a store", field="urls")
    if len(url) > MAX_URL_CHARACTERS:
        raise ParameterError(f"the URL in line {number} is longer than {MAX_URL_CHARACTERS} characters", field="urls")
    if len(name) > MAX_FILE_NAME_CHARS or "\x00" in name:
        raise ParameterError(f"the name in line {number} is longer than {MAX_FILE_NAME_CHARS} characters", field="urls")
    if md5 and not re.fullmatch(MD5_PATTERN, md5):
        raise ParameterError(f"the md5 in line {number} is not 32 hexadecimal digits", field="urls")
    return PullItem(file_name=name or name_in_url(url), fetch_url=url, md5=md5)
