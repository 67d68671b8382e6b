"""
What captions of one source may be asked for, with a pull, an upload or an import: languages, labels, materials.

How many: `jobs/submission/pull_request_limits.py`; how many a video has in all: `jobs/store/caption_rows.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from vodpull import captions
from vodpull.errors import NotFound, ParameterError, PermissionDenied
from vodpull.jobs.model import Sidecar
from vodpull.materials.materials import find_material
from vodpull.materials.new_file_rules import SUBTITLE_SUFFIXES

MAX_LABEL_CHARACTERS = 100

CAPTION_SUFFIXES = (*SUBTITLE_SUFFIXES, "ssa")
"""Of materials that captions can be read from."""


def checked_sidecars(sidecars: Sequence[Sidecar], *, field: str) -> tuple[Sidecar, ...]:
    """
    Return the captions of one source as they are kept.

    Raises:
        ParameterError: a language is none or comes twice, or several are the default.
    """
    kept: list[Sidecar] = []
    for number, sidecar in enumerate(sidecars):
        where = f"{field}.{number}"
        try:
            tag = captions.language_tag(sidecar.language)
        except ParameterError as error:
            raise ParameterError(str(error), field=f"{where}.language") from error
        if tag in {other.language for other in kept}:
            raise ParameterError("this language comes twice", field=f"{where}.language")
        if sidecar.is_default and any(other.is_default for other in kept):
            raise ParameterError("only one caption is the default", field=f"{where}.default")
        kept.append(replace(sidecar, language=tag, label=checked_label(sidecar.label)))
    return tuple(kept)


def caption_materials(
    connection: sa.Connection, sidecars: Sequence[Sidecar], *, account_id: str, field: str
) -> list[str]:
    """
    Return the ids of the materials that the captions of one source are read from.

    Raises:
        ParameterError: an account has none of such an id, or it has no subtitles.
    """
    found: list[str] = []
    for number, sidecar in enumerate(sidecars):
        if not sidecar.material_id:
            continue
        where = f"{field}.{number}.material_id"
        try:
            material = find_material(connection, sidecar.material_id, account_id=account_id)
        except (NotFound, PermissionDenied):
            raise ParameterError("there is no such material", field=where) from None
        if material.suffix not in CAPTION_SUFFIXES:
            raise ParameterError(
                f"the file of this material is none of these: {', '.join(CAPTION_SUFFIXES)}", field=where
            )
        found.append(material.material_id)
    return found


def checked_label(text: str) -> str:
    """
    Return what a caption is called, as it is kept.

    Raises:
        ParameterError: it is too long.
    """
    label = " ".join("".join(letter for letter in text if letter.isprintable()).split())
    if len(label) > MAX_LABEL_CHARACTERS:
        raise ParameterError(f"a label has {MAX_LABEL_CHARACTERS} characters at most", field="label")
    return label
