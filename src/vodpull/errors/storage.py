"""Errors of the object store."""

from __future__ import annotations

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
