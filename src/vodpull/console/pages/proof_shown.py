"""What was compared with the source and found, as the pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Accounted:
    """What became of the pictures, or of the samples of one sound, of a source."""

    sound: int | None
    """Number of the sound, from 1; None: the pictures."""
    published: int
    dropped: Mapping[str, int]
    """What is not shown or heard, by reason."""


@dataclass(frozen=True, kw_only=True)
class ProofRow:
    """What was compared with the source before a job was done."""

    pictures: int
    instants_s: tuple[float, ...]
    renditions: tuple[str, ...]
    levels: float
    """Largest mean difference of brightness, of 255."""
    still: int
    """Instants at which nothing moves."""
    unseen: int
    """Instants at which the source could not be decoded."""
    marked: int | None
    """Instants at which the watermark was seen; None: there is none."""
    written: int | None
    """The same of text that is drawn in."""
    listened_s: tuple[float, ...]
    sounds: int
    late_ms: int | None
    accounts: tuple[Accounted, ...]
    careful: str
    """Why all was made again in one piece; empty: it was not."""


def proof_row(proof: Mapping[str, Any]) -> ProofRow:
    """Return what was compared with the source, as far as it is known in this version."""
    return ProofRow(
        pictures=proof.get("pictures", 0),
        instants_s=tuple(proof.get("instants_s", ())),
        renditions=tuple(proof.get("renditions", ())),
        levels=proof.get("levels", 0.0),
        still=proof.get("still", 0),
        unseen=proof.get("unseen", 0),
        marked=proof.get("marked"),
        written=proof.get("written"),
        listened_s=tuple(proof.get("listened_s", ())),
        sounds=proof.get("sounds", 0),
        late_ms=proof.get("late_ms"),
        accounts=_accounts(proof.get("account") or {}),
        careful=proof.get("careful", ""),
    )


def _accounts(account: Mapping[str, Any]) -> tuple[Accounted, ...]:
    counted = [(None, account), *enumerate(account.get("sounds", ()), start=1)]
    return tuple(
        Accounted(sound=number, published=told.get("published", 0), dropped=told.get("dropped", {}))
        for number, told in counted
        if told.get("published") or told.get("dropped")
    )
