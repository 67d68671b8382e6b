"""
The parts of an HLS source back into one file, without encoding anything again: offsets between parts, names of sounds.

What is fetched of such a source: `fetch/hls/`. Joins that clients ask for: `edit/assemble.py`.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType

from vodpull.errors import MediaTooLarge, MediaTruncated, MediaUnsupported, NotMedia
from vodpull.media.encode.language_codes import bcp_47, iso_639_2
from vodpull.media.inspect.ask_probe import probe
from vodpull.media.inspect.mend_clock import Steadied, steady
from vodpull.media.mp4.extended_language import room, write_languages
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.run import run_unheard
from vodpull.media.tools.sandbox import Toolbox

# Of a track's name; a command says what it reads and writes with the others.
_MAX_NAME_CHARACTERS = 100
_NO_NAME = frozenset(":/\\")
# What MP4 files say of a role, in FFmpeg's words; it has none for the film's own language.
_DISPOSITIONS = {
    "commentary": "comment",
    "description": "visual_impaired",
    "clear": "hearing_impaired",
    "dub": "dub",
}
# As FFmpeg calls a track without a name.
SOUND_NAME = "SoundHandler"
# Sound without a container counts from its own beginning.
_WITHOUT_CLOCK = frozenset({"aac", "mp3"})
_MAX_APART_S = 10


@dataclass(frozen=True, kw_only=True)
class JoinedSound:
    """One sound beside the picture, as the playlist names it."""

    path: Path | None
    """None: it is in the picture's file."""
    language: str = ""
    """By BCP 47; empty: what the file says."""
    name: str = ""
    role: str = "main"
    """What it is for, in the words of `SoundRole`."""


async def join(
    video: Path,
    sounds: Sequence[JoinedSound],
    target: Path,
    *,
    toolbox: Toolbox,
    limits: RunLimits,
    has_texts: bool = False,
) -> float | None:
    """
    Copy the streams of one file, or of a picture and its sounds, into one MP4 at `target`.

    The first of `sounds` becomes the default; where there are none, the picture's file has what there is. The files
    are segments written one after the other (MPEG-TS, or an init segment and fMP4 segments). The target's folder must
    exist; a file of an earlier try is overwritten. For what `has_texts` beside it, the time of the parts' clock that
    becomes 0 is returned; None: they have none, or several.

    Raises:
        EncodeFailed: FFmpeg cannot read the parts, a sound is none, or their codec has no place in MP4.
        EncodeStalled: FFmpeg was ended because it made no progress.
        StorageFull: the disk is full.
    """
    with tempfile.TemporaryDirectory(dir=target.parent) as place:
        parts = {"video": video} | {f"audio{number}": path for number, path in enumerate(_apart(sounds))}
        ready = await _steadied(parts, Path(place), toolbox=toolbox)
        begins_s = {name: await _begin_s(part, toolbox=toolbox) for name, part in ready.items() if len(parts) > 1}
        late_s = lateness_s(begins_s)
        shifted = any(part.shifts for part in ready.values())
        picture_s = await _begin_s(ready["video"], toolbox=toolbox) if has_texts and not shifted else None
        await run_unheard(
            build_join_argv(
                target.name,
                sounds,
                steadied=any(part.path != parts[name] for name, part in ready.items()),
                late_s=late_s,
            ),
            "joining the segments",
            toolbox=toolbox,
            reads={name: part.path for name, part in ready.items()},
            writes=target.parent,
            limits=limits,
        )
    await asyncio.to_thread(write_languages, target, [_whole_tag(sound) for sound in _in_file(sounds)])
    return zero_of(picture_s, late_s)


def zero_of(picture_s: float | None, late_s: Mapping[str, float]) -> float | None:
    """Return the time that becomes 0, from when the picture begins and how much later than the first part. Pure."""
    return None if picture_s is None else picture_s - late_s.get("video", 0.0)


async def _steadied(parts: dict[str, Path], place: Path, *, toolbox: Toolbox) -> dict[str, Steadied]:
    """Return the parts on one clock each; where all of them start anew, they go on where the longest of them ended."""
    ready: dict[str, Steadied] = {}
    for name, path in parts.items():
        anew = await steady(path, place, toolbox=toolbox, name=f"{name}.mkv")
        ready[name] = anew or Steadied(path=path, shifts=())
    common = common_shifts([part.shifts for part in ready.values()])
    for name, part in ready.items():
        if common and part.shifts and part.shifts != common:
            ready[name] = await steady(parts[name], place, toolbox=toolbox, shifts=common, name=f"{name}.mkv") or part
    return ready


