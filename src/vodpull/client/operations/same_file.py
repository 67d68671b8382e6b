"""Whether a file is still the one whose upload began: only then is that upload gone on with."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self


@dataclass(frozen=True)
class SentFile:
    """What a file is when its upload begins: what is sent is that file whole, or nothing counts."""

    size_bytes: int
    written_ns: int

    @classmethod
    def of(cls, file: BinaryIO) -> Self:
        """Return what an open file is now."""
        status = os.fstat(file.fileno())
        return cls(status.st_size, status.st_mtime_ns)

    def identity(self, source: Path) -> str:
        """Return what makes a file the same one: its place, its size and when it was last written."""
        place = os.fsencode(source.resolve())
        return hashlib.sha256(b"%s\n%d\n%d" % (place, self.size_bytes, self.written_ns)).hexdigest()
