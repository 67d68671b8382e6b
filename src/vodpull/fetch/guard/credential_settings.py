"""
What the operator wants sent to single origins: an Authorization or another header.

To which origin they go is decided in `allowed_connections.py`, `credentials_for`: after a redirect to another one,
none.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping

from vodpull.errors import ConfigurationError

FIELD = "VODPULL_ORIGIN_CREDENTIALS"

REMEDY = "Write https://host=Bearer xyz, https://host=Basic user:password or https://host=X-Api-Key: xyz."

_NAMED = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.+)")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
# They belong to the transfer itself, or would change who is spoken to.
_NOT_FOR_OPERATORS = {
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "if-range",
    "range",
    "te",
    "transfer-encoding",
    "upgrade",
}


def parse_credentials(entries: Iterable[str]) -> dict[str, dict[str, str]]:
    """
    Return headers by origin, as `AddressGuard` takes them, from entries of three forms.

    `https://host=Bearer xyz` (any Authorization as it is), `https://host=Basic user:password` (encoded here), and
    `https://host=X-Api-Key: xyz`. Several entries of one origin add up. Messages never repeat what follows the `=`.

    Raises:
        ConfigurationError: an entry has no such form, or names a header that the transfer sets itself.
    """
    found: dict[str, dict[str, str]] = {}
    for entry in entries:
        origin, equals, secret = entry.partition("=")
        if not equals or not origin.strip():
            raise ConfigurationError(f"{FIELD}: an entry names no origin", field=FIELD, remedy=REMEDY)
        name, value = _parse_secret(secret.strip())
        found.setdefault(origin.strip(), {})[name] = value
    check_headers(found)
    return found


def check_headers(credentials: Mapping[str, Mapping[str, str]]) -> None:
    """Raise ConfigurationError for a header that cannot be sent, or must not be."""
    for origin, headers in credentials.items():
        for name, value in headers.items():
            if name.lower() in _NOT_FOR_OPERATORS:
                why = f"{FIELD}: {name} for {origin} is set by the transfer itself"
                raise ConfigurationError(why, field=FIELD, remedy=REMEDY)
            if not _VALUE.fullmatch(value) or not _NAMED.fullmatch(f"{name}:x"):
                why = f"{FIELD}: the credentials for {origin} cannot be sent"
                raise ConfigurationError(why, field=FIELD, remedy=REMEDY)


def _parse_secret(secret: str) -> tuple[str, str]:
    named = _NAMED.fullmatch(secret)
    if named:
        return named[1], named[2]
    scheme, _, rest = secret.partition(" ")
    if scheme.lower() == "basic" and ":" in rest:
        # Half characters, as broken environments have them, cannot be sent: the check of headers says so.
        return "Authorization", f"Basic {base64.b64encode(rest.strip().encode()).decode()}" if _is_text(
            rest
        ) else secret
    return "Authorization", secret


def _is_text(value: str) -> bool:
    """Return False for halves of surrogate pairs, which no encoding has."""
    return not re.search("[\ud800-\udfff]", value)
