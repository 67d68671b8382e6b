"""One container or codec against many mutated files: the prober looks at each, FFmpeg decodes what it takes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz import many
from tests.fuzz.mutate import mutated
from vodpull.errors import EncodeStalled
from vodpull.media.encode.extract_texts import BOXED
from vodpull.media.inspect.ask_probe import probe_orders
from vodpull.media.inspect.run_child import run_script
from vodpull.media.mp4 import boxes
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import Finished
from vodpull.media.tools.run import run
from vodpull.media.tools.sandbox import Toolbox

# A busy machine may take its time; a hang takes all of it.
SECONDS_EACH = 30
LIMITS = RunLimits(wall_s=600, nice=0, address_space_bytes=6 * 1024**3, file_size_bytes=16 * 1024**2)
DECODE_LIMITS = RunLimits(wall_s=90, nice=0, address_space_bytes=8 * 1024**3, file_size_bytes=0)
SECRET = "the-canary-sings-outside-the-sandbox"
DECODED_AT_ONCE = 24


@dataclass(kw_only=True)
class Books:
    """What became of the mutated files of one entry."""

    tried: int = 0
    taken: int = 0
    """The prober took them, so FFmpeg decoded them."""
    answers: dict[str, int] = field(default_factory=dict)
    """Codes of the others."""
    faults: list[str] = field(default_factory=list)
    """What must not be."""


class Campaign:
    """Fuzzes one entry in a folder of its own."""

    def __init__(self, sample: Path, folder: Path, *, toolbox: Toolbox, text: str = "") -> None:
        """Take a whole file; the folder holds the mutated ones. `text`: the codec of its texts, which are read, too."""
        self._text = text
        self._whole = sample.read_bytes()
        self._ending = sample.suffix
        self._folder = folder / "files"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._written = folder / "written"
        self._written.mkdir(exist_ok=True)
        self._canary = folder / "canary"
        self._canary.write_text(SECRET)
        self._toolbox = toolbox

    async def take(self, numbers: range, books: Books) -> None:
        """Try the mutations with these numbers, and write down what happened."""
        for old in self._folder.iterdir():
            old.unlink()
        names = [f"{number}{self._ending}" for number in numbers]
        lure = f"file:{self._canary}".encode()
        for number, name in zip(numbers, names, strict=True):
            (self._folder / name).write_bytes(mutated(self._whole, number, lure=lure))
        taken = await self._probe_all(names, books)
        if self._text in BOXED:
            await self._look_into_all(taken, books, look=self._read_texts)
        for at in range(0, len(taken), DECODED_AT_ONCE):
            await self._decode(taken[at : at + DECODED_AT_ONCE], books)
        books.tried += len(names)
        books.taken += len(taken)
        if self._canary.read_text() != SECRET:
            books.faults.append("the canary was changed")

    async def _probe_all(self, names: Sequence[str], books: Books) -> list[str]:
        """Return the names of the files that the prober takes."""
        taken: list[str] = []
        for name, answer in await self._look_into_all(names, books, look=self._probe):
            if "error" not in answer:
                taken.append(name)
            _count(books, str(answer.get("error", "taken")))
        return taken

    async def _look_into_all(
        self, names: Sequence[str], books: Books, *, look: Callable[[Sequence[str]], Awaitable[Finished]]
    ) -> list[tuple[str, dict[str, Any]]]:
        """Return each file with what was answered of it."""
        answers: list[tuple[str, dict[str, Any]]] = []
        left = list(names)
        while left:
            finished = await look(left)
            self._check_secrets(finished, left, books)
            whole = (line for line in finished.stdout.splitlines() if line.startswith(b"{") and line.endswith(b"}"))
            lines = [line for line in map(json.loads, whole) if line]
            for line in lines:
                answers.append((line["name"], line.get("answer", {"error": "raised"})))
                if "raised" in line:
                    books.faults.append(f"{line['name']}: the script raised {line['raised']}")
            left = left[len(lines) :]
            if left:
                books.faults.append(f"{left[0]}: the script ended with {finished.returncode}")
                answers.append((left[0], {"error": "ended"}))
                left = left[1:]
        return answers

    async def _probe(self, names: Sequence[str]) -> Finished:
        return await self._run_many(names, {**probe_orders(self._toolbox), "script": "probe"})

    async def _read_texts(self, names: Sequence[str]) -> Finished:
        # Whatever the track of text has become, and tracks that are none as well.
        texts = {str(index): self._text for index in range(4)}
        orders = {"script": "mp4_texts", "options": ffmpeg_options.format_options(), "texts": texts}
        return await self._run_many(names, orders)

    async def _run_many(self, names: Sequence[str], orders: Mapping[str, Any]) -> Finished:
        orders = {**orders, "files": list(names), "seconds": SECONDS_EACH}
        return await run_script(
            "many",
            orders,
            ("files", self._folder),
            toolbox=self._toolbox,
            limits=LIMITS,
            writes=self._written,
            shared=(boxes, many),
        )

    async def _decode(self, names: Sequence[str], books: Books) -> None:
        """Decode files in one process; where it does not end well, in halves, down to the one that is the cause."""
        argv = list(ffmpeg_options.global_flags())
        for name in names:
            own = ffmpeg_options.text_option() if self._text else ()
            argv += ffmpeg_options.input_flags(f"files/{name}", "-threads", "1", "-max_error_rate", "1", *own)
        for number in range(len(names)):
            text = ["-map", f"{number}:s?", "-c:s", "subrip"] if self._text and self._text not in BOXED else []
            argv += ["-map", f"{number}:v?", "-map", f"{number}:a?", *text, "-t", "5", "-fps_mode", "passthrough"]
            argv += ["-f", "null", "-"]
        try:
            finished = await run(
                argv, toolbox=self._toolbox, reads={"files": self._folder}, limits=DECODE_LIMITS,
            )  # fmt: skip
        except EncodeStalled:
            finished = None
        if finished:
            self._check_secrets(finished, names, books)
        if finished and finished.returncode == 0:
            return
        if len(names) > 1:
            middle = len(names) // 2
            await self._decode(names[:middle], books)
            await self._decode(names[middle:], books)
        elif finished is None or finished.returncode < 0:
            how = "took too long" if finished is None else f"was ended by signal {-finished.returncode}"
            books.faults.append(f"{names[0]}: FFmpeg {how}")

    def _check_secrets(self, finished: Finished, names: Sequence[str], books: Books) -> None:
        if SECRET in finished.stderr_tail or SECRET.encode() in finished.stdout:
            books.faults.append(f"{names[0]} or later: the canary's content came out")


def _count(books: Books, answer: str) -> None:
    books.answers[answer] = books.answers.get(answer, 0) + 1
