"""Whether the disk has room for an announced body. What jobs reserve: `disk_reservations_and_backlog.py`."""

from __future__ import annotations

import shutil
from pathlib import Path

from vodpull.errors import StorageFull
from vodpull.fetch.partfile.disk_errors import disk_errors


def check_room(folder: Path, needed_bytes: int) -> None:
    """
    Refuse what does not fit beside what is there.

    Raises:
        StorageFull: fewer bytes are free.
        StorageError: the disk does not say.
    """
    with disk_errors():
        free_bytes = shutil.disk_usage(folder).free
    if needed_bytes > free_bytes:
        raise StorageFull(f"the source has {needed_bytes} bytes, the work folder {free_bytes} bytes free")
