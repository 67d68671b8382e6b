"""In which order playlists name the qualities of a film: a player begins with the first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vodpull.media.plan.encode_plan import EncodePlan, RungPlan


def rungs_in_order(plan: EncodePlan) -> Iterator[tuple[str, Sequence[RungPlan]]]:
    """Give the rungs of each codec with the lowest first; the codec that everybody plays comes last."""
    lowest_first = sorted(plan.rungs, key=lambda planned: planned.rung.clarity)
    codecs = dict.fromkeys(planned.rung.codec for planned in plan.rungs)
    for codec in sorted(codecs, key=lambda codec: codec == plan.fallback):
        yield codec, [planned for planned in lowest_first if planned.rung.codec == codec]
