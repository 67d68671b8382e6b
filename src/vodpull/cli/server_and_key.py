"""Which service the commands call, and with which key."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vodpull.errors import ConfigurationError

if TYPE_CHECKING:
    from vodpull.client import Client
    from vodpull.request_signing import SigningKey

DEFAULT_SERVER = "http://127.0.0.1:8080"

Server = Annotated[str, typer.Option(help="Base URL of the running service.", envvar="VODPULL_SERVER")]


CaFile = Annotated[
    Path | None,
    typer.Option("--cacert", help="Certificate (PEM) of a private authority to trust, as SSL_CERT_FILE does."),
]


def open_client(server: str, ca_file: Path | None, *, patience_s: float = 0.0) -> Client:
    """Return a client of the service; by default it does not try again: a person sees at once what is wrong."""
    from vodpull.client import Client

    key = find_key()
    return Client(server, key.access_key, key.secret, patience_s=patience_s, ca_file=ca_file)


def variables(prefix: str) -> dict[str, str]:
    """Return the variables of the environment that begin so, by the rest of their names."""
    return {name.removeprefix(prefix): value for name, value in os.environ.items() if name.startswith(prefix)}


def find_key() -> SigningKey:
    """
    Return the key that calls are made with: of the environment, of `vodpull.toml`, or the data folder's own.

    Settings are read as a whole only when there is a file of them: that takes longer than most calls.

    Raises:
        ConfigurationError: there is no key.
    """
    from vodpull.request_signing import SigningKey

    access_key, secret = os.environ.get("VODPULL_ACCESS_KEY"), os.environ.get("VODPULL_SECRET_KEY")
    if access_key and secret:
        return SigningKey(access_key=access_key, secret=secret)
    data_dir = Path(os.environ.get("VODPULL_DATA_DIR") or "vodpull-data")
    key = (_configured_key() if (data_dir / "vodpull.toml").exists() else None) or local_key(data_dir)
    if key is None:
        raise ConfigurationError(
            f"no access key: VODPULL_ACCESS_KEY is not set, and {data_dir.resolve()} is no data folder of a service",
            field="VODPULL_ACCESS_KEY",
            remedy="Set VODPULL_ACCESS_KEY and VODPULL_SECRET_KEY (`vodpull keys create NAME` prints both), or run the "
            "command where `vodpull serve` runs, or name that place in VODPULL_DATA_DIR.",
        )
    return key


def local_key(data_dir: Path) -> SigningKey | None:
    """Return the key that a service keeps for commands on its machine; None before its first start."""
    from vodpull.request_signing import SigningKey

    path = data_dir / "local-key.json"
    try:
        kept = json.loads(path.read_text())
        return SigningKey(access_key=kept["access_key"], secret=kept["secret_key"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        remedy = "Run the command as the user of the service, or set VODPULL_ACCESS_KEY and VODPULL_SECRET_KEY."
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", remedy=remedy) from error
    except (ValueError, KeyError, TypeError) as error:
        remedy = "Restart the service: it makes the file anew."
        raise ConfigurationError(f"{path} is damaged", remedy=remedy) from error


def _configured_key() -> SigningKey | None:
    from vodpull.request_signing import SigningKey
    from vodpull.settings import load_settings

    settings = load_settings()
    secret = settings.secret_key.get_secret_value()
    return SigningKey(access_key=settings.access_key, secret=secret) if settings.access_key and secret else None
