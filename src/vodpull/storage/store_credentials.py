"""
Environment variables that hold the credentials of a named store.

Those stores are the sources' (`source_stores.py`) and the one that files are exported into (`export_destination.py`).
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_TAKEN = frozenset({"http", "https", "s3", "gs", "az", "file", "ftp", "sftp"})
_VARIABLES = ("AWS_", "GOOGLE_", "AZURE_")
_environment = threading.Lock()


def may_be_store(name: str) -> bool:
    """Tell whether a store may have this name: a word in lower case that begins no URL."""
    return _NAME.fullmatch(name) is not None and name not in _TAKEN


@contextmanager
def own_variables(name: str) -> Iterator[None]:
    """
    Let the object-store library, which looks at the environment by itself, see the variables of one store alone.

    Those that begin with the store's name, without it; the plain ones only where it has none of its own.
    """
    lead = name.upper().replace("-", "_") + "_"
    with _environment:
        whole = dict(os.environ)  # noqa: TID251 - the store's own variables
        own = {key.removeprefix(lead): text for key, text in whole.items() if key.startswith(lead)}
        own = {key: text for key, text in own.items() if key.startswith(_VARIABLES)}
        if not own:
            yield
            return
        others = [key for key in whole if key.startswith(_VARIABLES)]
        try:
            for key in others:
                del os.environ[key]  # noqa: TID251
            os.environ.update(own)  # noqa: TID251
            yield
        finally:
            for key in own:
                os.environ.pop(key, None)  # noqa: TID251
            os.environ.update({key: whole[key] for key in others})  # noqa: TID251
