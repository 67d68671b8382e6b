"""
Foretell what probe.py will say of a file that is not all here; run by run_script.py, on hostile bytes.

Its orders: `spans` (the bytes that are here; the first one begins at 0), `size` (of the whole file; null: not known),
`options` (FFmpeg's format options) and `probe` (the orders of probe.py). The answer has `info` (null: not yet), and
`stop`: null where the file tells how long it is, else the byte with which everything ends that `info` speaks of.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# Layouts in which what is shown later comes later, and whose beginning is a file of its own.
STREAMED = frozenset({"fragments", "mpegts", "matroska", "flv"})


def answer(av: Any, orders: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return what can be foretold, if anything can."""
    probe, decodable = importlib.import_module("probe"), importlib.import_module("partial_reach")
    try:
        part = decodable.PresentPart(path, [(start, stop) for start, stop in orders["spans"]])
        kind = decodable.layout(part)
        if kind == "mp4" and orders["size"]:
            source = decodable.Sparse(part, orders["size"])
            info = foretell(av, probe, source, orders=orders["probe"])
            return {"info": None if source.was_missed else info, "stop": None}
        if kind in STREAMED:
            return foretell_beginning(av, probe, decodable, part=part, orders=orders)
    except (probe.RefusedFile, av.FFmpegError, OSError, MemoryError, ValueError):
        """Not yet, or never."""
    return {"info": None}


def foretell(av: Any, probe: Any, source: Any, *, orders: dict[str, Any], measure: Any = None) -> dict[str, Any]:
    """Return what probe.py says of a source."""
    info: dict[str, Any] = probe.probe(_Opener(av, source), _Named(source), orders, measure=measure)
    return info


def foretell_beginning(av: Any, probe: Any, decodable: Any, *, part: Any, orders: dict[str, Any]) -> dict[str, Any]:
    """Return what a file would be that ended with what is here: whatever it says itself, its end is not seen."""
    kind = decodable.layout(part)
    stop = decodable.whole_stop(part, kind)
    part = decodable.PresentPart(part.path, [(0, stop)])
    reach_s = decodable.reach_by_end(av, part, kind=kind, options=orders["options"])
    source = decodable.Sparse(part, stop)
    info = foretell(av, probe, source, orders=orders["probe"], measure=_Beginning(probe, reach_s))
    return {"info": info | {"size_bytes": orders["size"] or stop}, "stop": stop}


class _Beginning:
    """How a file is measured of which only the beginning is here; see `WholeFile` of probe.py."""

    def __init__(self, probe: Any, reach_s: float) -> None:
        """`reach_s`: how long the picture is that is here."""
        self._probe = probe
        self._reach_s = reach_s

    def scan_start(self, av: Any, container: Any, video: Any) -> Any:
        """Return what the first packets of the picture tell, once they are all here."""
        found = self._probe.scan_start(av, container, video)
        if len(found["times"]) < self._probe.CADENCE_PACKETS:
            raise self._probe.RefusedFile("media_truncated", "the first pictures are not all here")
        return found

    def track_ends(self, _av: Any, _container: Any, streams: list[Any], **_options: Any) -> dict[int, Any]:
        """Let the picture end with what is here; where sound ends is not seen."""
        starts = {stream: float((stream.start_time or 0) * stream.time_base) for stream in streams}
        return {
            stream.index: (start_s, start_s + self._reach_s if stream.type == "video" else None)
            for stream, start_s in starts.items()
        }

    def missing_bytes(self, _streams: list[Any], _size: int) -> None:
        """That an index promises more than is here is no loss."""


class _Opener:
    """PyAV as probe.py uses it, opening one source whatever it is asked for."""

    def __init__(self, av: Any, source: Any) -> None:
        self._av = av
        self._source = source

    def __getattr__(self, name: str) -> Any:
        return getattr(self._av, name)

    def open(self, _name: str, *, options: dict[str, str]) -> Any:
        """Open the source."""
        self._source.seek(0)
        return self._av.open(self._source, options=options)


class _Named:
    """A source in the place of a path."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def stat(self) -> Any:
        """Return its size."""
        return SimpleNamespace(st_size=self._source.seek(0, os.SEEK_END))

    @contextmanager
    def open(self, _mode: str) -> Iterator[Any]:
        """Give the source from its beginning, and leave it where it was: a demuxer may be reading it."""
        at = self._source.tell()
        self._source.seek(0)
        try:
            yield self._source
        finally:
            self._source.seek(at)
