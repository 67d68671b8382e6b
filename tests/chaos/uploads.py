"""
A campaign against uploads: `python -m tests.chaos.uploads [--runs 200] [--kills 20] [--seed N]`.

Files of random bytes and sizes are sent in forms, in blocks and by tus, by one client or two at once; lines are cut at
random bytes, the service is killed in the middle of bodies, blocks come in any order, calls are repeated, digests are
wrong, tokens end under way. Afterwards each file must be there once, byte for byte, and nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.sending import BlockSender, FormSender, Line, Over, TusSender, send_together
from tests.services.vodpull import Vodpull

LARGEST_BYTES = 10_000_000
TOKEN_HOURS = "0.001"
SETTLE_S = 240.0

KINDS = (FormSender, BlockSender, TusSender)

SETTINGS = {"VODPULL_UPLOAD_TOKEN_HOURS": TOKEN_HOURS, "VODPULL_UPLOAD_RATE_LIMIT": "0"}


@dataclass
class Books:
    """What a campaign found. `faults` is empty when everything promised was kept."""

    seed: int
    runs: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    """Files with another digest than was announced."""
    wanted: dict[str, str] = field(default_factory=dict)
    """SHA-256 by the id of the video."""
    faults: list[str] = field(default_factory=list)

    def report(self) -> str:
        """Return it for people."""
        lines = [f"seed {self.seed}: {self.runs.total()} runs: {_listed(self.runs)}"]
        lines += [f"met: {_listed(self.met)}", f"refused for their digest: {self.refused}"]
        lines += [f"files that must be there: {len(self.wanted)}; faults: {len(self.faults)}", *self.faults]
        return "\n".join(lines) + "\n"


def installation(folder: Path) -> Vodpull:
    """Return a service whose tokens end soon, not started yet."""
    return Vodpull(folder / "data", origin="http://127.0.0.1:9", **SETTINGS)


class Campaign:
    """One campaign against one installation."""

    def __init__(self, service: Vodpull, *, seed: int, largest_bytes: int = LARGEST_BYTES) -> None:
        self._service = service
        self._chance = random.Random(seed)
        self._largest_bytes = largest_bytes
        self._dying = threading.Lock()
        self.books = Books(seed=seed)

    def run(self, runs: int, *, kills: int) -> Books:
        """Send files, and look at what is there afterwards."""
        killing = set(self._chance.sample(range(runs), min(kills, runs)))
        before = {video["video_id"] for video in self._videos()}
        for number in range(runs):
            self._send(number, kills=int(number in killing))
        self._settle()
        self._compare(before)
        return self.books

    def _send(self, number: int, *, kills: int) -> None:
        kind = KINDS[number % len(KINDS)]
        data = self._chance.randbytes(self._chance.choice([1, 5000, self._chance.randrange(1, self._largest_bytes)]))
        is_wrong = self._chance.random() < 0.1
        line = self._line(kills=kills)
        given = {"file_id": f"{self.books.seed}-{number}", "md5": _md5(data[::-1] + b"x") if is_wrong else ""}
        first = kind(line=line, data=data, **given)
        first.reserve()
        clients = [first]
        if self._chance.random() < 0.25:
            self.books.met["two clients"] += 1
            second = kind(line=self._line(kills=0), data=data, **given)
            second.token, second.key, second.video_id = first.token, first.key, first.video_id
            if isinstance(second, BlockSender):
                second.series = self._chance.choice(["one", "two"])
            clients.append(second)
        self.books.runs[kind.__name__] += 1
        failed = send_together(clients)
        for client in clients:
            self.books.met.update(client.line.met)
        self._judge(number, first, failed, is_wrong=is_wrong)

    def _judge(
        self, number: int, sent: FormSender | BlockSender | TusSender, failed: list[Exception], *, is_wrong: bool
    ) -> None:
        refused = [each for each in failed if isinstance(each, Over) and each.status in {460, 701}]
        if is_wrong and len(refused) == len(failed) and refused:
            self.books.refused += 1
            return
        if failed or is_wrong:
            what = "; ".join(repr(each) for each in failed) or "a wrong digest was taken"
            self.books.faults.append(f"run {number} ({type(sent).__name__}, {len(sent.data)} bytes): {what}")
        if not failed:
            self.books.wanted[sent.video_id] = hashlib.sha256(sent.data).hexdigest()

    def _line(self, *, kills: int) -> Line:
        chance = random.Random(self._chance.random())
        return Line(service=self._service, chance=chance, kill=self._kill, kills_left=kills)

    def _kill(self) -> None:
        with self._dying:
            self._service.kill()
            self._service.start()

    def _videos(self) -> Iterable[dict[str, Any]]:
        cursor = ""
        while True:
            page = self._service.api("GET", f"/videos?limit=100&cursor={cursor}").json()
            yield from page["videos"]
            if not (cursor := page["next_cursor"] or ""):
                return

    def _settle(self) -> None:
        """Wait until nobody works on anything."""
        deadline_s = time.monotonic() + SETTLE_S
        while any(not video["uploaded_at_ms"] for video in self._videos()) or self._work():
            if time.monotonic() > deadline_s:
                self.books.faults.append(f"still at work after {SETTLE_S} s")
                return
            time.sleep(0.2)

    def _work(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._service.api("GET", "/batches?state=running").json()["batches"]
        return found

    def _compare(self, before: set[str]) -> None:
        found = {video["video_id"] for video in self._videos()} - before
        wanted = {video_id.lower() for video_id in self.books.wanted}
        self.books.faults += [f"lost: {each}" for each in wanted - found]
        self.books.faults += [f"nobody sent it, or it is there twice: {each}" for each in found - wanted]
        for video_id, digest in self.books.wanted.items():
            [file] = self._service.api("GET", f"/videos/{video_id}").json()["files"]
            data = self._service.get(file["url"].removeprefix(self._service.url)).content
            if hashlib.sha256(data).hexdigest() != digest:
                self.books.faults.append(f"other bytes: {video_id}")


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))


def main() -> int:
    """Run the campaign that the arguments describe; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.uploads", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vodpull-uploads-") as folder:
        service = installation(Path(folder))
        service.start()
        try:
            books = Campaign(service, seed=options.seed).run(options.runs, kills=options.kills)
        finally:
            service.stop()
    sys.stdout.write(books.report())
    return 1 if books.faults else 0


if __name__ == "__main__":
    sys.exit(main())
