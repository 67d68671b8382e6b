"""The local work files of one attempt of a job: disposable, and finished results get their names by one rename."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from fractions import Fraction
from pathlib import Path

from vodpull.atomic import write_atomically

JOINED_FILE = "joined.mp4"
SHIFTS_FILE = "shifts.json"

FLUSHES_AT_ONCE = 8
"""The disk writes them down together: a tenth of the time of one after the other."""


class Workspace:
    """The folder of one attempt of a job below the work folder."""

    def __init__(self, work_folder: Path, name: str) -> None:
        self.name = name
        self.folder = work_folder / name

    @property
    def source(self) -> Path:
        """The whole, verified source. Its presence is the proof: it gets this name last."""
        return self.folder / "source"

    def write_digests(self, *, md5: str, sha256: str) -> None:
        """Keep the digests of the source, so that nobody reads it again for them."""
        write_atomically(self._kept, json.dumps({"md5": md5, "sha256": sha256}).encode())

    def digests(self, original: Path) -> dict[str, str]:
        """Return `md5` and `sha256` of the original; reads it only when it is not the source or nothing was kept."""
        if original == self.source and (kept := self._read_digests()) is not None:
            return kept
        with original.open("rb") as file:
            md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            file.seek(0)
            return {"md5": md5, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}

    def drop_other_source(self, *, sha256: str) -> None:
        """
        Remove a source with another digest: a machine that comes back may hold what its origin had before.

        Nothing is known of a copy from the object store, and nothing needs to be.
        """
        if not self._kept.exists():
            return
        kept = self._read_digests()
        if kept is None or kept["sha256"] != sha256:
            self.source.unlink(missing_ok=True)
            shutil.rmtree(self.steadied, ignore_errors=True)
            self._kept.unlink()

    @property
    def _kept(self) -> Path:
        return self.folder / "digests.json"

    def _read_digests(self) -> dict[str, str] | None:
        """Return what was kept; None: nothing, or nothing that can be read."""
        try:
            kept = json.loads(self._kept.read_bytes())
            return {name: str(kept[name]) for name in ("md5", "sha256")}
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    @property
    def pieces(self) -> Path:
        """Folder of the segments of an HLS source; what is whole there is not fetched again."""
        return self.folder / "pieces"

    @property
    def joined_folder(self) -> Path:
        """Folder of `joined`, complete once it is there."""
        return self.folder / "joined"

    @property
    def joined(self) -> Path:
        """The one file that an HLS source was joined into."""
        return self.joined_folder / JOINED_FILE

    @property
    def steadied(self) -> Path:
        """Folder with the source written anew, or with nothing where it is good as it is; complete once it is there."""
        return self.folder / "steadied"

    @staticmethod
    def write_shifts(folder: Path, shifts: Sequence[str]) -> None:
        """Keep beside a source that was written anew what was added to its times, for each run of its old clock."""
        (folder / SHIFTS_FILE).write_text(json.dumps(list(shifts)))

    @property
    def shift_s(self) -> float | None:
        """What was added to all times of the source; None: not the same to all, or nothing is known of it."""
        try:
            shifts = [float(Fraction(shift)) for shift in json.loads((self.steadied / SHIFTS_FILE).read_bytes())]
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return shifts[0] if len(shifts) == 1 else None

    def drop_pieces(self) -> None:
        """Remove the segments of an HLS source, which are joined."""
        shutil.rmtree(self.pieces, ignore_errors=True)

    def result(self, name: str) -> Path:
        """Return the folder of an intermediate result, which is complete once it is there."""
        return self.folder / "results" / name

    @property
    def preview(self) -> Path:
        """Folder of what was published of this attempt before it was complete."""
        return self.folder / "preview"

    @property
    def seen(self) -> Path:
        """Folder of what was seen of the source before there was anything to compare with it; may lack some of it."""
        return self.folder / "seen"

    @property
    def packaged(self) -> Path:
        """Folder of the verified playlists and segments."""
        return self.folder / "packaged"

    def open(self) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

    @asynccontextmanager
    async def attempt(self, final: Path) -> AsyncIterator[Path]:
        """
        Give a fresh folder to work in, which becomes `final` when the block ends well and vanishes when not.

        Each attempt has a folder of its own, so one that still runs elsewhere cannot mix into this one.
        """
        self.open()
        fresh = self.folder / f".{final.name}-{secrets.token_hex(8)}"
        fresh.mkdir()
        try:
            yield fresh
            await asyncio.to_thread(_flush, fresh)
            _keep(fresh, final)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def count_results(self) -> int:
        """Return how many intermediate results are complete."""
        folder = self.folder / "results"
        return sum(1 for _ in folder.iterdir()) if folder.exists() else 0

    def drop_results(self) -> None:
        """Remove every intermediate result: what they were made from is no longer true."""
        shutil.rmtree(self.folder / "results", ignore_errors=True)

    def hand_over(self, later: Workspace) -> None:
        """Leave everything to the next attempt, unless that has begun already."""
        with suppress(OSError):  # nothing is here, or something is there
            self.folder.rename(later.folder)

    def clear(self) -> None:
        """Remove everything of this job from the local disk."""
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep(work_folder: Path, *, is_over: Callable[[str], bool]) -> int:
    """Remove work files that are nobody's any more (left by a crash or a cancel), and return how many folders."""
    work_folder.mkdir(parents=True, exist_ok=True)
    leftovers = [folder for folder in work_folder.iterdir() if folder.is_dir() and is_over(folder.name)]
    for folder in leftovers:
        shutil.rmtree(folder, ignore_errors=True)
    return len(leftovers)


def _flush(folder: Path) -> None:
    """Make the files survive a power cut before their final name does."""
    with ThreadPoolExecutor(FLUSHES_AT_ONCE) as pool:
        list(pool.map(_flush_one, (*folder.rglob("*"), folder)))


def _flush_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep(fresh: Path, final: Path) -> None:
    """Give a complete folder its name, unless another attempt was faster."""
    if not final.exists():
        final.parent.mkdir(exist_ok=True)
        fresh.rename(final)
