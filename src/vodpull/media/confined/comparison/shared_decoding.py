"""
The ends of renditions, decoded once to be measured and to be compared; a part of the confined source_comparison.py.

Only the standard library: PyAV and what reads segments are handed over.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any


class Ends:
    """What is measured, and which of its ends are decoded at an instant at which they are compared."""

    def __init__(self, tools: Any, orders: dict[str, Any], *, folder: Path) -> None:
        self._tools = tools
        self._options = orders["options"]
        self._subjects = [tools.segments.SegmentFiles(folder, said, orders["segment"]) for said in orders["subjects"]]
        self._numbers = {said["folder"]: number for number, said in enumerate(orders["subjects"]) if said["segments"]}
        # By folder and segment: the instant at which it is decoded.
        self._shared: dict[tuple[str, int], float] = {}
        for instant, part in product(orders["sights"], orders["renditions"]):
            for segment in {*instant["segments"]}.intersection(self._ends_of(part["folder"])):
                self._shared.setdefault((part["folder"], segment), instant["at_s"])

    def _ends_of(self, folder: str) -> list[int]:
        return self._subjects[self._numbers[folder]].ends if folder in self._numbers else []

    def is_shared(self, folder: str, segment: int, at_s: float) -> bool:
        """Tell whether a segment is to be decoded whole at an instant."""
        return self._shared.get((folder, segment)) == at_s

    def decode(self, folder: str, segment: int, see: Callable[[Any, Any], None]) -> dict[str, Any]:
        """Decode a segment whole, and return what there is to join."""
        number = self._numbers[folder]
        try:
            decode = self._tools.segments.undecodable
            lost = decode(self._tools.av, self._subjects[number], segment, options=self._options, see=see)
        except self._tools.failures as error:
            return {"subject": number, "error": type(error).__name__}
        return {"subject": number, "undecodable": lost}

    def measured(self, number: int) -> dict[str, Any]:
        """Measure a subject, but for what is decoded at instants."""
        folder = next((folder for folder, other in self._numbers.items() if other == number), "")
        elsewhere = [segment for shared, segment in self._shared if shared == folder]
        measure = self._tools.segments.measure
        found: dict[str, Any] = measure(self._tools.av, self._subjects[number], self._options, elsewhere=elsewhere)
        return found

    @staticmethod
    def join(subjects: list[dict[str, Any]], ends: list[dict[str, Any]]) -> None:
        """Add to what was measured what was decoded at instants."""
        for end in ends:
            subject = subjects[end.pop("subject")]
            if "error" in end or "error" in subject:
                subject.setdefault("error", end.get("error"))
            else:
                subject["undecodable"] += end["undecodable"]
