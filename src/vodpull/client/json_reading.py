"""
Reading the JSON of `/api/v1` into values: what a newer service adds is ignored, what an older one lacks is told. Pure.

The values are in `batch_shapes.py`, `video_shapes.py` and `account_shapes.py`.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from vodpull.errors import CallFailed

T = TypeVar("T")


def read(kind: type[T], value: object) -> T:
    """
    Return a JSON value as a value of this type.

    Raises:
        CallFailed: a member is missing, so the service is older than this client, or none of ours.
    """
    try:
        return _convert(kind, value)  # type: ignore[no-any-return]
    except (KeyError, TypeError) as error:
        raise CallFailed(f"the answer is not a {kind.__name__} as this client knows it: {error}") from error


def _convert(kind: Any, value: Any) -> Any:
    if get_origin(kind) in {UnionType, Union}:
        return None if value is None else _convert(get_args(kind)[0], value)
    if get_origin(kind) is tuple:
        return tuple(_convert(get_args(kind)[0], entry) for entry in value)
    if is_dataclass(kind):
        return _build(kind, value)
    return value


def _build(kind: Any, value: dict[str, Any]) -> Any:
    # Members with a default are those that older services lack.
    return kind(**{name: _convert(hint, value[name]) for name, hint in _members(kind).items() if name in value})


@cache
def _members(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {member.name: hints[member.name] for member in fields(kind)}
