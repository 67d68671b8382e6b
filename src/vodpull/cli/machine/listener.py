"""Where `vodpull serve` listens, and whether its certificate can be used; told before anything starts."""

from __future__ import annotations

import errno
import socket
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


def listen(host: str, port: int) -> socket.socket:
    """
    Bind before anything starts, so that a taken port is the first thing one hears of; the caller closes the socket.

    Raises:
        ConfigurationError: nothing can listen there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, TypeError, UnicodeError) as error:  # the latter two: a name that cannot be one
        listener.close()
        number = getattr(error, "errno", None)
        option, remedy = _BIND_FIXES.get(number, ("--host", "Give --host an address of this machine."))
        why = getattr(error, "strerror", None) or "that is no host name"
        raise ConfigurationError(
            f"{option}: cannot listen on {host}:{port}: {why}", field=option, remedy=remedy
        ) from error
    return listener


_BIND_FIXES: dict[int | None, tuple[str, str]] = {
    errno.EADDRINUSE: ("--port", "End the program that listens there (`ss -ltnp` names it), or give another --port."),
    errno.EACCES: ("--port", "Give --port a number from 1024 on, and put a proxy in front of it for the others."),
    errno.EADDRNOTAVAIL: (
        "--host",
        "Give --host an address of this machine (`ip address`), or 0.0.0.0 for all of them.",
    ),
}
