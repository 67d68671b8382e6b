"""
Stores and folders that an operator named for sources to be read from: who may, and how.

With which credentials: `store_credentials.py`. How their URLs are written: `fetch/guard/source_store_urls.py`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vodpull.errors import ConfigurationError, SourceStoreUnknown
from vodpull.storage.contract import ListedObject
from vodpull.storage.folder_source import FolderSource, OpenedSource
from vodpull.storage.object_store import open_remote
from vodpull.storage.own_places import folders_overlap
from vodpull.storage.remote_source import RemoteSource
from vodpull.storage.store_credentials import may_be_store, own_variables

FIELD = "VODPULL_SOURCE_STORES"

REMEDY = (
    "Write name=s3://bucket/prefix, name=gs://bucket, name=az://container or name=file:///folder, several parted by "
    "commas; name@account=… lets that account alone read it."
)

_ENTRY = re.compile(r"(?P<name>[a-z][a-z0-9-]{0,62})(?:@(?P<accounts>[^=]+))?=(?P<url>\S.*)")


@dataclass(frozen=True, kw_only=True)
class _Store:
    scheme: str
    accounts: frozenset[str]
    """Names of those that may read it; empty: all."""
    source: RemoteSource | FolderSource


class SourceStores:
    """What sources may be read from."""

    def __init__(self, entries: Iterable[str], *, own_folder: Path) -> None:
        """
        Read the operator's list; nothing below or above `own_folder` can be in it.

        Raises:
            ConfigurationError: an entry cannot be used.
        """
        self._stores: dict[str, _Store] = {}
        for entry in entries:
            name, store = _parse(entry, own_folder)
            if name in self._stores:
                raise _unusable(f"{name} comes twice")
            self._stores[name] = store

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._stores)

    def of_account(self, name: str) -> AccountStores:
        """Return what the account of a name may read from."""
        allowed = {key: each for key, each in self._stores.items() if not each.accounts or name in each.accounts}
        return AccountStores(allowed)


class AccountStores:
    """What one account may read from; to it nothing else exists."""

    def __init__(self, stores: Mapping[str, _Store]) -> None:
        self._stores = stores

    def scheme_of(self, name: str) -> str | None:
        """Return how the URLs of a store begin, None where there is none of this name."""
        store = self._stores.get(name)
        return store.scheme if store else None

    async def open(self, name: str, key: str, span: tuple[int, int] | None) -> OpenedSource | None:
        """
        Open an object, or a span of it; None where it ends before the span.

        Raises:
            SourceStoreUnknown, ObjectMissing, StorageError: it is not there, or cannot be read.
        """
        return await self._find(name).source.open(key, span)

    async def list_pages(self, name: str, prefix: str, *, after: str = "") -> AsyncGenerator[list[ListedObject]]:
        """
        Give the objects below a prefix whose keys come after one, in the order of keys.

        Raises:
            SourceStoreUnknown, StorageError: they cannot be listed.
        """
        async for page in self._find(name).source.list_pages(prefix, after):
            yield page

    def _find(self, name: str) -> _Store:
        if name not in self._stores:
            raise SourceStoreUnknown(f"there is no store {name[:63]!r} that this account may read from")
        return self._stores[name]


def _parse(entry: str, own_folder: Path) -> tuple[str, _Store]:
    found = _ENTRY.fullmatch(entry.strip())
    if found is None or not may_be_store(found["name"]):
        raise _unusable(f"{entry.partition('=')[0][:80]!r} names no store")
    name, parts = found["name"], urlsplit(found["url"])
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise _unusable(f"{name} takes no credentials and no query: use the store's own variables")
    accounts = frozenset((found["accounts"] or "").split("+")) - {""}
    if parts.scheme == "file" and not parts.netloc and parts.path.strip("/"):
        source: RemoteSource | FolderSource = FolderSource(_folder(name, unquote(parts.path), own_folder))
    elif parts.scheme in {"s3", "gs", "az"} and parts.netloc:
        with own_variables(name):
            source = RemoteSource(open_remote(parts, FIELD))
    else:
        raise _unusable(f"{name} is no store that can be read from")
    return name, _Store(scheme=parts.scheme, accounts=accounts, source=source)


def _folder(name: str, path: str, own_folder: Path) -> Path:
    folder = Path(path).resolve()
    if folders_overlap(folder, own_folder):
        raise _unusable(f"{name} overlaps the data folder, which has the service's own secrets")
    if not folder.is_dir():
        raise _unusable(f"{name}: there is no folder {folder}")
    return folder


def _unusable(text: str) -> ConfigurationError:
    return ConfigurationError(f"{FIELD}: {text}", field=FIELD, remedy=REMEDY)
