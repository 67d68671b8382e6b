"""
Proving that a film shows and plays what its source does: both are decoded anew around chosen instants, and compared.

Nothing of the encode is taken on trust here: a confined child reads the source and the finished segments by itself, in
another library than the encoder's, turns both into what a viewer sees and hears, and says how alike they are.
"""

from __future__ import annotations

import asyncio
import bisect
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vodpull.errors import EncodeFailed, OutputInvalid
from vodpull.media.inspect.info import MediaInfo
from vodpull.media.inspect.probe import ask_pyav
from vodpull.media.layout import INIT_FILE, SEGMENT_PATTERN
from vodpull.media.package.package import Package
from vodpull.media.package.placement import PackagedRendition
from vodpull.media.package.presentation import Track
from vodpull.media.plan.encode_plan import EncodePlan
from vodpull.media.plan.ladder import Rung
from vodpull.media.plan.watermark import Watermark, place_watermark
from vodpull.media.tools import allowlist
from vodpull.media.tools.run import RunLimits, copy_limits
from vodpull.media.tools.sandbox import CONFINED, Toolbox
from vodpull.media.verify import likeness
from vodpull.media.verify.drawn_texts import draw_texts
from vodpull.media.verify.instants import AROUND, LISTENED_S, picture_instants, sound_instants
from vodpull.media.verify.likeness import SightLikeness, SoundLikeness

BESIDE = ("segments.py", "film.py", "display.py", "mark.py", "account.py")
# What fits into one order, which is an argument.
INSTANTS_AT_ONCE = 500
# So many before and after one tell how much the film differs from itself.
COMPARED_INSTANTS = 3
# Decoding 8K from far back, several times over.
INSTANT_S = 60.0
# Pictures that come after the end: rounding and a container's word explain less.
LOST_S, LOST_SHARE = 0.5, 0.01
# As many as anyone reads.
MAX_FINDINGS = 5


@dataclass(frozen=True, kw_only=True)
class SoundTold:
    """What became of the samples of one sound track of the source."""

    published: int
    dropped: Mapping[str, int]
    """How many are not heard, by reason."""
    wrong: str = ""
    """What of the whole of it differs, in English; empty: nothing."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """What became of the pictures and of the sounds of the source."""

    published: int
    dropped: Mapping[str, int]
    """How many pictures are not shown, by reason."""
    sounds: tuple[SoundTold, ...] = ()
    """In the order of the plan."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What was compared, and what was found; survives a round trip through JSON."""

    instants_s: tuple[float, ...]
    """Where pictures were compared."""
    renditions: tuple[str, ...]
    """Playlists whose pictures were compared."""
    pictures: int
    """So many of them."""
    still: int
    """Instants at which nothing moves in the source: a shift in time could not be seen there."""
    unseen: int
    """Instants at which the source could not be decoded."""
    levels: float
    """Largest mean difference of brightness, of 255."""
    listened_s: tuple[float, ...] = ()
    """Where sound was compared."""
    sounds: int = 0
    """So many tracks of it."""
    late_ms: int | None = None
    """The largest distance of sound from where it is in the source; None: silent, or too even to tell."""
    account: Account | None = None
    """Of all pictures of the source."""
    careful: str = ""
    """Why all was encoded again in one piece, in English; empty: it was not needed."""
    marked: int | None = None
    """Instants at which the watermark was seen, elsewhere it looks like what is below it; None: there is none."""
    written: int | None = None
    """Instants at which text that is drawn in was seen; None: none is."""


@dataclass(frozen=True, kw_only=True)
class _Sight(SightLikeness):
    pictures: int
    seen: bool


@dataclass(frozen=True, kw_only=True)
class _Instant:
    found: tuple[_Sight, ...]
    source: str
    """Fingerprint in hex; empty: the source could not be decoded."""

    @property
    def cells(self) -> bytes:
        return bytes.fromhex(self.source)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the child answered."""

    sights: tuple[_Instant, ...]
    listens: tuple[tuple[SoundLikeness, ...], ...]
    account: Account | None


_ANSWER = TypeAdapter(Found)


@dataclass(frozen=True, kw_only=True)
class Original:
    """The source, as it was fetched and measured."""

    path: Path
    info: MediaInfo


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One output, and the source that it was made from."""

    original: Original
    out_folder: Path
    package: Package
    plan: EncodePlan


