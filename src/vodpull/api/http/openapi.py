"""
What the OpenAPI document says of replies that many operations share.

Operations refer to their shapes by name. Given as models, FastAPI would build each of them anew for every status of
every operation, which was a third of a service's start.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

_PLACE = "#/components/schemas/"

Responses = dict[int | str, dict[str, Any]]
"""By HTTP status, as FastAPI takes them."""


class DescribedApi(FastAPI):
    """An application whose document also has the shapes that `reply_of` refers to; `shared`: all of them."""

    def __init__(self, *, shared: Sequence[type[BaseModel]], **options: Any) -> None:
        super().__init__(**options)
        self._shared = shared

    def openapi(self) -> dict[str, Any]:
        """Return the document."""
        document = super().openapi()
        schemas = document["components"]["schemas"]
        if not schemas.keys() >= self._shapes.keys():  # it has just been made: FastAPI keeps it
            document["components"]["schemas"] = dict(sorted((schemas | self._shapes).items()))
        return document

    @cached_property
    def _shapes(self) -> dict[str, Any]:
        _, described = models_json_schema(
            [(shape, "serialization") for shape in self._shared], ref_template=_PLACE + "{model}"
        )
        shapes: dict[str, Any] = described["$defs"]
        return shapes


def reply_of(shape: type[BaseModel], *, media_type: str = "application/json", **about: str) -> dict[str, Any]:
    """Return the description of a reply of this shape; without one in `about` it says what HTTP calls the status."""
    return about | {"content": {media_type: {"schema": {"$ref": _PLACE + shape.__name__}}}}
