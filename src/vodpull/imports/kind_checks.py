"""Where libraries come from: for each kind what is needed to read its list, and what reads it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from vodpull.errors import ParameterError
from vodpull.imports.entries import Entry, Lister

MAX_TEXT = 4096
"""Of one member of a place or a secret."""

Texts = Mapping[str, str]


@runtime_checkable
class Resolver(Protocol):
    """A lister whose URLs are good for a while only, and so are asked for when they are needed."""

    async def resolve(self, entry: Entry) -> Entry:
        """
        Return an entry with what it can be fetched by now.

        Raises:
            VodpullError: it has nothing that can be fetched.
        """


@dataclass(frozen=True, kw_only=True)
class LibraryKind:
    """One kind of library."""

    open: Callable[[Texts, Texts, str], Lister] | None
    """Makes a lister of place, secret and the account's id; None: the list is sent here."""
    place: frozenset[str]
    """What must be told of where it is."""
    optional: frozenset[str] = frozenset()
    """What may be told besides."""
    secret: frozenset[str] = frozenset()
    """What opens it."""
    may_repeat: bool = False
    """A list that changes while it is read may name a video twice."""
    identity: frozenset[str] | None = None
    """Which of the place tells two libraries apart; None: all of it."""

    def check(self, place: Texts, secret: Texts) -> None:
        """
        Make sure that a library of this kind can be named so.

        Raises:
            ParameterError: something is missing, unknown or too long; `field` names it.
        """
        _check(place, "place", needed=self.place, known=self.place | self.optional)
        _check(secret, "secret", needed=self.secret, known=self.secret)

    def source(self, name: str, place: Texts) -> str:
        """Return what is the same for the same library: 64 hex characters."""
        told = {key: text for key, text in place.items() if self.identity is None or key in self.identity}
        return hashlib.sha256(json.dumps([name, sorted(told.items())]).encode()).hexdigest()


def find_kind(kinds: Mapping[str, LibraryKind], name: str) -> LibraryKind:
    """
    Return a kind by its name.

    Raises:
        ParameterError: there is none.
    """
    if name not in kinds:
        raise ParameterError(f"there is no such kind of import; known are {', '.join(sorted(kinds))}", field="kind")
    return kinds[name]


def _check(texts: Texts, field: str, *, needed: Iterable[str], known: Iterable[str]) -> None:
    for name in needed:
        if not texts.get(name):
            raise ParameterError(f"{name} is missing", field=f"{field}.{name}")
    for name, text in texts.items():
        if name not in set(known):
            names = ", ".join(sorted(known)) or "none"
            raise ParameterError(f"this kind takes no {name}; known are {names}", field=f"{field}.{name}")
        if len(text) > MAX_TEXT or "\x00" in text:
            raise ParameterError(f"{name} is longer than {MAX_TEXT} characters, or has a NUL", field=f"{field}.{name}")
