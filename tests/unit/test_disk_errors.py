"""What errno says decides whether work waits or fails, wherever files are written."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from vodpull.errors import StorageError, StorageFull, StorageUnavailable
from vodpull.fetch.partfile.disk_errors import disk_errors
from vodpull.media.package import assembly
from vodpull.storage import object_store as objects

PLACES: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "fetch": disk_errors,
    "package": assembly._disk_errors,
    "store": partial(objects.translated, "key"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EIO, StorageUnavailable),
        (errno.ESTALE, StorageUnavailable),
        (errno.EMFILE, StorageUnavailable),
        (errno.EACCES, StorageError),
        (errno.EISDIR, StorageError),
        (errno.ENAMETOOLONG, StorageError),
    ],
)
def test_errno_decides(place: str, number: int, kind: type[StorageError]) -> None:
    with pytest.raises(StorageError) as caught, PLACES[place]():
        raise OSError(number, "reason", "/secret/path")
    assert type(caught.value) is kind
    assert "/secret/path" not in str(caught.value)
