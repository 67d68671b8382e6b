"""Subtitles that calls name: which there are beside the picture, and which one is burnt into it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vodpull.api.cloudvod.parameters import Parameters, entries_of, text_of
from vodpull.errors import NotFound, ParameterError, PermissionDenied
from vodpull.materials.material import Material, MaterialKind
from vodpull.materials.materials import Materials

BURNT_SUFFIXES = ("srt", "ass")
BESIDE_SUFFIXES = ("vtt",)
MAX_SUBTITLES = 13
"""As many as the player has codes for."""

_ENTRY = ("lang", "subtitleId")


@dataclass(frozen=True, kw_only=True)
class Subtitles:
    """The subtitles of a call."""

    beside: Sequence[tuple[str, str]] = ()
    """Language as the player calls it, and id of the material."""
    burnt: str = ""
    """Id of the material that is drawn into every picture; empty: none is."""


@dataclass(frozen=True, kw_only=True)
class SubtitleFiles:
    """The same as the materials that they are."""

    beside: Sequence[Material]
    burnt: Material | None

    @property
    def burnt_id(self) -> str:
        """Id of what is drawn; empty: nothing is."""
        return self.burnt.material_id if self.burnt else ""


def parse_subtitles(parameters: Parameters) -> Subtitles:
    """
    Return the subtitles that a call names (spec cloud-vod-videos §7).

    Raises:
        ParameterError: too many, or an entry that is none.
    """
    burnt = text_of(parameters.get("subtitleId"), "subtitleId").strip()
    entries = entries_of(parameters.get("subtitle"), "subtitle")
    if entries is None:
        return Subtitles(burnt=burnt)
    if not 0 < len(entries) <= MAX_SUBTITLES:
        raise ParameterError(f"subtitle names 1 to {MAX_SUBTITLES} files", field="subtitle")
    named = [tuple(text_of(entry.get(name), f"subtitle.{name}").strip() for name in _ENTRY) for entry in entries]
    if not all(lang and material for lang, material in named):
        raise ParameterError("an entry of subtitle has lang and subtitleId", field="subtitle")
    return Subtitles(beside=[(lang, material) for lang, material in named], burnt=burnt)


def find_subtitles(named: Subtitles, materials: Materials, *, account_id: str, has_ladder: bool) -> SubtitleFiles:
    """
    Return the materials of subtitles, for a template that makes renditions or none.

    Raises:
        ParameterError: there is no place for them, no such material, or one of another kind.
    """
    for is_named, field in ((named.beside, "subtitle"), (named.burnt, "subtitleId")):
        if is_named and not has_ladder:
            raise ParameterError("the template makes no HLS, so there is no place for subtitles", field=field)
    return SubtitleFiles(
        beside=[
            _find(each, materials, account_id=account_id, field="subtitle", suffixes=BESIDE_SUFFIXES)
            for _, each in named.beside
        ],
        burnt=_find(named.burnt, materials, account_id=account_id, field="subtitleId", suffixes=BURNT_SUFFIXES)
        if named.burnt
        else None,
    )


def _find(
    material_id: str, materials: Materials, *, account_id: str, field: str, suffixes: Collection[str]
) -> Material:
    try:
        found = materials.find(material_id, account_id=account_id, kind=MaterialKind.MATERIAL)
    except (NotFound, PermissionDenied) as error:
        raise ParameterError("there is no subtitle of this id", field=field) from error
    if found.suffix not in suffixes:
        where = "burnt in" if field == "subtitleId" else "beside the picture"
        raise ParameterError(f"subtitles {where} are {' or '.join(suffixes)} files", field=field)
    return found
