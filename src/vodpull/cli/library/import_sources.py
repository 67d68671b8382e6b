"""Where a library is, and the secret that opens it: the location is an argument, the secret never is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vodpull.cli.server_and_key import variables
from vodpull.cli.terminal.output import printable
from vodpull.errors import ConfigurationError, ParameterError

SECRETS = "VODPULL_IMPORT_"
"""What the names of variables begin with that open a source."""


@dataclass(frozen=True, kw_only=True)
class LibrarySource:
    """One kind of library that is read elsewhere."""

    help: str
    """With the names that it takes."""
    opened_by: str = ""
    """Name of the secret."""


SOURCES = {
    "cloud-vod": LibrarySource(
        help="Bring an account of Cloud VOD: url=, access_key=; secret_key is secret. Ids of videos stay.",
        opened_by="secret_key",
    ),
    "mux": LibrarySource(help="Bring the assets of Mux: token_id=; token_secret is secret.", opened_by="token_secret"),
    "cloudflare": LibrarySource(
        help="Bring an account of Cloudflare Stream: account_id=; api_token is secret.", opened_by="api_token"
    ),
    "bunny": LibrarySource(
        help="Bring a library of Bunny Stream: library=, host=; access_key is secret.", opened_by="access_key"
    ),
    "s3": LibrarySource(help="Bring a bucket that is named in VODPULL_SOURCE_STORES: store=, prefix=."),
}


def read_place(words: list[str], *, kind: str) -> dict[str, str]:
    """
    Return words of the form NAME=VALUE by name.

    Raises:
        ParameterError: one is not of that form, or is secret: others would see it in the list of processes.
    """
    found = _pairs(words)
    secret = SOURCES[kind].opened_by
    if secret and secret in found:
        raise ParameterError(
            f"{secret} is secret, and others see the words of a command", field=secret, remedy=_how(secret)
        )
    return found


def read_secret(file: Path | None, *, kind: str) -> dict[str, str]:
    """
    Return what opens a source, of a file, stdin or the environment, which may have more than one kind needs.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    secret = SOURCES[kind].opened_by if kind in SOURCES else ""
    if file is None:
        found = {name.lower(): value for name, value in variables(SECRETS).items()}
    else:
        found = _pairs([line for line in _text(file).splitlines() if line.strip()])
    return {name: value for name, value in found.items() if name == secret}


def check_secret(secret: dict[str, str], *, kind: str) -> None:
    """
    Make sure that what opens a source was told.

    Raises:
        ParameterError: it was not.
    """
    name = SOURCES[kind].opened_by
    if name and not secret.get(name):
        raise ParameterError(f"{name} is missing", field=name, remedy=_how(name))


def _how(secret: str) -> str:
    return f"Set the variable {SECRETS}{secret.upper()}, or write {secret.upper()}=... to a file for --secret-file."


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read as text", field="--secret-file") from error


def _pairs(words: Sequence[str]) -> dict[str, str]:
    for word in words:
        if "=" not in word:
            raise ParameterError(f"{printable(word)!r} is not of the form NAME=VALUE", field="NAME=VALUE")
    return {name.strip().lower(): value.strip() for name, _, value in (word.partition("=") for word in words)}
