"""Which labels a call gives a video, in either of the ways that clients write them; of uploads, too. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vodpull.api.cloudvod.parameters import Parameters, entries_of, text_of
from vodpull.errors import ParameterError
from vodpull.videos.category_names import CategoryName, is_category_name

MAX_LABELS = 100
"""Of one video in one call."""


def names_of(parameters: Parameters, field: str) -> Sequence[str]:
    """Return names of subcategories, a comma between them."""
    text = text_of(parameters.get(field), field)
    names = text.split(",") if text else []
    for name in names:
        if not is_category_name(name):
            raise ParameterError(f"{field} names what cannot be a category", field=field)
    return names


def parse_labels(parameters: Parameters) -> Sequence[CategoryName] | None:
    """
    Return the labels that are named in either way; the older one counts only without the other.

    Raises:
        ParameterError: there are too many, or one cannot be a category.
    """
    entries = entries_of(parameters.get("categoryNames"), "categoryNames")
    children = names_of(parameters, "videoClassification") if entries is None else ()
    labels = [_category(entry) for entry in entries or ()] + [CategoryName(child=name) for name in children]
    if len(labels) > MAX_LABELS:
        raise ParameterError(f"a video is given more than {MAX_LABELS} categories", field="categoryNames")
    return None if entries is None and not children else labels


def _category(entry: Mapping[str, Any]) -> CategoryName:
    names = [entry.get(name) or "" for name in ("parentName", "childName")]
    if not any(names) or not all(isinstance(name, str) and is_category_name(name) for name in names if name):
        raise ParameterError("categoryNames has an entry that cannot be a category", field="categoryNames")
    return CategoryName(parent=names[0], child=names[1])
