"""Which certificates a client trusts."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx2

from vodpull.errors import ParameterError


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
