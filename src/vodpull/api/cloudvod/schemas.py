"""What the shapes of all calls of the wire contract are made from, for the OpenAPI document: envelope, refusals."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from vodpull.api.http.openapi import Responses, reply_of


class WireReply(BaseModel):
    """The envelope; a failed call has no `data`."""

    code: int
    message: str


class WireEmptyReply(WireReply):
    """Reply of a call without result."""

    data: str | None = None


Shapes = tuple[type[BaseModel], type[BaseModel]]
"""Of a request and of its reply."""


class WireProblem(BaseModel):
    """A call that was refused before it was read."""

    code: int
    message: str


WIRE_PROBLEMS: Responses = {
    401: reply_of(WireProblem, description="Not signed by a live key."),
    413: reply_of(WireProblem, description="The body is larger than any valid request."),
    429: reply_of(WireProblem, description="More calls than this key may make; `Retry-After` says for how long."),
}
"""What does not travel with HTTP 200."""


class WireParameters(BaseModel):
    """What is said of a parameter stands below it."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def wire_operation(name: str, request: type[BaseModel], *, get: bool = False) -> dict[str, Any]:
    """Return what the OpenAPI document says of an operation that reads its request itself."""
    schema = _whole(request)
    if get:
        parameters = [
            {"name": field, "in": "query", "required": False, "schema": {"type": "string"}}
            | {"description": about["description"]}
            for field, about in schema["properties"].items()
        ]
        return {"operation_id": f"{name}Get", "openapi_extra": {"parameters": parameters}}
    content = {kind: {"schema": schema} for kind in ("application/json", "application/x-www-form-urlencoded")}
    return {"operation_id": name, "openapi_extra": {"requestBody": {"required": True, "content": content}}}


@cache  # a call is reached by two methods, and to describe all of them was a tenth of the service's start
def _whole(request: type[BaseModel]) -> dict[str, Any]:
    schema = request.model_json_schema()
    found: dict[str, Any] = _inlined(schema, schema.pop("$defs", {}))
    return found


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    """Return a schema with what it refers to put in place: the document lists only what FastAPI knows of."""
    if isinstance(node, list):
        return [_inlined(entry, definitions) for entry in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return definitions[node["$ref"].rpartition("/")[2]]
    return {name: _inlined(entry, definitions) for name, entry in node.items()}
