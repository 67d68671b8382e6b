"""What scopes an access key can have; which call needs which is in `api/http/keys/needed_scopes.py`. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from vodpull.errors import ParameterError


class Scope(StrEnum):
    """One kind of thing that a key may do."""

    SUBMIT = "submit"
    """Bring sources: pull, upload, clip and join."""
    READ = "read"
    """Look at everything of the account."""
    MANAGE = "manage"
    """Change what is there: edit, block, encode again, delete, set callbacks."""
    PLAYBACK = "playback"
    """Have playback tokens, and the keys that sign them."""


EVERY_SCOPE = frozenset(Scope)


def read_scopes(words: Iterable[str]) -> frozenset[Scope]:
    """
    Return the scopes of these names; no name at all means every scope.

    Raises:
        ParameterError: one is not known.
    """
    try:
        return frozenset(Scope(word) for word in words) or EVERY_SCOPE
    except ValueError as error:
        known = ", ".join(Scope)
        raise ParameterError(f"{error}; known scopes are {known}", field="scope") from None


def write_scopes(scopes: frozenset[Scope]) -> str:
    """Return scopes as they are kept: with blanks between, empty for all."""
    return "" if scopes == EVERY_SCOPE else " ".join(sorted(scopes))
