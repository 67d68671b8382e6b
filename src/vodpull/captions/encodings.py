"""The text of a caption file from its bytes: UTF-8, UTF-16 and GB18030 are recognised. Pure."""

from __future__ import annotations

import codecs
import re

from vodpull.errors import CaptionInvalid

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# In UTF-16, of a text with times in it, nearly every second byte of those is zero.
_SAMPLE_BYTES = 4096
_MOSTLY = 0.3
# Western letters that are read as GB18030 become Chinese ones in the middle of words.
_WITHIN_WORD = re.compile(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_FEW = 0.5


def decoded(data: bytes) -> str:
    """
    Return a file as text, with line feeds alone between its lines.

    Raises:
        CaptionInvalid: it is none, or in another encoding.
    """
    text = _decoded(data)
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise CaptionInvalid("the file is no text", line=line)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], name)
    head = data[:_SAMPLE_BYTES]
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = head[first::2]
        if half and half.count(0) > _MOSTLY * len(half):
            return _strictly(data, name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = data.count(b"\n", 0, error.start) + 1
        return _chinese(data, line=at)


def _strictly(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(name, errors="replace").count("\n") + 1
        raise CaptionInvalid(f"the file begins as {name.upper()} and goes on as something else", line=line) from error


def _chinese(data: bytes, *, line: int) -> str:
    why = "the text is neither UTF-8 nor UTF-16 nor GB18030"
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise CaptionInvalid(why, line=line) from error
    foreign = len(_FOREIGN.findall(text))
    if len(_WITHIN_WORD.findall(text)) > _FEW * foreign:
        raise CaptionInvalid(why, line=line)
    return text
