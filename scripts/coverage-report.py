"""
Print how much of each package the tests ran, and fail when a floor is not held.

Called after the tests as `python scripts/coverage-report.py`. Floors are in per cent of statements and branches.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from fnmatch import fnmatch
from pathlib import Path

from coverage import Coverage

SOURCE = Path(__file__).resolve().parent.parent / "src"

# Raise it to what a quiet run measures; it only ever goes up.
WHOLE_FLOOR = 94.0
# Rooms without I/O: what they decide is cheap to test.
PURE_FLOOR = 95.0
PURE = (
    "vodpull",
    "vodpull/captions",
    "vodpull/errors",
    *(f"vodpull/media/{room}" for room in ("mp4", "plan", "plan/burnt_in", "plan/cuts", "plan/sound")),
)


def main() -> int:
    """Print the table; 1 when a floor is not held."""
    rooms = _rooms(_measured())
    for room, (covered, total) in sorted(rooms.items()):
        print(f"{_percent(covered, total):6.1f} %  {total:6}  {room}")  # noqa: T201 - its output is its result
    whole = _percent(*(sum(column) for column in zip(*rooms.values(), strict=True)))
    print(f"{whole:6.1f} %  whole (floor {WHOLE_FLOOR})")  # noqa: T201 - its output is its result
    low = [room for room in PURE if _percent(*rooms[room]) < PURE_FLOOR]
    if low:
        print(f"below {PURE_FLOOR} %: {', '.join(low)}")  # noqa: T201 - its output is its result
    return int(whole < WHOLE_FLOOR or bool(low))


def _measured() -> dict[str, dict[str, int]]:
    measured = Coverage()
    measured.load()
    # What no test loads is nothing that a test ran.
    measured.get_data().touch_files([str(file) for file in SOURCE.rglob("*.py") if not _is_omitted(file, measured)])
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(report))
        files = json.loads(report.read_text())["files"]
    return {name: found["summary"] for name, found in files.items()}


def _is_omitted(file: Path, measured: Coverage) -> bool:
    return any(fnmatch(str(file), pattern) for pattern in measured.config.run_omit or [])


def _rooms(files: dict[str, dict[str, int]]) -> dict[str, tuple[int, int]]:
    """Return covered and all statements and branches of each folder."""
    rooms: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for name, summary in files.items():
        covered = summary["covered_lines"] + summary["covered_branches"]
        rooms[name.partition("src/")[2].rpartition("/")[0]].append(
            (covered, summary["num_statements"] + summary["num_branches"])
        )
    return {room: (sum(c for c, _ in parts), sum(t for _, t in parts)) for room, parts in rooms.items()}


def _percent(covered: int, total: int) -> float:
    return 100 * covered / total if total else 100.0


if __name__ == "__main__":
    sys.exit(main())
