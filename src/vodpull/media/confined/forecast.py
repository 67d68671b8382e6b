"""
Foretell what probe.py will say of a file that is not all here; runs alone, as a confined child, on hostile bytes.

Called as `python -I -S forecast.py ORDERS PYAV FILE SCRIPT…`. ORDERS is a JSON object:
`spans` (the bytes that are here; the
first one begins at 0), `size` (of the whole file; null: not known), `options` (FFmpeg's format options) and `probe`
(the orders of probe.py). PYAV is the folder of the PyAV package. The answer has `info` (null: not yet), and `stop`:
null where the file tells how long it is, else the byte with which everything ends that `info` speaks of. Only PyAV, the
standard library, and probe.py with its parts and decodable.py, whose paths come last.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# Layouts in which what is shown later comes later, and whose beginning is a file of its own.
STREAMED = frozenset({"fragments", "mpegts", "matroska", "flv"})


def main(argv: list[str]) -> int:
    """Answer on stdout; the exit code is 0 whenever there is an answer."""
    orders = json.loads(argv[1])
    sys.path[:0] = [str(Path(each).parent) for each in (argv[2], *argv[4:])]
    av, probe, decodable = (importlib.import_module(name) for name in ("av", "probe", "decodable"))
    # FFmpeg's own complaints are of no use to anyone here.
    av.logging.set_level(None)
    answer: dict[str, Any] = {"info": None}
    try:
        part = decodable.Part(Path(argv[3]), [(start, stop) for start, stop in orders["spans"]])
        kind = decodable.layout(part)
        if kind == "mp4" and orders["size"]:
            source = decodable.Sparse(part, orders["size"])
            info = foretell(av, probe, source, orders=orders["probe"])
            answer = {"info": None if source.was_missed else info, "stop": None}
        elif kind in STREAMED:
            answer = foretell_beginning(av, probe, decodable, part=part, orders=orders)
    except (probe.Refused, av.FFmpegError, OSError, MemoryError, ValueError):
        """Not yet, or never."""
    sys.stdout.write(json.dumps(answer))
    return 0


def foretell(av: Any, probe: Any, source: Any, *, orders: dict[str, Any]) -> dict[str, Any]:
    """Return what probe.py says of a source."""
    info: dict[str, Any] = probe.probe(_Opener(av, source), _Named(source), orders)
    return info


def foretell_beginning(av: Any, probe: Any, decodable: Any, *, part: Any, orders: dict[str, Any]) -> dict[str, Any]:
    """Return what a file would be that ended with what is here: whatever it says itself, its end is not seen."""
    kind = decodable.layout(part)
    stop = decodable.whole_stop(part, kind)
    part = decodable.Part(part.path, [(0, stop)])
    reach_s = decodable.reach_by_end(av, part, kind=kind, options=orders["options"])
    scan = probe.scan_start

    def scan_enough(*arguments: Any) -> Any:
        found = scan(*arguments)
        if len(found["times"]) < probe.CADENCE_PACKETS:
            raise probe.Refused("media_truncated", "the first pictures are not all here")
        return found

    def ends(_av: Any, _container: Any, streams: list[Any], **_options: Any) -> dict[int, Any]:
        starts = {stream: float((stream.start_time or 0) * stream.time_base) for stream in streams}
        return {
            stream.index: (start_s, start_s + reach_s if stream.type == "video" else None)
            for stream, start_s in starts.items()
        }

    lengths: Any = importlib.import_module("lengths")
    # The one step that needs the end.
    probe.scan_start, lengths.track_ends = scan_enough, ends
    # That an index promises more than is here is no loss.
    lengths.missing_bytes = lambda *_arguments: None
    info = foretell(av, probe, decodable.Sparse(part, stop), orders=orders["probe"])
    return {"info": info | {"size_bytes": orders["size"] or stop}, "stop": stop}


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
        """Give the source from its beginning."""
        self._source.seek(0)
        yield self._source


if __name__ == "__main__":
    sys.exit(main(sys.argv))