async def prove_content(subject: Subject, *, toolbox: Toolbox) -> Proof:
    """
    Compare pictures and sound of a package with its source, and return what was found.

    Raises:
        OutputInvalid: they are not the same.
        EncodeFailed: the child crashed.
        EncodeStalled: it took too long.
    """
    sights_s, listens_s = picture_instants(subject.plan), sound_instants(subject.plan)
    answers = []
    for first in range(0, max(1, len(sights_s)), INSTANTS_AT_ONCE):
        orders = {
            **_orders(subject),
            "sights": [_instant(subject, at_s) for at_s in sights_s[first : first + INSTANTS_AT_ONCE]],
            "listens": [] if first else [_instant(subject, at_s, around_s=LISTENED_S) for at_s in listens_s],
            "count": not first,
        }
        answers.append(await _ask(subject, orders, toolbox=toolbox))
    return _judged(subject, answers, sights_s=sights_s, listens_s=listens_s)


def _orders(subject: Subject) -> dict[str, Any]:
    plan, info, package, mark = subject.plan, subject.original.info, subject.package, subject.plan.watermark
    return {
        "options": allowlist.format_options(),
        "segment": SEGMENT_PATTERN,
        "zero_s": info.start_time_s if info.zero_s is None else info.zero_s,
        "frame_s": float(1 / plan.rate),
        "frames": plan.frames_total,
        "video": None if plan.sound_only else plan.picture.stream_index,
        "shapes": plan.picture.fit,
        "watermark": mark and {"kind": mark.still.kind, "opacity": mark.opacity},
        "text": None,
        "renditions": [
            {"folder": placed.folder, "init": INIT_FILE, "mark": mark and _shares(mark, placed.rung)}
            for placed in _seen(subject)
        ],
        "sounds": [
            {"folder": track.folder, "init": track.init, "segments": len(package.lengths_s(track)), "stream": index}
            for track, index in _heard(subject)
        ],
    }


def _heard(subject: Subject) -> list[tuple[Track, int]]:
    """Return each track with sound, and the stream of the source that is in it."""
    package, sounds = subject.package, subject.plan.sounds
    inside = [track for placed in _ends(package) for track in package.played(placed) if track.channels]
    heard = {track.id: (track, sounds[0].index) for track in inside}
    alone = ((track, track.source_index) for track in package.tracks)
    return list({**heard, **{track.id: (track, index) for track, index in alone if index is not None}}.values())


def _shares(mark: Watermark, rung: Rung) -> tuple[float, ...]:
    place = place_watermark(mark, (rung.width_px, rung.height_px))
    across, down = (place.left_px, place.width_px), (place.top_px, place.height_px)
    (left, width), (top, height) = [at / rung.width_px for at in across], [at / rung.height_px for at in down]
    return left, top, width, height


def _seen(subject: Subject) -> tuple[PackagedRendition, ...]:
    return () if subject.plan.sound_only else compared(subject.package)


def compared(package: Package) -> tuple[PackagedRendition, ...]:
    """Return the renditions whose pictures are compared: the largest of each codec, the lowest, and copied ones."""
    best = {placed.rung.codec: placed for placed in package.renditions}
    chosen = [*best.values(), package.renditions[0], *(placed for placed in package.renditions if placed.rung.copied)]
    return tuple(dict.fromkeys(chosen))


def _ends(package: Package) -> tuple[PackagedRendition, ...]:
    return tuple(dict.fromkeys((package.renditions[0], package.renditions[-1])))


def _instant(subject: Subject, at_s: float, *, around_s: float = 0.0) -> dict[str, Any]:
    plan, at = subject.plan, at_s * subject.plan.rate
    around = around_s * plan.rate if around_s else AROUND + 0.5
    first, last = bisect.bisect_right(plan.cuts, at - around), bisect.bisect_left(plan.cuts, at + around)
    return {"at_s": at_s, "segments": list(range(max(first, 1), last + 1))}


async def _ask(subject: Subject, orders: Mapping[str, Any], *, toolbox: Toolbox) -> Found:
    original, mark = subject.original, subject.plan.watermark
    with tempfile.TemporaryDirectory() as place:
        burnt = [("watermark", await asyncio.to_thread(_still, mark, Path(place)))] if mark else []
        if subject.plan.text and orders["sights"]:
            (Path(place) / "text").mkdir()
            numbers = _looked_at(subject.plan, orders)
            frames = await draw_texts(subject.plan, numbers, Path(place) / "text", toolbox=toolbox)
            burnt.append(("text", frames.path))
            orders = {**orders, "text": frames.order}
        return await ask_proof(
            subject.out_folder,
            original.path,
            orders,
            burnt=burnt,
            size_bytes=original.info.size_bytes,
            toolbox=toolbox,
        )


def _looked_at(plan: EncodePlan, orders: Mapping[str, Any]) -> list[int]:
    """Return the frames that the child looks at."""
    middles = (round(sight["at_s"] * plan.rate) for sight in orders["sights"])
    near = {at for middle in middles for at in range(middle - AROUND, middle + AROUND + 1)}
    return sorted(at for at in near if 0 <= at < plan.frames_total)


