"""Caption files of every form that is taken, as cues: SubRip, WebVTT, ASS and SSA. Pure."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO

import pysubs2
import webvtt
from pysubs2.formats.substation import parse_tags
from webvtt.errors import MalformedCaptionError, MalformedFileError

from vodpull.captions.cues import Cue, CueList, check_crowd
from vodpull.captions.encodings import decoded
from vodpull.captions.limits import MAX_BYTES, MAX_CUE_CHARACTERS, MAX_CUES
from vodpull.captions.markup import escaped, plain_cue
from vodpull.errors import CaptionInvalid

_ARROW = "-->"
_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMES = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?![\d:])(.*)")
_MOMENT = r"\s*-?\d{1,4}:\d{1,2}:\d{1,2}(?:[.:]\d{1,3})?\s*,"
_DIALOGUE = re.compile(rf"Dialogue:[^,]{{0,40}},{_MOMENT}{_MOMENT}(?:[^,]*,){{6}}")
_EVENTS = ("Dialogue:", "Comment:")
_ASS = re.compile(r"\[V4\+ Styles\]", re.IGNORECASE)
_ALIGNMENT = re.compile(r"\{[^{}]*\\an([1-9])")
_UNREADABLE = (pysubs2.exceptions.Pysubs2Error, ValueError, TypeError, IndexError)
_SCRIPT = re.compile(r"(?:\s|;[^\n]*\n)*\[(?:Script Info|V4\+? Styles|Events)\]", re.IGNORECASE)
_SETTINGS = ("vertical", "line", "position", "size", "align")
_TOP_OF_SUBRIP = re.compile(r"\{\\an?[789]\}")
_CODE = re.compile(r"\{\\[^{}\n]*\}")
_AT_TOP = "line:0"
_TOP_ALIGNMENTS = frozenset({7, 8, 9})
_SIXTY = 60


@dataclass(frozen=True, kw_only=True)
class _Times:
    """The line with the times of a cue."""

    line: int
    start_ms: int
    end_ms: int
    settings: str


def read_track(data: bytes) -> CueList:
    """
    Return the cues of a caption file; what it is, it says itself.

    Raises:
        CaptionInvalid: it is none, it is damaged, or it is larger than captions are.
    """
    if len(data) > MAX_BYTES:
        raise CaptionInvalid(f"the file is larger than {MAX_BYTES} bytes")
    text = decoded(data)
    if _SCRIPT.match(text):
        found = list(_of_script(text))
    elif text.startswith("WEBVTT"):
        found = list(_of_lines(text.split("\n"), is_webvtt=True))
    elif _ARROW in text:
        found = list(_of_lines(text.split("\n"), is_webvtt=False))
    else:
        raise CaptionInvalid("the file is neither SubRip nor WebVTT nor ASS", line=1)
    kept = sorted((cue for cue in found if cue.text and cue.start_ms < cue.end_ms), key=lambda cue: cue.start_ms)
    check_crowd(kept)
    return CueList(cues=tuple(kept), left_out=len(found) - len(kept))


def is_script(data: bytes) -> bool:
    """Tell whether a file that `read_track` has taken is ASS or SSA."""
    return bool(_SCRIPT.match(decoded(data)))


def _of_lines(lines: list[str], *, is_webvtt: bool) -> Iterator[Cue]:
    """Give the cues of SubRip or WebVTT: what their parser finds must be all that has times."""
    times = [_times(number, line) for number, line in enumerate(lines, start=1) if _ARROW in line]
    _check_count([each.line for each in times])
    clean = "\n".join(_with_plain_times(lines, times, is_webvtt=is_webvtt)).lstrip("\n")
    try:
        parsed = webvtt.from_buffer(StringIO(clean), "vtt" if is_webvtt else "srt").captions
    except (MalformedFileError, MalformedCaptionError) as error:
        raise CaptionInvalid("the file cannot be read", line=1) from error
    left = list(reversed(parsed))
    for each in times:
        text = ""
        if left and (left[-1].start, left[-1].end) == (clock(each.start_ms), clock(each.end_ms)):
            text = left.pop().raw_text
        elif each.line < len(lines) and lines[each.line].strip():
            raise CaptionInvalid("a cue is in the middle of something else", line=each.line)
        _check_length(text, each.line)
        yield _of_webvtt(each, text) if is_webvtt else _of_subrip(each, text)


def _times(number: int, line: str) -> _Times:
    found = _TIMES.fullmatch(line)
    if found is None:
        raise CaptionInvalid("the times of a cue cannot be read", line=number)
    start_ms, end_ms = _milliseconds(found.groups()[:4], number), _milliseconds(found.groups()[4:8], number)
    if end_ms < start_ms:
        raise CaptionInvalid("a cue ends before it begins", line=number)
    return _Times(line=number, start_ms=start_ms, end_ms=end_ms, settings=found[9])


def _milliseconds(fields: Sequence[str | None], line: int) -> int:
    hours, minutes, seconds = (int(field or 0) for field in fields[:3])
    if minutes >= _SIXTY or seconds >= _SIXTY:
        raise CaptionInvalid("the times of a cue cannot be read", line=line)
    return ((hours * _SIXTY + minutes) * _SIXTY + seconds) * 1000 + int((fields[3] or "").ljust(3, "0"))


def clock(time_ms: int) -> str:
    """Return a time as WebVTT writes it."""
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, _SIXTY)
    hours, minutes = divmod(minutes, _SIXTY)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{milliseconds:03d}"


def _with_plain_times(lines: Sequence[str], times: Sequence[_Times], *, is_webvtt: bool) -> Iterator[str]:
    """Give the lines with all times in one form, and in SubRip a number before them, which some files leave out."""
    known = {each.line: each for each in times}
    for number, line in enumerate(lines, start=1):
        each = known.get(number)
        if each is None:
            if is_webvtt or number >= times[0].line - 1:
                yield line
            continue
        if not is_webvtt and not lines[number - 2].strip().isdigit():
            yield from ("", "0")
        yield f"{clock(each.start_ms)} --> {clock(each.end_ms)}"


def _of_webvtt(times: _Times, text: str) -> Cue:
    said = webvtt.CueSettings.from_string(times.settings)
    kept = ((name, getattr(said, name)) for name in _SETTINGS)
    settings = " ".join(f"{name}:{value}" for name, value in kept if value)
    return Cue(start_ms=times.start_ms, end_ms=times.end_ms, text=plain_cue(text), settings=settings, line=times.line)


def _of_subrip(times: _Times, text: str) -> Cue:
    settings = _AT_TOP if _TOP_OF_SUBRIP.search(text) else ""
    plain = plain_cue(_CODE.sub("", text))
    return Cue(start_ms=times.start_ms, end_ms=times.end_ms, text=plain, settings=settings, line=times.line)


def _of_script(text: str) -> Iterator[Cue]:
    """Give the cues of ASS or SSA: what is said, with its slant and weight, without drawings."""
    lines = text.split("\n")
    events = [number for number, line in enumerate(lines, start=1) if line.strip().startswith(_EVENTS)]
    _check_count(events)
    for number in events:
        line = lines[number - 1].strip()
        if line.startswith(_EVENTS[0]) and not _DIALOGUE.match(line):
            raise CaptionInvalid("an event cannot be read", line=number)
        _check_length(line, number)
    script = _script(lines)
    if len(script.events) != len(events):
        raise CaptionInvalid("there are events outside of their section", line=events[0])
    seen: set[tuple[int, int, str]] = set()
    for number, event in zip(events, script.events, strict=True):
        if event.is_comment:
            continue
        cue = _of_event(event, script.styles, line=number)
        # Layers of one text: its shadow, its border.
        if (cue.start_ms, cue.end_ms, cue.text) not in seen:
            seen.add((cue.start_ms, cue.end_ms, cue.text))
            yield cue


def _script(lines: Sequence[str]) -> pysubs2.SSAFile:
    try:
        return parsed_script("\n".join(lines))
    except _UNREADABLE as error:
        raise CaptionInvalid("the script cannot be read", line=_first_unreadable(lines)) from error


def _first_unreadable(lines: Sequence[str]) -> int:
    for number, line in enumerate(lines, start=1):
        try:
            parsed_script(f"[V4+ Styles]\n{line}")
        except _UNREADABLE:
            return number
    return 1


def parsed_script(text: str) -> pysubs2.SSAFile:
    """Return a script that `read_track` has taken."""
    form = "ass" if _ASS.search(text) else "ssa"
    with warnings.catch_warnings():  # of styles that nobody will see
        warnings.simplefilter("ignore")
        return pysubs2.SSAFile.from_string(text, format_=form)


def _of_event(event: pysubs2.SSAEvent, styles: dict[str, pysubs2.SSAStyle], *, line: int) -> Cue:
    style = styles.get(event.style, pysubs2.SSAStyle.DEFAULT_STYLE)
    text = "".join(
        _styled(_spaced(part), look) for part, look in parse_tags(event.text, style, styles) if not look.drawing
    )
    placed = _ALIGNMENT.findall(event.text)
    alignment = int(placed[0]) if placed else int(style.alignment)
    settings = _AT_TOP if alignment in _TOP_ALIGNMENTS else ""
    return Cue(
        start_ms=max(0, event.start), end_ms=max(0, event.end), text=plain_cue(text), settings=settings, line=line
    )


def _styled(text: str, look: pysubs2.SSAStyle) -> str:
    marked = escaped(text)
    if not text.strip():
        return marked
    for name, wanted in (("i", look.italic), ("b", look.bold), ("u", look.underline)):
        marked = f"<{name}>{marked}</{name}>" if wanted else marked
    return marked


def _spaced(text: str) -> str:
    return text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")


def _check_count(lines: Sequence[int]) -> None:
    if len(lines) > MAX_CUES:
        raise CaptionInvalid(f"there are more than {MAX_CUES} cues", line=lines[MAX_CUES])


def _check_length(text: str, line: int) -> None:
    if len(text) > MAX_CUE_CHARACTERS:
        raise CaptionInvalid(f"a cue has more than {MAX_CUE_CHARACTERS} characters", line=line)
