"""Why a call got no answer, in words for people. Which certificates are trusted: `trust.py`."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2

from vodpull.client.exchange import NoReply

CA_REMEDY = "Name the certificate of the authority: --cacert FILE, or SSL_CERT_FILE in the environment."


def no_reply(error: httpx2.TransportError, server: str) -> NoReply:
    """Return why a call had no answer, in words for people."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = f"{server}: its certificate is not trusted ({cause.verify_message})"
            return NoReply(reason=why, remedy=CA_REMEDY, may_pass=False)
        if isinstance(cause, ssl.SSLError):
            why = f"{server} does not speak TLS as it should ({cause.reason})"
            return NoReply(
                reason=why, remedy="Check whether the address begins with http:// or https://.", may_pass=False
            )
        if isinstance(cause, socket.gaierror):
            return NoReply(reason=f"the name {urlsplit(server).hostname} cannot be resolved")
        if isinstance(cause, ConnectionRefusedError):
            return NoReply(reason=f"{server}: connection refused, nothing listens there")
    said = str(causes[-1]) or type(error).__name__
    if isinstance(error, httpx2.TimeoutException):
        said = "no answer in time"
    return NoReply(reason=f"{server}: {said}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
