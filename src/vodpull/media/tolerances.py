"""
How far an output may differ from its source, and a file from its own word: the figures, and the rules on lengths. Pure.

`verify/structure.py` compares streams, lengths and times by them, `verify/content_verdict.py` what is seen and heard.
How alike pictures and sounds must be, stands in `verify/likeness.py` and `verify/sound_likeness.py`; what a clip or a
join may differ by, in `edit/edit_proof.py`. The scripts of `confined` import nothing: theirs are in
`truncated_files.py`, `sound_comparison.py` and `rewrite_proof.py`.
"""

from __future__ import annotations

COMPLETE_SHARE = 0.98
"""Below this share of what it promised, a source was cut."""

# Above this difference from the promised duration, something else went wrong.
DURATION_SHARE = 0.01
# Very short clips: the grid of frames alone moves the end by so much.
DURATION_S = 0.05
# Where the end of the picture is not known, sound may end a little early; more than this was lost.
SOUND_LOSS_S = 0.5
# What comes after the end: rounding and a container's word explain less.
LEFT_OVER_S, LEFT_OVER_SHARE = 0.5, 0.01
# One AAC frame at 48 kHz lasts 21 ms.
SOUND_GAP_S = 0.03
# Sound that lags or leads by less is not noticed (EBU R37: 40 ms early, 60 ms late).
IN_STEP_S = 0.04
# Edit lists count in milliseconds.
CLOCK_S = 0.002
# A frame of sound, and the rounding of a playlist.
LISTED_S = 0.03


def falls_short(length_s: float, promised_s: float) -> bool:
    """Tell whether something is so much shorter than promised that its source was cut."""
    return length_s < COMPLETE_SHARE * promised_s


def sound_falls_short(end_s: float, promised_s: float) -> bool:
    """Tell whether sound ends so much earlier than promised that some of it was lost."""
    return end_s < promised_s - max(SOUND_LOSS_S, (1 - COMPLETE_SHARE) * promised_s)


def is_as_long(length_s: float, promised_s: float, *, frame_s: float) -> bool:
    """Tell whether a length is the promised one: the grid of frames moves the end by up to one of them."""
    return abs(length_s - promised_s) <= max(DURATION_SHARE * promised_s, DURATION_S, frame_s)


def most_left_over(whole: float, *, per_s: float = 1.0) -> float:
    """Return how much of a whole may come after the end, in its own unit, of which a second has so many."""
    return max(LEFT_OVER_S * per_s, LEFT_OVER_SHARE * whole)
