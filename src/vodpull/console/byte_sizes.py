"""Numbers of bytes as people read them."""

from __future__ import annotations

KILO = 1000


def as_bytes(size_bytes: float | None) -> str:
    """Return a size in the unit that fits, decimal as on a disk's label."""
    if size_bytes is None:
        return "—"
    size, units = float(size_bytes), ["B", "kB", "MB", "GB", "TB"]
    while size >= KILO and len(units) > 1:
        size, units = size / KILO, units[1:]
    return f"{size:.0f} {units[0]}" if units[0] in {"B", "kB"} else f"{size:.1f} {units[0]}"
