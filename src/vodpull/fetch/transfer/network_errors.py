"""
Exceptions of the HTTP library and the network, turned into errors of the catalogue.

Which of them may pass by itself, so that it is tried again, each says in `errors/fetch.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ssl import SSLError

import aiohttp
from aiohttp import client_exceptions

from vodpull.errors import (
    BodyIncomplete,
    ConnectFailed,
    FetchError,
    NameNotResolved,
    OriginFailed,
    OriginTimeout,
    TlsFailed,
    TooManyRedirects,
    UrlInvalid,
)

Meaning = tuple[type[FetchError], str]

_BROKEN_PROTOCOL: Meaning = (OriginFailed, "the origin broke the HTTP protocol")
_NO_CONNECTION = (ConnectFailed, "no connection could be made")
_BROKEN_CONNECTION = (ConnectFailed, "the connection broke")
_BAD_TLS = (TlsFailed, "the origin's certificate or TLS handshake is not valid")
_TIMEOUT = (OriginTimeout, "the origin did not answer in time")
_BAD_URL = (UrlInvalid, "the URL cannot be connected to")

NETWORK_ERRORS: dict[type[Exception], Meaning] = {
    aiohttp.ClientError: _BROKEN_CONNECTION,
    aiohttp.ClientResponseError: _BROKEN_PROTOCOL,
    aiohttp.ContentTypeError: _BROKEN_PROTOCOL,
    aiohttp.WSServerHandshakeError: _BROKEN_PROTOCOL,
    aiohttp.ClientHttpProxyError: _NO_CONNECTION,
    aiohttp.TooManyRedirects: (TooManyRedirects, "the origin redirects too often"),
    aiohttp.ClientConnectionError: _BROKEN_CONNECTION,
    aiohttp.ClientConnectionResetError: _BROKEN_CONNECTION,
    aiohttp.ClientOSError: _BROKEN_CONNECTION,
    aiohttp.ClientConnectorError: _NO_CONNECTION,
    aiohttp.ClientConnectorDNSError: (NameNotResolved, "the host name has no address"),
    aiohttp.ClientProxyConnectionError: _NO_CONNECTION,
    client_exceptions.UnixClientConnectorError: _NO_CONNECTION,
    aiohttp.ServerConnectionError: _BROKEN_CONNECTION,
    aiohttp.ServerDisconnectedError: (ConnectFailed, "the origin hung up without an answer"),
    aiohttp.ServerTimeoutError: _TIMEOUT,
    aiohttp.ConnectionTimeoutError: (OriginTimeout, "no connection came about in time"),
    aiohttp.SocketTimeoutError: _TIMEOUT,
    aiohttp.ServerFingerprintMismatch: _BAD_TLS,
    aiohttp.ClientPayloadError: (BodyIncomplete, "the connection ended before the whole body had arrived"),
    aiohttp.UploadAbortedError: _BROKEN_CONNECTION,
    aiohttp.InvalidURL: _BAD_URL,
    aiohttp.InvalidUrlClientError: _BAD_URL,
    aiohttp.RedirectClientError: _BROKEN_PROTOCOL,
    aiohttp.NonHttpUrlClientError: _BAD_URL,
    aiohttp.InvalidUrlRedirectClientError: _BAD_URL,
    aiohttp.NonHttpUrlRedirectClientError: _BAD_URL,
    aiohttp.ClientSSLError: _BAD_TLS,
    aiohttp.ClientConnectorSSLError: _BAD_TLS,
    aiohttp.ClientConnectorCertificateError: _BAD_TLS,
    TimeoutError: _TIMEOUT,
    SSLError: _BAD_TLS,
    OSError: _BROKEN_CONNECTION,
}
"""What each failure of the HTTP client means; classes that are not listed count as their nearest base."""


@contextmanager
def network_errors(host: str) -> Iterator[None]:
    """Raise the catalogue's error for whatever the HTTP client raises inside; `host` is named in it, the URL is not."""
    try:
        yield
    except (aiohttp.ClientError, OSError) as error:
        kind, text = next(NETWORK_ERRORS[base] for base in type(error).__mro__ if base in NETWORK_ERRORS)
        raise kind(f"{host}: {text}") from error