def common_shifts(shifts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """
    Return by how much the runs of all parts are shifted: each begins behind the one before in every part.

    As `steady` takes them; the first part says where the first run begins. Empty: it does not start anew. Pure.
    """
    runs = [[Fraction(shift) for shift in own] for own in shifts]
    alike = [own for own in runs if len(own) == len(runs[0])]
    steps = [max(after[number] - after[number - 1] for after in alike) for number in range(1, len(runs[0]))]
    return tuple(map(str, accumulate(steps, initial=runs[0][0]))) if runs[0] else ()


async def _begin_s(part: Steadied, *, toolbox: Toolbox) -> float | None:
    """Return when a part begins by the clock that all parts share; None: it has no clock, or cannot be read."""
    try:
        info = await probe(part.path, toolbox=toolbox)
    except (NotMedia, MediaTruncated, MediaUnsupported, MediaTooLarge):
        return None
    if info.container in _WITHOUT_CLOCK:
        return None
    return info.start_time_s - float(Fraction(part.shifts[0]) if part.shifts else 0)


def lateness_s(begins_s: Mapping[str, float | None]) -> dict[str, float]:
    """Return how much later than the first of them each part begins; what has no place begins with the picture."""
    picture_s = begins_s.get("video")
    apart_s = {
        name: 0.0 if begin_s is None or picture_s is None else begin_s - picture_s for name, begin_s in begins_s.items()
    }
    # Whoever is further apart counts from a zero of its own.
    apart_s = {name: apart if abs(apart) <= _MAX_APART_S else 0.0 for name, apart in apart_s.items()}
    first_s = min(apart_s.values(), default=0.0)
    return {name: apart - first_s for name, apart in apart_s.items()}


def _apart(sounds: Sequence[JoinedSound]) -> list[Path]:
    return [sound.path for sound in sounds if sound.path]


def build_join_argv(
    name: str,
    sounds: Sequence[JoinedSound],
    *,
    steadied: bool = False,
    late_s: Mapping[str, float] = MappingProxyType({}),
) -> list[str]:
    """Return the FFmpeg command: reads `/in/video`, `/in/audio0` and so on, writes into the working folder. Pure."""
    apart = len(_apart(sounds))
    inputs = ["video", *(f"audio{number}" for number in range(apart))]
    own = ("-map", "0:a?") if apart == 0 or apart < len(sounds) else ()
    return [
        *ffmpeg_options.global_flags(),
        *(token for part in inputs for token in ffmpeg_options.input_flags(part, *_offset(late_s.get(part, 0.0)))),
        # `?`: sound only and picture only are sources too; the probe says later what they are good for.
        "-map", "0:v:0?",
        *(token for number in range(apart) for token in ("-map", f"{number + 1}:a:0")),
        *own,
        "-c", "copy",
        # Sound of several kinds has become plain samples; where runs meet, what is missing is silence, and nothing is
        # heard twice: an encoder puts samples behind samples.
        *(("-c:a", "flac", "-af", "aresample=async=1:min_hard_comp=0.01") if steadied else ()),
        # Of what a stranger wrote into the files only the languages and the roles of the tracks stay.
        "-map_metadata:g", "-1", "-map_chapters", "-1",
        "-metadata:s", "title=", "-metadata:s", "handler_name=", "-metadata:s", "creation_time=",
        *_labels(sounds),
        # The index first: the joined file is stored as the original, and players may read it while it arrives.
        "-movflags", "+faststart",
        "-f", "mp4", f"file:{name}",
    ]  # fmt: skip


def _offset(late_s: float) -> tuple[str, ...]:
    """Return the option of an input that begins later: FFmpeg lets each of them begin at 0."""
    return ("-itsoffset", f"{late_s:.6f}") if late_s else ()


def _labels(sounds: Sequence[JoinedSound]) -> list[str]:
    """Return what names the tracks."""
    placed = _in_file(sounds)
    options = ["-disposition:a", "0"] if sounds else []
    for number, sound in enumerate(placed):
        said = [*(["default"] if sound is sounds[0] else []), *filter(None, [_DISPOSITIONS.get(sound.role)])]
        options += [f"-disposition:a:{number}", "+".join(said)] if said else []
        language, name, tag = iso_639_2(sound.language), _plain(sound.name), _whole_tag(sound)
        name = f"{name or SOUND_NAME}{room(tag)}" if tag else name
        options += [f"-metadata:s:a:{number}", f"language={language}"] if language else []
        options += [f"-metadata:s:a:{number}", f"handler_name={name}"] if name else []
    return options


def _in_file(sounds: Sequence[JoinedSound]) -> list[JoinedSound]:
    """Return the sounds as they come in the file: those apart first, as the others may be missing."""
    return sorted(sounds, key=lambda sound: sound.path is None)


def _whole_tag(sound: JoinedSound) -> str:
    """Return a language with its script and region, where three letters do not say it; empty: they do."""
    tag = bcp_47(sound.language) or ""
    return tag if "-" in tag else ""


def _plain(name: str) -> str:
    kept = "".join(letter for letter in name if letter.isprintable() and letter not in _NO_NAME)
    return kept.strip()[:_MAX_NAME_CHARACTERS]
