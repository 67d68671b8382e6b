"""Frame rates as exact fractions. Pure."""

from __future__ import annotations

from fractions import Fraction


def exact_rate(rate: float) -> Fraction:
    """Return the rate as FFmpeg should read it: 29.97… becomes 30000/1001."""
    return Fraction(rate).limit_denominator(2002)
