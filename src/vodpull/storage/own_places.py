"""What overlaps a place of the service's own: no source is read from there, and no export lands there."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit


def folders_overlap(one: Path, other: Path) -> bool:
    """Tell whether one folder is in the other, or both are the same, whatever links lead there."""
    here, there = one.resolve(), other.resolve()
    return here.is_relative_to(there) or there.is_relative_to(here)


def stores_overlap(one: str, other: str) -> bool:
    """Tell whether the URLs of two stores lead to the same keys, or one below the other."""
    here, there = urlsplit(one), urlsplit(other)
    paths = [f"{parts.path.strip('/')}/".lstrip("/") for parts in (here, there)]
    is_same = (here.scheme, here.netloc) == (there.scheme, there.netloc)
    return is_same and (paths[0].startswith(paths[1]) or paths[1].startswith(paths[0]))
