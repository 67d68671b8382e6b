"""
Text that is drawn into pictures: one ASS script, whatever the file was, with font, size and outline. Pure.

How a plan carries it: `media/plan/burnt_in/burnt_text.py`. Texts that players switch on and off: `writing.py`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pysubs2

from vodpull.captions.cues import CueList, kept_within, shifted
from vodpull.captions.encodings import decoded
from vodpull.captions.reading import is_script, parsed_script, read_track

MAX_SCRIPT_BYTES = 1024 * 1024
"""It is part of every plan; of an hour, what is said has a tenth of it."""

LOOKED_AT = 5
"""Instants with text that a proof looks at."""

# Of a picture of 288 lines, which players of ASS take for granted, a line has the eighteenth part.
_LOOK = pysubs2.SSAStyle(fontname="sans-serif", fontsize=16, outline=1, shadow=0, marginv=12)
_SIZE = {"PlayResX": "384", "PlayResY": "288", "ScaledBorderAndShadow": "yes", "WrapStyle": "0"}
_KEPT = ("PlayResX", "PlayResY", "LayoutResX", "LayoutResY", "WrapStyle", "ScaledBorderAndShadow", "Kerning", "Timer")
_STYLED = re.compile(r"<(/?)([biu])>")
_TAG = re.compile(r"<[^<>]*>")
# What would be a command in a script; a letter that looks the same stands in for it.
_ESCAPED = {"\\": "\\\u2060", "{": "\\{", "}": "\\}", "\n": "\\N"}
_AT_TOP = "line:0"


@dataclass(frozen=True, kw_only=True)
class DrawnText:
    """A script that libass draws."""

    script: str
    looked_at_s: tuple[float, ...]
    """A few instants at which something of it is seen."""
    letters: str
    """Each that is in it, once."""


def drawn_text(data: bytes, *, duration_s: float, zero_s: float = 0.0, styled: bool) -> DrawnText:
    """
    Return what is drawn of a caption file into a film of this length; 0: any length.

    `zero_s` is the time of the file at which the film begins. `styled`: a script of ASS or SSA keeps its looks and
    places, but for fonts and pictures that it brings along; else it is drawn as plain text is.

    Raises:
        CaptionInvalid: it is no caption file, damaged, or too large; or nothing of it is seen.
    """
    track = kept_within(shifted(read_track(data), round(-1000 * zero_s)), duration_s)
    script = _cleaned(decoded(data), zero_s) if styled and is_script(data) else _plain(track)
    text = _written(script)
    if len(text.encode()) > MAX_SCRIPT_BYTES:
        text = _written(_plain(track))
    return DrawnText(script=text, looked_at_s=tuple(_instants(track)), letters=_alphabet(track))


def _written(script: pysubs2.SSAFile) -> str:
    return script.to_string("ass", header_notice="")


def _cleaned(text: str, zero_s: float) -> pysubs2.SSAFile:
    """Return a script as it is, at the times of the film, without what it brings along."""
    script = parsed_script(text)
    script.info = {"ScriptType": "v4.00+", **{key: script.info[key] for key in _KEPT if key in script.info}}
    script.fonts_opaque.clear()
    script.graphics_opaque.clear()
    script.aegisub_project.clear()
    script.shift(s=-zero_s)
    script.events = [event for event in script.events if not event.is_comment and event.end > max(0, event.start)]
    return script


def _plain(track: CueList) -> pysubs2.SSAFile:
    script = pysubs2.SSAFile()
    script.info = {"ScriptType": "v4.00+", **_SIZE}
    script.styles["Default"] = _LOOK
    for cue in track.cues:
        place = "{\\an8}" if _AT_TOP in cue.settings.split() else ""
        script.append(pysubs2.SSAEvent(start=cue.start_ms, end=cue.end_ms, text=place + "".join(_pieces(cue.text))))
    return script


def _pieces(text: str) -> Iterator[str]:
    """Give the text of a cue in the words of a script: slant, weight and lines."""
    at = 0
    for tag in _TAG.finditer(text):
        yield _letters(text[at : tag.start()])
        if styled := _STYLED.fullmatch(tag[0]):
            yield f"{{\\{styled[2]}{0 if styled[1] else 1}}}"
        at = tag.end()
    yield _letters(text[at:])


def _letters(text: str) -> str:
    return "".join(_ESCAPED.get(letter, letter) for letter in html.unescape(text))


def _alphabet(track: CueList) -> str:
    texts = (html.unescape(_TAG.sub("", cue.text)) for cue in track.cues)
    return "".join(sorted({letter for text in texts for letter in text if letter.isprintable() and letter != " "}))


def _instants(track: CueList) -> Iterator[float]:
    """Give the middles of a few cues, evenly among all."""
    cues: Sequence[tuple[int, int]] = [(cue.start_ms, cue.end_ms) for cue in track.cues]
    count = min(LOOKED_AT, len(cues))
    for number in range(count):
        start_ms, end_ms = cues[(len(cues) - 1) * number // max(1, count - 1)]
        yield (start_ms + end_ms) / 2000
