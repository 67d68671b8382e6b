"""What the file system raises while a source is written, turned into the catalogue's errors."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from vodpull.errors import StorageError, StorageFull, StorageUnavailable

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def disk_errors() -> Iterator[None]:
    """Raise the catalogue's error for whatever the file system raises inside; paths are not named."""
    try:
        yield
    except OSError as error:
        kind: type[StorageError] = StorageFull if error.errno in _DISK_FULL else StorageUnavailable
        raise kind(f"the work folder cannot be written: {error.strerror}") from error
