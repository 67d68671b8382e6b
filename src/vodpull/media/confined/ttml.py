"""
The cues of a TTML document, as MP4 files have it; a part of the confined child mp4_texts.py.

Only the standard library. What matters for who reads is taken: times, lines, slanted, bold and underlined text, and
what is shown at the top. Sources: W3C TTML2, 12.3 (time expressions) and 8 (content); IMSC 1.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

# Text in p in div in body, a few lines of it; more is no document of a person.
MAX_DEPTH, MAX_PIECES = 32, 1000
# How `br` stands among the text.
BREAK = "\u2028"
FOREVER_S = 1e6
CLOCK = re.compile(r"(\d{2,6}):(\d\d):(\d\d)(?:\.(\d{1,9})|:(\d{2,})(?:\.\d+)?)?")
OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|m|s|ms|f|t)")
SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
LOOKS = (
    ("fontStyle", ("italic", "oblique"), "i"),
    ("fontWeight", ("bold",), "b"),
    ("textDecoration", ("underline",), "u"),
)
CueText = tuple[tuple[float, float], str, str, str]


@dataclass
class _Frame:
    """An element that is open."""

    name: str
    span_s: tuple[float, float] = (0.0, FOREVER_S)
    looks: frozenset[str] = frozenset()
    region: str = ""


@dataclass
class _Document:
    rates: dict[str, float] = field(default_factory=lambda: {"f": 30.0, "t": 1.0})
    styles: dict[str, frozenset[str]] = field(default_factory=dict)
    tops: set[str] = field(default_factory=set)
    stack: list[_Frame] = field(default_factory=lambda: [_Frame("")])
    pieces: list[tuple[_Frame, str]] = field(default_factory=list)
    cues: list[CueText] = field(default_factory=list)


def cues_of_document(content: bytes) -> Iterator[CueText]:
    """
    Yield begin and end in seconds, an empty name, settings and text, in WebVTT's words, of each cue of a document.

    Raises:
        ValueError: it is no such document, or one whose times are no times of a film.
    """
    document, parser = _Document(), expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, said: _start(document, name, said)
    parser.EndElementHandler = lambda name: _end(document, _local(name))
    parser.CharacterDataHandler = lambda text: _add(document, text)
    parser.buffer_text = True
    try:
        parser.Parse(content, True)  # noqa: FBT003 - the parser takes no names
    except expat.ExpatError as error:
        raise ValueError("it is no XML") from error
    yield from document.cues


def _refuse(*_: Any) -> None:
    raise ValueError("a document type, whose entities could be anything")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _add(document: _Document, text: str) -> None:
    if len(document.pieces) >= MAX_PIECES:
        raise ValueError("a cue has too many parts")
    if any(frame.name == "p" for frame in document.stack):
        document.pieces.append((document.stack[-1], text))


def _start(document: _Document, name: str, said: dict[str, str]) -> None:
    said = {_local(key): value for key, value in said.items()}
    element, above = _local(name), document.stack[-1]
    if len(document.stack) > MAX_DEPTH:
        raise ValueError("the elements are too deep")
    if element == "tt":
        _take_rates(document, said)
    own = _looks(said).union(*(document.styles.get(name, ()) for name in said.get("style", "").split()))
    if element == "style" and "id" in said:
        document.styles[said["id"]] = own
    region = said.get("id", "") if element == "region" else said.get("region", above.region)
    # A region says it itself, or by a style inside of it.
    if said.get("displayAlign") == "before" and "region" in {element, above.name}:
        document.tops.add(region)
    if element == "br":
        _add(document, BREAK)
    document.stack.append(_Frame(element, _span_s(document, said, above.span_s), above.looks | own, region))


def _end(document: _Document, element: str) -> None:
    document.stack.pop()
    if element != "p":
        return
    for span_s in dict.fromkeys(frame.span_s for frame, text in document.pieces if text.strip()):
        own = [(frame, text) for frame, text in document.pieces if frame.span_s == span_s or text == BREAK]
        at_top = any(frame.region in document.tops for frame, text in own if text.strip())
        lines = "".join(_marked(frame, text) for frame, text in own).split("\n")
        text = "\n".join(filter(None, (line.strip() for line in lines)))
        document.cues.append((span_s, "", "line:0" if at_top else "", text))
    document.pieces.clear()


def _marked(frame: _Frame, text: str) -> str:
    if text == BREAK:
        return "\n"
    plain = re.sub(r"\s+", " ", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for _, _, mark in LOOKS if plain.strip() else ():
        plain = f"<{mark}>{plain}</{mark}>" if mark in frame.looks else plain
    return plain


def _looks(said: dict[str, str]) -> frozenset[str]:
    return frozenset(mark for name, wanted, mark in LOOKS if said.get(name, "") in wanted)


def _take_rates(document: _Document, said: dict[str, str]) -> None:
    if said.get("timeBase", "media") not in {"media", "smpte"}:
        raise ValueError("its times are those of a clock")
    times, _, by = said.get("frameRateMultiplier", "1 1").replace(":", " ").partition(" ")
    frames = _number(said.get("frameRate", "30")) * _number(times) / _number(by or "1")
    ticks = _number(said["tickRate"]) if "tickRate" in said else frames if "frameRate" in said else 1.0
    document.rates = {"f": frames, "t": ticks}


def _number(text: str) -> float:
    value = float(text) if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text.strip()) else 0.0
    if value <= 0:
        raise ValueError("a rate is none")
    return value


def _span_s(document: _Document, said: dict[str, str], above_s: tuple[float, float]) -> tuple[float, float]:
    """Return when an element is seen, which is never outside of what it is in."""
    begin_s = above_s[0] + _time_s(document, said["begin"]) if "begin" in said else above_s[0]
    ends = [above_s[1]]
    ends += [above_s[0] + _time_s(document, said["end"])] if "end" in said else []
    ends += [begin_s + _time_s(document, said["dur"])] if "dur" in said else []
    return begin_s, min(ends)


def _time_s(document: _Document, text: str) -> float:
    if offset := OFFSET.fullmatch(text.strip()):
        value, unit = float(offset[1]), offset[2]
        return value * SECONDS[unit] if unit in SECONDS else value / document.rates[unit]
    found = CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError("a time cannot be read")
    hours, minutes, seconds = (int(each) for each in found.groups()[:3])
    part = float(f"0.{found[4]}") if found[4] else int(found[5] or 0) / document.rates["f"]
    return hours * 3600 + minutes * 60 + seconds + part
