"""Whether the certificate and the key that `vodpull serve` is given can be used; told before anything starts."""

from __future__ import annotations

import ssl
from pathlib import Path

from vodpull.errors import ConfigurationError


def check_certificate(certificate: Path | None, private_key: Path | None) -> None:
    """
    Refuse what HTTPS cannot be served with, before anything starts.

    Raises:
        ConfigurationError: one is missing or unreadable, or they do not belong together.
    """
    if certificate is None and private_key is None:
        return
    if certificate is None or private_key is None:
        missing = "--tls-cert" if certificate is None else "--tls-key"
        remedy = "Give both --tls-cert and --tls-key, or neither."
        raise ConfigurationError("--tls-cert and --tls-key go together", field=missing, remedy=remedy)
    for option, path in (("--tls-cert", certificate), ("--tls-key", private_key)):
        try:
            path.open("rb").close()
        except OSError as error:
            why, remedy = (
                f"{option}: {path} cannot be read: {error.strerror}",
                "Name a PEM file that this user may read.",
            )
            raise ConfigurationError(why, field=option, remedy=remedy) from error
    try:
        # A key with a password would be asked for at the terminal, where a service has none.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, private_key, password=lambda: "")
    except (ssl.SSLError, ValueError) as error:
        why = f"--tls-cert {certificate} and --tls-key {private_key} cannot be used together"
        remedy = "Give a certificate chain and its own private key, both PEM, the key without a password."
        raise ConfigurationError(why, field="--tls-cert", remedy=remedy) from error
