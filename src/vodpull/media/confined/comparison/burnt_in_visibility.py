"""
Whether what is burnt into a film can be seen: a watermark or text is missing, there, or too strong.

Imported by path, by a confined child. Only the standard library; what lies over a fingerprint, has
fingerprint_overlay.py made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import mul, sub
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vodpull.media.confined.comparison.fingerprint_overlay import Overlay

# So much of what is burnt in must be seen, and no more than so much.
MISSING, TOO_STRONG = 0.5, 1.6
# What changes the brightness of no cell by more cannot be told from what an encoder does; the second number counts
# where brightness was mapped to another range. Nor can what is near to what differs in the rest of the picture.
LEVELS, FITTED_LEVELS, NOISE_FACTOR = 5.0, 12.0, 6.0


@dataclass(frozen=True, kw_only=True)
class Layers:
    """What lies over a fingerprint, one above the other, by name."""

    layers: Mapping[str, Overlay]
    hidden: frozenset[int] = frozenset()
    """Cells of which nothing can be told."""

    @cached_property
    def cells(self) -> frozenset[int]:
        """Cells that are covered by anything."""
        return self.hidden.union(*(layer.cells for layer in self.layers.values()))

    def over(self, cells: bytes) -> bytes:
        """Return a fingerprint with all of them."""
        for layer in self.layers.values():
            cells = layer.over(cells)
        return self.told(cells)

    def told(self, cells: bytes) -> bytes:
        """Return a fingerprint without what is hidden."""
        return bytes(0 if at in self.hidden else cell for at, cell in enumerate(cells)) if self.hidden else cells

    def judged(self, pairs: Sequence[tuple[bytes, bytes]], *, fitted: bool) -> tuple[Mapping[str, float | None], str]:
        """
        Return how much of each is seen, 1: all, None: it looks like what is below; and what is wrong, in English.

        `pairs`: fingerprints of what is shown, and of what is below all of them.
        """
        seen = {name: self._seen(name, pairs, fitted=fitted) for name in self.layers}
        known = {name: share for name, share in seen.items() if share is not None}
        wrong = [f"the {name} is missing" for name, share in known.items() if share < MISSING]
        wrong += [f"the {name} is too strong" for name, share in known.items() if share > TOO_STRONG]
        return seen, wrong[0] if wrong else ""

    def _seen(self, name: str, pairs: Sequence[tuple[bytes, bytes]], *, fitted: bool) -> float | None:
        rest = replace(self, layers={other: layer for other, layer in self.layers.items() if other != name})
        open_cells = [at for at in range(len(self.layers[name].cover)) if at not in self.cells]
        least, done, due = FITTED_LEVELS if fitted else LEVELS, 0.0, 0.0
        for shown, bare in pairs:
            below = rest.over(bare)
            change = list(map(sub, self.over(bare), below))
            noise = sum(abs(shown[at] - bare[at]) for at in open_cells) / max(1, len(open_cells))
            if max(map(abs, change)) >= max(least, NOISE_FACTOR * noise):
                done += sum(map(mul, map(sub, self.told(shown), below), change))
                due += sum(map(mul, change, change))
        return round(done / due, 2) if due else None
