"""
Keep the database of this release for the upgrade test of the next ones: `python -m tests.chaos.snapshot`.

The dump holds one finished job, one that is being fetched and one that waits; a release adds one and changes none.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from tests.chaos.installation import SECRET, member
from tests.conftest import find_clips
from tests.origin import run_origin_in_thread
from tests.waiting import until
from vodpull import __version__

DATABASES = Path(__file__).parent.parent / "data" / "databases"

ORIGIN = "http://origin.invalid"
"""Stands for the origin of the day."""

CLIP = "sample_h264_aac.flv"

WAY = f"/throttled?file={CLIP}&rate=20000"
"""A source of which the fetch takes some seconds."""


def main() -> None:
    """Work with this version until all three kinds of job are there, and write the dump."""
    with tempfile.TemporaryDirectory() as name, run_origin_in_thread(find_clips()) as origin:
        settings = {"VODPULL_MASTER_KEY": SECRET, "VODPULL_FETCH_SLOTS": "1"}
        service = member(Path(name), "all", origin.origin, settings)
        service.start()
        service.wait_final(service.create(origin.url(CLIP))["batch_id"])
        service.create(f"{origin.origin}{WAY}", f"{origin.url(CLIP)}?waiting", template="original")
        until(lambda: origin.requests["/throttled"])
        service.kill()
        with closing(sqlite3.connect(service.data_dir / "vodpull.db")) as database:
            dump = "\n".join(database.iterdump())
    DATABASES.mkdir(exist_ok=True)
    (DATABASES / f"{__version__}.sql").write_text(dump.replace(origin.origin, ORIGIN) + "\n")


if __name__ == "__main__":
    main()
