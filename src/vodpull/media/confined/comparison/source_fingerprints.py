"""
Write down what a source shows around chosen instants, ahead of the comparison; run by run_script.py, on hostile bytes.

It runs in a folder to write into. Its orders: `options`, `zero_s`, `frame_s` and `video` as in source_comparison.py,
and `sights`, instants in seconds, in order. The file SIGHTS gets a line that says of what source and for which orders
it is, and one for each instant, as soon as it was looked at: whoever ends this process may use every whole line.
source_comparison.py imports `known`. Shared with the service: likeness.py.
"""

from __future__ import annotations

import importlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

SIGHTS = "sights.jsonl"
# What is written is read by the same release, or not at all.
FORM = 1


def answer(av: Any, orders: dict[str, Any], source: Path) -> dict[str, Any]:
    """Write the file; there is an answer when it is whole."""
    film = importlib.import_module("decode_around")
    walk = Walk(film.imported(av), film, source=source, orders=orders)
    with Path(SIGHTS).open("w", buffering=1) as file:
        file.write(json.dumps(_basis(source, orders)) + "\n")
        for at_s in orders["sights"]:
            first_s, last_s = film.searched(at_s, orders["frame_s"])
            seen = [[sight.at_s, sight.cells.hex(), sight.shape, sight.hdr] for sight in walk.sights(first_s, last_s)]
            file.write(json.dumps([first_s, seen]) + "\n")
    return {}


def known(folder: Path, tools: Any, *, source: Path, orders: dict[str, Any]) -> dict[float, list[Any]]:
    """Return what was written down of this very source for such orders, by the time where it begins."""
    found: dict[float, list[Any]] = {}
    with suppress(OSError, ValueError, TypeError, RecursionError), (folder / SIGHTS).open() as file:
        if json.loads(next(file, "null")) != _basis(source, orders):
            return {}
        for line in file:  # the last one may not be whole
            first_s, seen = json.loads(line)
            if seen:
                found[float(first_s)] = [_sight(tools, sight) for sight in seen]
    return found


def _sight(tools: Any, written: list[Any]) -> Any:
    at_s, cells, shape, hdr = written
    content = bytes.fromhex(cells)
    if len(content) != tools.likeness.CELLS:
        raise ValueError("no fingerprint")
    return tools.look.Sight(at_s=float(at_s), cells=content, shape=float(shape), hdr=bool(hdr))


def _basis(source: Path, orders: dict[str, Any]) -> dict[str, Any]:
    """Return what must be the same where what was written down is used."""
    found = source.stat()
    place = {name: orders[name] for name in ("options", "zero_s", "frame_s", "video")}
    return {"form": FORM, "size_bytes": found.st_size, "written_ns": found.st_mtime_ns, **place}


class Walk:
    """Looks at a source instant by instant, and decodes once what two of them need."""

    def __init__(self, tools: Any, film: Any, *, source: Path, orders: dict[str, Any]) -> None:
        self._tools = tools
        self._read = film
        self._source = source
        self._orders = orders
        self._reading: Any = None
        # Only asked where a decoder would begin: each time anew, the whole index would be read.
        self._index: Any = None

    def sights(self, first_s: float, last_s: float) -> list[Any]:
        """Return the same as a film does, without care; behind what was asked for last."""
        begin_s = first_s if first_s > 0 else None
        found: list[Any] = []
        with suppress(*self._tools.failures):
            goes_on = self._reading is not None and self._leads_to(first_s)
            if not goes_on:
                self._close()
                self._reading = self._read.Reading(
                    self._tools, self._source, self._orders, begin_s=begin_s, careful=False
                )
            found = self._reading.sights(first_s, last_s)
            if found and (found[0].at_s <= first_s or (begin_s is None and not goes_on)):
                return found
        self._close()
        film = self._read.Film(self._tools, self._source, self._orders)
        again: list[Any] = film.sights(first_s, last_s, careful=False)
        return again

    def _close(self) -> None:
        if self._reading is not None:
            self._reading.close()
        self._reading = None

    def _leads_to(self, first_s: float) -> bool:
        """Tell whether a decoder that begins anew would begin with what was decoded already."""
        reached_s = self._reading.reached_s
        if first_s - self._read.KEPT_S <= reached_s:
            return False
        self._index = self._index or self._tools.open(self._source, self._orders, unseen=True)
        stream = self._index.streams[self._orders["video"]]
        self._read.seek(self._tools.av, self._index, stream, at_s=first_s + self._orders["zero_s"])
        packets = self._read.packets(self._tools.av, self._index, stream)
        begins_s = (float(packet.pts * packet.time_base) for packet in packets if packet.pts is not None)
        return bool(next(begins_s, float("inf")) - self._orders["zero_s"] <= reached_s)
