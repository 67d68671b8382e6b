"""Which browser somebody has, by what it says of itself: good enough to recognise one's own. Pure."""

from __future__ import annotations

_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)

MAX_SHOWN_CHARACTERS = 60


def browser_of(agent: str) -> str:
    """Return `Firefox, Linux`, or the beginning of what a stranger program says; empty: it says nothing."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return ", ".join(filter(None, (browser, system))) if browser else agent[:MAX_SHOWN_CHARACTERS]
