"""Which films get a teaser, a short animated picture. Pure."""

from __future__ import annotations

from vodpull.media.plan.template import Teaser

LONG_S = 60.0
"""From here on a teaser costs a hundredth of an encode of 480 lines, and less of a larger one."""


def has_teaser(wish: Teaser, duration_s: float) -> bool:
    """Tell whether a film of a length gets an animated picture."""
    return wish == "always" or (wish == "long" and duration_s >= LONG_S)
