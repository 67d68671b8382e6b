"""Sources that are no web addresses: objects of stores, and files of folders, that an operator named. Pure."""

from __future__ import annotations

import posixpath
import re
from typing import Protocol
from urllib.parse import quote, unquote

import yarl

from vodpull.errors import SourceStoreUnknown, UrlInvalid
from vodpull.url_limits import MAX_URL_CHARACTERS, URL_CONTROL

SCHEMES = frozenset({"s3", "gs", "az", "file"})

_URL = re.compile(r"(?P<scheme>s3|gs|az|file)://(?P<name>[^/]*)/?(?P<key>.*)", re.IGNORECASE | re.DOTALL)
_SHORT = re.compile(r"(?P<name>[a-z][a-z0-9-]{0,62}):(?P<key>[^/\\].*)", re.DOTALL)
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\\\\")


class StoreNames(Protocol):
    """The stores that one account may read from."""

    def scheme_of(self, name: str) -> str | None:
        """Return the scheme of a store, None where there is none of this name."""


def is_stored(url: yarl.URL) -> bool:
    """Tell whether a checked URL names an object and no web address."""
    return url.scheme in SCHEMES


def check_stored(text: str, stores: StoreNames) -> yarl.URL | None:
    """
    Return the one form of `s3://name/key`, or of `name:key` where there is such a store; None for anything else.

    The key of the long form may be quoted, as in any URL; that of the short form is as the store has it.

    Raises:
        SourceStoreUnknown: the account may read from no store of this name.
        UrlInvalid: too long, or no key that could be read.
    """
    text = text.strip(" ")
    if len(text) > MAX_URL_CHARACTERS:
        raise UrlInvalid(f"the URL is longer than {MAX_URL_CHARACTERS} characters")
    if long := _URL.fullmatch(text):
        _check_name(long["name"], long["scheme"].lower(), stores)
        return stored_url(long["scheme"].lower(), long["name"], unquote(long["key"], errors="surrogateescape"))
    short = _SHORT.fullmatch(text)
    scheme = stores.scheme_of(short["name"]) if short else None
    return stored_url(scheme, short["name"], short["key"]) if short and scheme else None


def stored_url(scheme: str, name: str, key: str) -> yarl.URL:
    """
    Return the URL of an object.

    Raises:
        UrlInvalid: the key leaves the store, or no store has such keys.
    """
    if URL_CONTROL.search(key):
        raise UrlInvalid("the URL contains a control character")
    if not key or any(part in {"", ".", ".."} for part in key.split("/")):
        raise UrlInvalid("the name of the object is empty, or has an empty part, `.` or `..` in it")
    return yarl.URL(f"{scheme}://{name}/{quote(key, safe='/')}", encoded=True)


def key_of(url: yarl.URL) -> str:
    """Return the key that a checked URL names."""
    return unquote(url.raw_path).removeprefix("/")


def join_stored(base: yarl.URL, reference: str) -> yarl.URL | None:
    """
    Return the object that a playlist names relative to its own; None for an absolute URL, which is a web address.

    What lies beside an object is in the same store, whatever the playlist says.

    Raises:
        UrlInvalid: it leads out of the store.
    """
    reference = reference.strip(" \t")
    if _ABSOLUTE.match(reference):
        return None
    path = unquote(reference.partition("#")[0].partition("?")[0], errors="surrogateescape")
    if path.startswith("/"):
        key = path[1:]
    else:
        key = posixpath.normpath(posixpath.join(posixpath.dirname(key_of(base)), path))
    return stored_url(base.scheme, base.raw_host or "", key)


def _check_name(name: str, scheme: str, stores: StoreNames) -> None:
    found = stores.scheme_of(name)
    if found is None:
        raise SourceStoreUnknown(f"there is no store {name[:63]!r} that this account may read from")
    if found != scheme:
        raise SourceStoreUnknown(f"the store {name!r} is written {found}://{name}/…, not {scheme}://")
