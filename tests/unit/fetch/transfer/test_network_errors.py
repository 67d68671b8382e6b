"""Every foreign exception has its place in the catalogue."""

from __future__ import annotations

import errno

import pytest
from aiohttp import ClientError, client_exceptions

from vodpull.errors import ConnectFailed, NameNotResolved, OriginTimeout, StorageFull, StorageUnavailable, VodpullError
from vodpull.fetch.partfile.disk_errors import disk_errors
from vodpull.fetch.transfer.network_errors import NETWORK_ERRORS, network_errors


class _NewError(client_exceptions.ClientConnectorDNSError):
    """What a later version of the client might add."""

    def __init__(self) -> None:
        OSError.__init__(self)


CLIENT_ERRORS = [
    kind for kind in vars(client_exceptions).values() if isinstance(kind, type) and issubclass(kind, ClientError)
]


@pytest.mark.parametrize("kind", CLIENT_ERRORS)
def test_every_class_of_the_http_client_is_in_the_table(kind: type[ClientError]) -> None:
    assert kind in NETWORK_ERRORS


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (TimeoutError(), OriginTimeout),
        (ConnectionResetError(), ConnectFailed),
        (client_exceptions.ServerDisconnectedError(), ConnectFailed),
        (
            type("New", (client_exceptions.ClientConnectorDNSError,), {"__init__": lambda _self: None})(),
            NameNotResolved,
        ),
    ],
)
def test_a_foreign_error_is_translated_and_chained(raised: Exception, expected: type[VodpullError]) -> None:
    with pytest.raises(expected, match=r"^media\.example: ") as caught, network_errors("media.example"):
        raise raised
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EROFS, StorageUnavailable)],
)
def test_a_full_disk_is_told_from_a_broken_one(number: int, expected: type[VodpullError]) -> None:
    with pytest.raises(expected) as caught, disk_errors():
        raise OSError(number, "reason", "/secret/path")
    assert "/secret/path" not in str(caught.value)
