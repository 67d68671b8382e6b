"""Reading FFmpeg's machine-readable progress report (`-progress pipe:1`), never its log lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# A block of the report is about 400 bytes; a longer line is not FFmpeg's.
LINE_CAP_BYTES = 4096


@dataclass(frozen=True, kw_only=True)
class ToolProgress:
    """Where an FFmpeg process is."""

    out_time_s: float
    """Timestamp that the output has reached, in seconds."""
    frames: int
    """Frames that the first video output has."""
    speed: float
    """Seconds of video per second of wall time; 0 when it is not known yet."""


class ProgressReader:
    """Turns the bytes of a progress report into `ToolProgress` values, one for each change."""

    def __init__(self, on_progress: Callable[[ToolProgress], None]) -> None:
        self._on_progress = on_progress
        self._rest = b""
        self._block: dict[str, str] = {}
        self._last: tuple[float, int, str] | None = None

    def feed(self, piece: bytes) -> bool:
        """Take some bytes; return whether they showed that the work goes on."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        self._rest = self._rest[-LINE_CAP_BYTES:]
        # Every line is read, also after the first change.
        return sum(self._line(line) for line in lines) > 0

    def _line(self, line: bytes) -> bool:
        name, _, value = line.decode(errors="replace").strip().partition("=")
        if name != "progress":
            # The report has about 25 names; more come only from something that is not FFmpeg.
            if len(self._block) < 64:  # noqa: PLR2004 - said above
                self._block[name] = value.strip()
            return False
        block, self._block = self._block, {}
        now = (_number(block.get("out_time_us")) / 1e6, int(_number(block.get("frame"))), block.get("total_size", ""))
        if now == self._last:
            return False
        self._last = now
        speed = _number(block.get("speed", "").removesuffix("x"))
        self._on_progress(ToolProgress(out_time_s=max(now[0], 0.0), frames=now[1], speed=speed))
        return True


def _number(text: str | None) -> float:
    """Return the number, or 0 for `N/A` and whatever else is none."""
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if abs(value) < float("inf") else 0.0
