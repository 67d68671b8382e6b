"""Where `vodpull serve` listens; told before anything starts."""

from __future__ import annotations

import errno
import socket

from vodpull.errors import ConfigurationError


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
