"""Errors of the object store."""

from __future__ import annotations

import errno

from vodpull.errors.base import VodpullError


class StorageError(VodpullError):
    """The object store did not do what was asked."""

    code = "storage_error"
    remedy = "Check VODPULL_STORAGE_URL and the store's credentials with `vodpull doctor`."


class StorageUnavailable(StorageError):
    """The object store does not answer, or answers with server errors."""

    code = "storage_unavailable"
    retryable = True


class StorageFull(StorageError):
    """There is no space left."""

    code = "storage_full"
    retryable = True
    remedy = "Free disk space; waiting work goes on by itself."


class ObjectMissing(StorageError):
    """No object has this key."""

    code = "object_missing"


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
