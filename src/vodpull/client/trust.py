"""Which certificates a client trusts, and why a call got no answer."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from vodpull.client.exchange import NoReply
from vodpull.errors import ParameterError

CA_REMEDY = "Name the certificate of the authority: --cacert FILE, or SSL_CERT_FILE in the environment."


def trusted(server: str, ca_file: str | Path | None) -> ssl.SSLContext | bool:
    """
    Return what the certificate of a service is checked with.

    That is what the system and `SSL_CERT_FILE` or `SSL_CERT_DIR` trust, and the authority of `ca_file`.

    Raises:
        ParameterError: the file has no certificate.
    """
    if not server.startswith("https://"):
        return True  # nothing to check, and loading certificates takes longer than a call
    context = httpx2.create_ssl_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except (OSError, ssl.SSLError) as error:
            why = f"{ca_file} is no file of certificates: {getattr(error, 'strerror', '') or error}"
            raise ParameterError(
                why, field="cacert", remedy="Name a PEM file with the authority's certificate."
            ) from error
    return context


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
