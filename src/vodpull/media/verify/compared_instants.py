"""Where a film is compared with its source. Pure."""

from __future__ import annotations

import bisect

from vodpull.media.plan.encode_plan import EncodePlan

# Pictures on either side of an instant, as in the child.
AROUND = 3
# Where no seam is nearer, something is compared at least so often: a film has at least so many instants between its
# ends, and no more than there is time for.
MIN_BETWEEN, SPREAD_S, MAX_BETWEEN = 3, 60.0, 20
# Half of what the child listens to.
HALF_LISTENED_S = 1.5
# Of more changes than this, a spread is looked at.
MAX_CHANGES = 40


def picture_instants(plan: EncodePlan) -> tuple[float, ...]:
    """
    Return where pictures are compared. Pure.

    At the start, at the end, at every seam of chunks, on both sides of what changes in the source, where text is
    drawn in, and in a spread of segments.
    """
    if plan.sound_only:
        return ()
    seams = [chunk.first_frame for chunk in plan.chunks[1:]]
    lengths = min(max(MIN_BETWEEN, int(plan.duration_s / SPREAD_S)), MAX_BETWEEN)
    wanted = min(max(lengths - len(seams), 0), len(plan.cuts) - 1)
    # Just behind the beginning of a segment: to its other end there is much to decode.
    spread = [plan.cuts[-(-(len(plan.cuts) - 1) * number // (wanted + 1))] + AROUND for number in range(1, wanted + 1)]
    last = max(plan.frames_total - AROUND, 0)
    texts = [int(at_s * plan.rate) for at_s in plan.text.looked_at_s] if plan.text else []
    inside = (*seams, *spread, *texts, *_beside_changes(plan))
    instants = sorted({min(AROUND, last), *(min(at, last) for at in inside), last})
    return tuple(float(at / plan.rate) for at in instants)


def segments_around(plan: EncodePlan, at_s: float) -> list[int]:
    """Return the numbers, from 1, of the segments with the pictures that are looked at around an instant. Pure."""
    at = round(at_s * plan.rate)
    # A last segment of a few pictures has enough of them: for some more, a whole one before it would be decoded.
    if at >= max(plan.cuts[-1], AROUND + 1):
        return [len(plan.cuts)]
    return _segments_between(plan, at - AROUND, at + AROUND)


def segments_heard(plan: EncodePlan, at_s: float) -> list[int]:
    """Return the numbers, from 1, of the segments with the sound that is listened to around an instant. Pure."""
    return _segments_between(plan, (at_s - HALF_LISTENED_S) * plan.rate, (at_s + HALF_LISTENED_S) * plan.rate)


def _segments_between(plan: EncodePlan, begin: float, end: float) -> list[int]:
    first, last = bisect.bisect_right(plan.cuts, begin), bisect.bisect_left(plan.cuts, end)
    return list(range(max(first, 1), last + 1))


def _beside_changes(plan: EncodePlan) -> list[int]:
    """Return the frames before and behind changes, so far that what is looked at is of one kind."""
    step = -(-len(plan.changes_s) // MAX_CHANGES) or 1
    changes = [round(at_s * plan.rate) for at_s in plan.changes_s[::step]]
    return [max(0, at + beside) for at in changes for beside in (-AROUND - 1, AROUND + 1)]


def sound_instants(plan: EncodePlan) -> tuple[float, ...]:
    """Return where sound is compared: at the start, at the end, and evenly between them. Pure."""
    if not plan.sounds:
        return ()
    last_s = max(plan.duration_s - HALF_LISTENED_S, HALF_LISTENED_S)
    steps = min(max(MIN_BETWEEN - 1, int(plan.duration_s / SPREAD_S)), MAX_BETWEEN)
    return tuple(sorted({HALF_LISTENED_S + (last_s - HALF_LISTENED_S) * number / steps for number in range(steps + 1)}))
