"""Whether a video plays for everybody or for bearers of a token: the nearest word counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from vodpull.errors import NotAllowedNow

Playback = Literal["public", "signed"]


def check_playback(wanted: str | None, *, is_encrypted: bool) -> None:
    """
    Make sure that a video may be set to play so; None and empty say nothing.

    Raises:
        NotAllowedNow: it is encrypted, and was to play for everybody.
    """
    if wanted == "public" and is_encrypted:
        raise NotAllowedNow("the video is encrypted: it plays for bearers of a token only", field="playback")


class Recipe(Protocol):
    """What of a template is looked at."""

    @property
    def playback(self) -> str:
        """Return `public`, `signed`, or nothing."""
        ...

    @property
    def encrypt(self) -> str:
        """Return `none`, or how segments are encrypted."""
        ...

    @property
    def private_originals(self) -> bool:
        """Return True where only tokens that say so lead to originals, whatever the playback."""
        ...


@dataclass(frozen=True, kw_only=True)
class PlayRule:
    """What holds for the files of one video."""

    video_id: str
    account_id: str
    is_blocked: bool
    is_signed: bool
    has_private_original: bool


@dataclass(frozen=True)
class PlaybackPolicy:
    """What an installation says of videos that say nothing themselves."""

    default: Playback
    templates: Mapping[str, Recipe]

    def is_signed(self, *, own: str, template: str, account: str, is_encrypted: bool) -> bool:
        """
        Return True for videos that want a token: by their own word, their template's, the account's, or ours.

        What is encrypted, or will be, wants one whatever they say.
        """
        recipe = self.templates.get(template)
        if is_encrypted or (recipe and recipe.encrypt != "none"):
            return True
        return (own or (recipe.playback if recipe else "") or account or self.default) == "signed"

    def has_private_original(self, *, template: str, is_signed: bool) -> bool:
        """Return True for videos whose original is not for everybody who may watch."""
        recipe = self.templates.get(template)
        return is_signed or bool(recipe and recipe.private_originals)