async def ask_proof(
    folder: Path,
    source: Path,
    orders: Mapping[str, Any],
    *,
    size_bytes: int,
    toolbox: Toolbox,
    burnt: Sequence[tuple[str, Path]] = (),
) -> Found:
    """
    Compare fragments in a folder with a source of so many bytes; `orders` are those of the child.

    Raises:
        EncodeFailed: the child crashed.
        EncodeStalled: it took too long.
    """
    copying = copy_limits(size_bytes)
    limits = RunLimits(wall_s=copying.wall_s + INSTANT_S * (len(orders["sights"]) + 1), file_size_bytes=0)
    answer = await ask_pyav(
        "proof.py",
        orders,
        ("renditions", folder),
        ("source", source),
        *burnt,
        toolbox=toolbox,
        limits=limits,
        beside=(*(CONFINED / name for name in BESIDE), Path(likeness.__file__)),
    )
    try:
        return await asyncio.to_thread(_ANSWER.validate_python, answer)
    except ValidationError as error:
        raise EncodeFailed("the comparison with the source gave no answer") from error


def _still(mark: Watermark, folder: Path) -> Path:
    path = folder / mark.still.name
    path.write_bytes(mark.still.content)
    return path


def _judged(
    subject: Subject, answers: Sequence[Found], *, sights_s: Sequence[float], listens_s: Sequence[float]
) -> Proof:
    names = [placed.playlist for placed in _seen(subject)]
    instants = [instant for answer in answers for instant in answer.sights]
    sights = [instant.found for instant in instants]
    listens, account = answers[0].listens, answers[0].account
    findings = [
        *(_said(name, at_s, wrong) for at_s, row in zip(sights_s, wrongs(instants), strict=True)
          for name, wrong in zip(names, row, strict=True) if wrong),
        *(_said(f"sound {number}", at_s, one.wrong) for at_s, row in zip(listens_s, listens, strict=True)
          for number, one in enumerate(row, start=1) if one.wrong),
        *_losses(account, subject.plan),
    ]  # fmt: skip
    if findings:
        raise OutputInvalid(_summary(findings))
    late = [abs(one.late_s) for row in listens for one in row if one.late_s is not None]
    return Proof(
        instants_s=tuple(round(at_s, 3) for at_s in sights_s),
        renditions=tuple(names),
        pictures=sum(one.pictures for row in sights for one in row),
        still=sum(not any(one.moves for one in row) for row in sights),
        unseen=sum(not all(one.seen for one in row) for row in sights),
        levels=max((one.levels for row in sights for one in row), default=0.0),
        listened_s=tuple(round(at_s, 3) for at_s in listens_s),
        sounds=len(listens[0]) if listens else 0,
        late_ms=round(1000 * max(late)) if late else None,
        account=account,
        careful=subject.plan.careful,
        marked=sum(any(one.mark is not None for one in row) for row in sights) if subject.plan.watermark else None,
        written=sum(any(one.text is not None for one in row) for row in sights) if subject.plan.text else None,
    )


def wrongs(instants: Sequence[_Instant]) -> Iterator[list[str]]:
    """Give for each instant what is wrong with each rendition, the rest of the film taken into account."""
    for number, instant in enumerate(instants):
        near = instants[max(0, number - COMPARED_INSTANTS) : number + COMPARED_INSTANTS + 1]
        others = [other.cells for other in near if other is not instant and other.source]
        yield [
            one.wrong or ("another instant is shown" if _is_lost(one, instant, others) else "") for one in instant.found
        ]


def _is_lost(one: _Sight, instant: _Instant, others: Sequence[bytes]) -> bool:
    return not one.fitted and bool(instant.source) and likeness.is_lost(one.levels, instant.cells, others)


def _said(name: str, at_s: float, wrong: str) -> str:
    return f"{name} at {at_s:.2f} s: {wrong}"


def _losses(account: Account | None, plan: EncodePlan) -> Iterable[str]:
    if account is None:
        return
    lost = account.dropped.get("after the end", 0)
    if lost > max(LOST_S * plan.rate, LOST_SHARE * plan.frames_total):
        yield f"{lost} pictures of the source come after the end"
    for number, sound in enumerate(account.sounds, start=1):
        if sound.wrong:
            yield f"sound {number} {sound.wrong}"
    # Nothing goes on after the film, which is as long as its picture and its first sound.
    for sound in account.sounds[:1]:
        samples = sound.published + sum(sound.dropped.values())
        lost_s = sound.dropped.get("after the end", 0) / max(samples, 1) * plan.duration_s
        if lost_s > max(LOST_S, LOST_SHARE * plan.duration_s):
            yield f"{lost_s:.1f} s of sound of the source come after the end"


def _summary(findings: Sequence[str]) -> str:
    more = len(findings) - MAX_FINDINGS
    return "; ".join([*findings[:MAX_FINDINGS], *([f"and {more} more"] if more > 0 else [])])
