"""Where a reply may lead a browser after a login or a form: below the console, never to another site."""

from __future__ import annotations

import re


def safe_place(place: str) -> str:
    """Return a place below the console's root that a reply may lead to, or the root itself: never another site."""
    return place if re.fullmatch(r"([A-Za-z0-9_-][A-Za-z0-9/_-]*)?(\?[A-Za-z0-9_.,=&%+-]*)?", place) else ""
