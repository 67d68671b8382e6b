"""
Whether a film shows and plays what its source does, by what was found when both were compared.

How much may be missing is in `media/tolerances.py`; whether it has what was planned is judged in `structure.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from vodpull.errors import OutputInvalid
from vodpull.media.plan.encode_plan import EncodePlan
from vodpull.media.tolerances import most_left_over
from vodpull.media.tools.sandbox import Toolbox
from vodpull.media.verify import likeness
from vodpull.media.verify.compare import (
    Accounting,
    Compared,
    ComparedSight,
    SeenInstant,
    Subject,
    compare_content,
    seen,
)

# So many before and after one tell how much the film differs from itself.
COMPARED_INSTANTS = 3
# As many as anyone reads.
MAX_FINDINGS = 5


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
    account: Accounting | None = None
    """Of all pictures of the source."""
    careful: str = ""
    """Why all was encoded again in one piece, in English; empty: it was not needed."""
    marked: int | None = None
    """Instants at which the watermark was seen, elsewhere it looks like what is below it; None: there is none."""
    written: int | None = None
    """Instants at which text that is drawn in was seen; None: none is."""


async def prove_content(subject: Subject, *, toolbox: Toolbox) -> Proof:
    """
    Compare pictures and sound of a package with its source, and return what was found.

    Raises:
        OutputInvalid: they are not the same.
        EncodeFailed: the child crashed.
        EncodeStalled: it took too long.
    """
    compared, _ = await compare_content(subject, {}, toolbox=toolbox)
    return judged(compared)


def judged(compared: Compared) -> Proof:
    """
    Return what was found, for people to look at.

    Raises:
        OutputInvalid: source and package are not the same.
    """
    subject, listens = compared.subject, compared.listens
    names = [placed.playlist for placed in seen(subject)]
    sights = [instant.found for instant in compared.sights]
    findings = [
        *(_said(name, at_s, wrong) for at_s, row in zip(compared.sights_s, wrongs(compared.sights), strict=True)
          for name, wrong in zip(names, row, strict=True) if wrong),
        *(_said(f"sound {number}", at_s, one.wrong) for at_s, row in zip(compared.listens_s, listens, strict=True)
          for number, one in enumerate(row, start=1) if one.wrong),
        *_losses(compared.account, subject.plan),
    ]  # fmt: skip
    if findings:
        raise OutputInvalid(_summary(findings))
    late = [abs(one.late_s) for row in listens for one in row if one.late_s is not None]
    return Proof(
        instants_s=tuple(round(at_s, 3) for at_s in compared.sights_s),
        renditions=tuple(names),
        pictures=sum(one.pictures for row in sights for one in row),
        still=sum(not any(one.moves for one in row) for row in sights),
        unseen=sum(not all(one.seen for one in row) for row in sights),
        levels=max((one.levels for row in sights for one in row), default=0.0),
        listened_s=tuple(round(at_s, 3) for at_s in compared.listens_s),
        sounds=len(listens[0]) if listens else 0,
        late_ms=round(1000 * max(late)) if late else None,
        account=compared.account,
        careful=subject.plan.careful,
        marked=sum(any(one.mark is not None for one in row) for row in sights) if subject.plan.watermark else None,
        written=sum(any(one.text is not None for one in row) for row in sights) if subject.plan.text else None,
    )


def told(proof: Proof) -> dict[str, object]:
    """Return what was found as one line of a log has it. Pure."""
    account = proof.account
    lost = {"pictures": account.dropped} if account else {}
    lost |= {
        f"sound {number}": sound.dropped for number, sound in enumerate(account.sounds if account else (), start=1)
    }
    return {
        "pictures": proof.pictures,
        "instants": len(proof.instants_s),
        "levels": proof.levels,
        "sounds": proof.sounds,
        "late_ms": proof.late_ms,
        "left_out": "; ".join(f"{what} {reason}: {count}" for what, by in lost.items() for reason, count in by.items()),
    }


def wrongs(instants: Sequence[SeenInstant]) -> Iterator[list[str]]:
    """Give for each instant what is wrong with each rendition, the rest of the film taken into account."""
    for number, instant in enumerate(instants):
        near = instants[max(0, number - COMPARED_INSTANTS) : number + COMPARED_INSTANTS + 1]
        others = [other.cells for other in near if other is not instant and other.source]
        yield [
            one.wrong or ("another instant is shown" if _is_lost(one, instant, others) else "") for one in instant.found
        ]


def _is_lost(one: ComparedSight, instant: SeenInstant, others: Sequence[bytes]) -> bool:
    return not one.fitted and bool(instant.source) and likeness.is_lost(one.levels, instant.cells, others)


def _said(name: str, at_s: float, wrong: str) -> str:
    return f"{name} at {at_s:.2f} s: {wrong}"


def _losses(account: Accounting | None, plan: EncodePlan) -> Iterable[str]:
    if account is None:
        return
    lost = account.dropped.get("after the end", 0)
    if lost > most_left_over(plan.frames_total, per_s=float(plan.rate)):
        yield f"{lost} pictures of the source come after the end"
    for number, sound in enumerate(account.sounds, start=1):
        if sound.wrong:
            yield f"sound {number} {sound.wrong}"
    # Nothing goes on after the film, which is as long as its picture and its first sound.
    for sound in account.sounds[:1]:
        samples = sound.published + sum(sound.dropped.values())
        lost_s = sound.dropped.get("after the end", 0) / max(samples, 1) * plan.duration_s
        if lost_s > most_left_over(plan.duration_s):
            yield f"{lost_s:.1f} s of sound of the source come after the end"


def _summary(findings: Sequence[str]) -> str:
    more = len(findings) - MAX_FINDINGS
    return "; ".join([*findings[:MAX_FINDINGS], *([f"and {more} more"] if more > 0 else [])])
