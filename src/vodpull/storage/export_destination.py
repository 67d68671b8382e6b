"""The store that `vodpull export --files` copies into. What is in its lines: `app/commands/export_lines.py`."""

from __future__ import annotations

from vodpull.errors import ConfigurationError
from vodpull.storage.object_store import ObstoreObjects, open_store
from vodpull.storage.store_credentials import may_be_store, own_variables


def open_destination(url: str, name: str) -> ObstoreObjects:
    """
    Return the store of a URL, with the variables that begin with a name, or the plain ones.

    Raises:
        ConfigurationError: the URL or the name is none.
    """
    if not may_be_store(name):
        raise ConfigurationError(f"{name[:80]!r} is no name of a store: write a word in lower case", field="--name")
    with own_variables(name):
        return open_store(url, field="--files")
