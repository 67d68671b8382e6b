"""
What the file system raises while a source is written, turned into the catalogue's errors (which: `errors/disk.py`).

Whether there is room for a source is looked at in `transfer/resuming.py`, and before it is fetched by admission.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vodpull.errors import error_of_disk


@contextmanager
def disk_errors() -> Iterator[None]:
    """Raise the catalogue's error for whatever the file system raises inside; paths are not named."""
    try:
        yield
    except OSError as error:
        raise error_of_disk(error, "the work folder cannot be written") from error
