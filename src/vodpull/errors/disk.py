"""Maps errors of the file system to errors of the store: whether it is full, and what may pass by itself."""

from __future__ import annotations

import errno

from vodpull.errors.storage import StorageError, StorageFull, StorageUnavailable

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


_PASSING = {
    errno.EAGAIN,
    errno.EBUSY,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.EINTR,
    errno.EIO,
    errno.EMFILE,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.ENFILE,
    errno.ENOENT,
    errno.ENOMEM,
    errno.EROFS,
    errno.ESTALE,
    errno.ETIMEDOUT,
}
"""What an operator or time mends: a disk or its network that is away, files that were cleared and are made again."""


def error_of_disk(error: OSError, what: str) -> StorageError:
    """Return what the file system raised as an error of the catalogue; `what` went wrong, and no path is named."""
    text = f"{what}: {error.strerror or type(error).__name__}"
    if error.errno in _FULL:
        return StorageFull(text)
    return StorageUnavailable(text) if error.errno in _PASSING else StorageError(text)
