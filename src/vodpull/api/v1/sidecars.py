"""Captions that come with a source, as callers of `/api/v1` name them."""

from __future__ import annotations

from collections.abc import Sequence

from vodpull.api.v1.shapes import NewCaption
from vodpull.errors import ParameterError
from vodpull.jobs.model import Sidecar
from vodpull.jobs.submission.url_credentials import without_user_info


def sidecars_of(named: Sequence[NewCaption], *, field: str) -> tuple[Sidecar, ...]:
    """
    Return the captions of one source.

    Raises:
        ParameterError: of one nobody knows where it is.
    """
    for number, each in enumerate(named):
        if bool(each.url) == bool(each.material_id):
            raise ParameterError("a caption has either a url or a material_id", field=f"{field}.{number}.url")
    return tuple(
        Sidecar(
            url=without_user_info(each.url),
            material_id=each.material_id.lower(),
            language=each.language,
            label=each.label,
            is_default=each.default,
        )
        for each in named
    )
