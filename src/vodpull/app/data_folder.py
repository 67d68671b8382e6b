"""The data folder, made when it is not there yet, or the reason why it cannot be."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from vodpull.errors import ConfigurationError

FIELD = "VODPULL_DATA_DIR"
PRIVATE, OTHERS = 0o700, 0o077


def make_data_dir(folder: Path) -> None:
    """
    Make the data folder unless it is there.

    Raises:
        ConfigurationError: it is a file, or this user may not make it or write to it.
    """
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        _close_to_others(folder)
    except (FileExistsError, NotADirectoryError) as error:
        remedy = "Name a folder, or one that can be made: a file is in the way."
        raise ConfigurationError(f"{FIELD}: {folder} is not a folder", field=FIELD, remedy=remedy) from error
    except OSError as error:
        raise _unusable(folder, f"cannot be made: {error.strerror}") from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise _unusable(folder, "cannot be written to")


def _close_to_others(folder: Path) -> None:
    """Let nobody else look into a folder that an earlier release made, where this user may say so."""
    with suppress(PermissionError):
        if folder.stat().st_mode & OTHERS:
            folder.chmod(PRIVATE)


def _unusable(folder: Path, why: str) -> ConfigurationError:
    remedy = "Name a folder that this user may write to, or make it and give it to this user (chown)."
    return ConfigurationError(f"{FIELD}: {folder} {why}", field=FIELD, remedy=remedy)
