"""
When both films are decoded once more with greater care, before what a rendition shows is called wrong.

A part of the confined child source_comparison.py. Only the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def looked(look: Callable[..., dict[str, Any]], *, doubtful_levels: float) -> dict[str, Any]:
    """
    Return what was found at an instant: by a second, careful look where the first one saw what is wrong or doubtful.

    `look` decodes and compares both, `careful` or not. A decoder that began too late shows wrong pictures, too.
    """
    answer = look(careful=False)
    doubtful = not answer["fitted"] and answer["levels"] > doubtful_levels
    return look(careful=True) if answer["wrong"] or doubtful else answer
