"""
Decode a source and what was made of it around chosen instants, and compare; run by run_script.py, on hostile bytes.

Looks into FOLDER and SOURCE, and [WATERMARK] [TEXT] [SEEN]. Its orders:

- `options` (FFmpeg's format options) and `segment` (pattern of the media segments' names),
- `zero_s` (the time of the source that is 0 in the output), `frame_s` (how long a shown picture stays),
  `frames` (so many are shown) and `video`, the stream of the source,
- `shapes`: where shapes change, when each begins, and its width over height,
- `watermark`: null, or `kind` and `opacity` of the picture WATERMARK, which lies over each rendition,
- `text`: null, or `numbers`, `columns` and `rows` of the small pictures in TEXT: what is drawn in at these frames,
- `renditions`, each with `folder` (below FOLDER) and `init`, whose picture is compared, and with `mark`, the place of
  the watermark: left, top, width and height as shares of the frame,
- `sounds`, each with `folder`, `init`, `segments` (so many it has) and `stream`, the stream of the source that must be
  heard,
- `sights` and `listens`: instants in seconds with the `segments` (numbers, from 1) that hold what is around them,
- `in_step_s`: by how much sound may be late or early,
- `count`: whether all pictures and samples of the source are counted,
- `seen`: whether the folder SEEN has what the source shows at some of the instants, as source_fingerprints.py has
  written it,
- `subjects`: what is measured, as in segments.py; a segment that is decoded for both is decoded once.

The answer has `sights` and `listens` in the same order: for each instant what was `found` of each rendition and the
`source` as a fingerprint, or a list with what was found of each sound; `account`; and `subjects` as in segments.py.
Shared with the service: likeness.py and sound_likeness.py.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

# An init segment says all that there is to say: nothing is decoded to learn more.
SEGMENT_OPTIONS = {"probesize": "2048", "analyzeduration": "0"}
# Bars are black, but for what an encoder and the scaler leave at their edges.
DARK_LEVELS = 16.0
# Rounding of a clock.
TICK_S = 0.001


def answer(av: Any, orders: dict[str, Any], *files: Path) -> dict[str, Any]:
    """Compare all that is asked for, and return what was found."""
    folder, source, *more = files
    names = [name for name in ("watermark", "text", "seen") if orders[name]]
    given = dict(zip(names, more, strict=True))
    film = importlib.import_module("decode_around")
    tools = film.imported(av)
    proof = Comparison(tools, film, orders, folder=folder, source=source, seen=given.pop("seen", None))
    if given:
        proof.burn_in(given)
    works = [Work("sights", at) for at in orders["sights"]]
    # What is counted from beginning to end is listened to on the way.
    works += [Work("account", {})] if orders["count"] else [Work("listens", at) for at in orders["listens"]]
    works += [Work("subjects", {"number": number}) for number in range(len(orders["subjects"]))]
    done = list(zip(works, tools.segments.shared_out(works, proof.done), strict=True))
    kinds = ("sights", "listens", "account", "subjects")
    answers: dict[str, Any] = {kind: [found for work, found in done if work.kind == kind] for kind in kinds}
    for sight in answers["sights"]:
        proof.ends.join(answers["subjects"], sight.pop("ends"))
    if orders["count"]:
        answers["listens"], answers["account"] = answers["account"][0]
    return {**answers, "account": answers["account"] or None}


@dataclass(frozen=True)
class Work:
    """One instant to compare."""

    kind: str
    instant: dict[str, Any]

    @property
    def cost(self) -> int:
        """Pictures are dearer to look at, and all of the sound is dearest."""
        return {"sights": 4, "listens": 1, "account": 8, "subjects": 2}[self.kind]


class Comparison:
    """The comparison of one source with one output."""

    def __init__(
        self, tools: Any, film: Any, orders: dict[str, Any], *, folder: Path, source: Path, seen: Path | None
    ) -> None:
        self._tools = tools
        self._read = film
        self._source = source
        self._folder = folder
        self._orders = orders
        known = (
            importlib.import_module("source_fingerprints").known(seen, tools, source=source, orders=orders)
            if seen
            else None
        )
        self._film = film.Film(tools, source, orders, seen=known)
        self.ends: Any = importlib.import_module("shared_decoding").Ends(tools, orders, folder=folder)
        self._second_look: Any = importlib.import_module("careful_second_look")
        self._decoded_ends: list[dict[str, Any]] = []
        hearing = importlib.import_module("sound_comparison")
        self._hearing: Any = hearing.Hearing(tools, film, orders, segments=self._segments, source=source)
        self._visibility: Any = None
        self._mark: Any = None
        self._text: Any = None

    def burn_in(self, paths: dict[str, Path]) -> None:
        """Have the renditions compared with what is burnt into them, too."""
        burnt = importlib.import_module("fingerprint_overlay")
        self._visibility = importlib.import_module("burnt_in_visibility")
        if "watermark" in paths:
            self._mark = burnt.Mark(self._tools, paths["watermark"], **self._orders["watermark"])
        if "text" in paths:
            self._text = burnt.Texts(self._tools, paths["text"], **self._orders["text"])

    def done(self, work: Work) -> Any:
        """Do one piece of work."""
        if work.kind == "account":
            return self._hearing.account()
        if work.kind == "subjects":
            return self.ends.measured(work.instant["number"])
        return self._sights(work.instant) if work.kind == "sights" else self._hearing.listens(work.instant)

    def _sights(self, instant: dict[str, Any]) -> dict[str, Any]:
        self._decoded_ends = []
        found = [self._compared(rendition, instant) for rendition in self._orders["renditions"]]
        known = self._known_sights(instant, careful=False)
        at = [sight.cells for sight in known if sight.at_s <= instant["at_s"]]
        return {"found": found, "source": at[-1].hex() if at else "", "ends": self._decoded_ends}

    def _compared(self, rendition: dict[str, Any], instant: dict[str, Any]) -> dict[str, Any]:
        look = partial(self._likeness, rendition, instant)
        found = self._second_look.looked(look, doubtful_levels=self._tools.likeness.DOUBTFUL_LEVELS)
        return dict(found)

    def _likeness(self, rendition: dict[str, Any], instant: dict[str, Any], *, careful: bool) -> dict[str, Any]:
        known, begin_s, end_s = self._of_one_shape(self._known_sights(instant, careful=careful), instant["at_s"])
        inside = known[0].shape if known else None
        seen = self._seen(rendition, instant, careful=careful, inside=inside)
        shown = [(sight.at_s, sight.cells) for sight in seen if begin_s <= sight.at_s < end_s]
        result = self._tools.likeness.compare_sights(
            shown,
            [(sight.at_s, sight.cells) for sight in known],
            frame_s=self._orders["frame_s"],
            fitted=any(sight.hdr for sight in known),
            share=min(self._tools.look.shares(seen[0].shape, inside)) if seen and inside else 1.0,
            overlay=self._overlay(rendition, instant, seen[0].shape if seen else 1.0, inside=inside),
        )
        bright = max((sight.beside for sight in seen if begin_s <= sight.at_s < end_s), default=0.0) > DARK_LEVELS
        wrong = result.wrong or ("there is a picture where bars must be" if bright else "")
        return {**asdict(result), "wrong": wrong, "pictures": len(shown), "seen": bool(known)}

    def _overlay(
        self, rendition: dict[str, Any], instant: dict[str, Any], shape: float, *, inside: float | None
    ) -> Any | None:
        """Return what is burnt in as it lies over the fingerprints of a rendition; None: nothing."""
        if self._visibility is None:
            return None
        wide, high = self._tools.look.shares(shape, inside or shape)
        layers, hidden = {}, frozenset[int]()
        if self._mark:
            layers["watermark"] = self._mark.over(tuple(rendition["mark"]), wide, high)
        if self._text:
            at = round(instant["at_s"] / self._orders["frame_s"])
            around = range(at - self._read.AROUND, at + self._read.AROUND + 1)
            layers["text"], hidden = self._text.over(around, wide, high)
        return self._visibility.Layers(layers=layers, hidden=hidden)

    def _known_sights(self, instant: dict[str, Any], *, careful: bool) -> list[Any]:
        """Return what the source shows around an instant."""
        first_s, last_s = self._read.searched(instant["at_s"], self._orders["frame_s"])
        known = self._film.sights(first_s, last_s, careful=careful)
        return [replace(sight, shape=self._shape_at(sight)) for sight in known]

    def _shape_at(self, sight: Any) -> float:
        """Return the shape of a picture, where shapes change as the survey found it: a stream names only one."""
        begun = [shape for start_s, shape in self._orders["shapes"] if start_s <= sight.at_s + TICK_S]
        first = [shape for _, shape in self._orders["shapes"][:1]]
        return float([sight.shape, *first, *begun][-1])

    def _of_one_shape(self, known: list[Any], at_s: float) -> tuple[list[Any], float, float]:
        """Return the sights around an instant that have the shape of the one there, and from when to when it is."""
        here = max(0, sum(sight.at_s <= at_s for sight in known) - 1)
        other = [
            number
            for number, sight in enumerate(known)
            if abs(sight.shape / known[here].shape - 1) > self._tools.look.SAME_SHAPE
        ]
        first = max((number + 1 for number in other if number < here), default=0)
        stop = min((number for number in other if number > here), default=len(known))
        # Within a frame of a change, either may be shown.
        frame_s = self._orders["frame_s"]
        begin_s = known[first].at_s + frame_s if first else -math.inf
        end_s = known[stop].at_s - frame_s if stop < len(known) else math.inf
        return known[first:stop], begin_s, end_s

    def _seen(
        self, rendition: dict[str, Any], instant: dict[str, Any], *, careful: bool, inside: float | None
    ) -> list[Any]:
        """Return what a viewer sees of a rendition around an instant, each segment decoded alone."""
        frame_s = self._orders["frame_s"]
        around = self._read.AROUND
        first_s, last_s = (instant["at_s"] + number * frame_s for number in (-around - 0.25, around - 0.75))
        overlay = self._overlay(rendition, instant, 1.0, inside=None)
        covered = frozenset[int]() if overlay is None else overlay.cells
        seen: list[Any] = []

        def see(look: Any, at_s: float, frame: Any) -> None:
            if first_s <= at_s <= last_s:
                seen.append(look.sight(at_s, frame, inside=inside, covered=covered))

        for number in instant["segments"]:
            if not careful and self.ends.is_shared(rendition["folder"], number, instant["at_s"]):
                self._see_all(rendition, number, see)
                continue
            with suppress(*self._tools.failures), self._segment(rendition, number) as container:
                stream = self._read.prepared(container.streams.video[0], careful=careful)
                look = self._tools.look.Look(self._tools, stream)
                for at_s, frame in self._read.decoded(
                    self._tools.av, container, stream, skipped=lambda at_s: not careful and at_s < first_s
                ):
                    if at_s > last_s:
                        break
                    see(look, at_s, frame)
        return sorted(seen, key=lambda sight: sight.at_s)

    def _see_all(self, rendition: dict[str, Any], number: int, see: Callable[[Any, float, Any], None]) -> None:
        """Look at the pictures of a segment that is decoded whole."""
        looks: list[Any] = []

        def look_at(stream: Any, frame: Any) -> None:
            looks[:] = looks or [self._tools.look.Look(self._tools, stream)]
            if frame.pts is not None and not frame.is_corrupt:
                with suppress(*self._tools.failures):
                    see(looks[0], float(frame.pts * frame.time_base), frame)

        self._decoded_ends.append(self.ends.decode(rendition["folder"], number, look_at))

    def _segment(self, part: dict[str, Any], number: int) -> Any:
        return self._segments(part, [number])

    def _segments(self, part: dict[str, Any], numbers: Iterable[int]) -> Any:
        folder = self._folder / part["folder"]
        files = [folder / part["init"], *(folder / (self._orders["segment"] % number) for number in numbers)]
        options = {**self._orders["options"], **SEGMENT_OPTIONS}
        tools, joined = self._tools.segments, self._tools.segments.JoinedFiles(files)
        return self._tools.av.open(joined, format="mp4", options=options, stream_options=[dict(tools.UNSEEN)])
