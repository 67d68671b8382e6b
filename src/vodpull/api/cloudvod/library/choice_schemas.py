"""The shapes of the lists to choose from, for the OpenAPI document; the calls themselves read and write them."""

from __future__ import annotations

from pydantic import BaseModel

from vodpull.api.cloudvod.schemas import Shapes, WireParameters, WireReply


class WireNoParameters(WireParameters):
    """A call that needs none."""


class WireChoices(BaseModel):
    """What an upload tool may choose from; this shape is vodpull's own."""

    total: int
    list: list[dict[str, str | int]]


class WireChoicesReply(WireReply):
    """Reply of the list calls of the upload tool."""

    data: WireChoices | None = None


CHOICES: Shapes = (WireNoParameters, WireChoicesReply)
"""Of every call that no other shapes are known of."""
