"""The shapes of the wire contract, for the OpenAPI document; `requests.py` and `replies.py` do the work."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from vodpull.api.http.openapi import Responses, reply_of


class VideoFile(BaseModel):
    """One file of a video."""

    clarity: int
    serverType: int
    bitrate: int
    resolution: str
    fileSize: int
    fileUrl: str


class VideoInfo(BaseModel):
    """What is kept of a source."""

    videoId: str
    duration: int
    videoFileList: list[VideoFile]


class PullItemState(BaseModel):
    """One source of a task."""

    fileName: str
    fetchUrl: str
    md5: str
    pullStatus: int
    cmdStatus: int
    videoInfo: VideoInfo | None = None


class TaskState(BaseModel):
    """Where a task is."""

    taskId: str
    transNo: str
    timestamp: int | str
    status: int
    items: list[PullItemState]


class TaskIds(BaseModel):
    """The ids of an accepted task."""

    taskId: str
    tranNo: str
    transNo: str


class WireReply(BaseModel):
    """The envelope; a failed call has no `data`."""

    code: int
    message: str


class PullReply(WireReply):
    """Reply of pullVideo; a failed call has no `data`."""

    data: TaskIds | None = None


class QueryReply(WireReply):
    """Reply of pullVideoQuery; a failed call has no `data`."""

    data: TaskState | None = None


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


class WireItem(WireParameters):
    """One source of a pullVideo request."""

    fetchUrl: str
    """Address of the source, http or https."""
    fileName: str = ""
    """Name to keep it under; without one the last part of the address."""
    md5: str = ""
    """What the bytes must have, in hex or base64."""


class WirePull(WireParameters):
    """Parameters of pullVideo, as JSON, form, or query of a GET."""

    fileList: str | list[WireItem]
    """JSON array of items as url-safe base64, or the array itself; at most 50."""
    transNo: str = ""
    """The client's own id of the task, at most 32 characters; without one it gets one."""
    cmd: str = ""
    """`{tcTemplateName:abr}`, quoted or not."""
    workflowId: str = ""
    """Name of a template; goes before `cmd`."""
    notifyUrl: str = ""
    """Where the final state is posted to."""
    separate: int = 0
    """1: a notification for each item; 0: one for the whole task."""
    fetchTs: int = 1
    """1: of a playlist its segments too; 0: the playlist alone."""


class WireQuery(WireParameters):
    """Parameters of pullVideoQuery; `taskId` goes before `transNo`."""

    taskId: str = ""
    """Id from the reply of pullVideo."""
    transNo: str = ""
    """The client's own id; the newest task that has it."""


def wire_operation(name: str, request: type[BaseModel], *, get: bool = False) -> dict[str, Any]:
    """Return what the OpenAPI document says of an operation that reads its request itself."""
    schema = request.model_json_schema()
    schema = _inlined(schema, schema.pop("$defs", {}))
    if get:
        parameters = [
            {"name": field, "in": "query", "required": False, "schema": {"type": "string"}}
            | {"description": about["description"]}
            for field, about in schema["properties"].items()
        ]
        return {"operation_id": f"{name}Get", "openapi_extra": {"parameters": parameters}}
    content = {kind: {"schema": schema} for kind in ("application/json", "application/x-www-form-urlencoded")}
    return {"operation_id": name, "openapi_extra": {"requestBody": {"required": True, "content": content}}}


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    """Return a schema with what it refers to put in place: the document lists only what FastAPI knows of."""
    if isinstance(node, list):
        return [_inlined(entry, definitions) for entry in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return definitions[node["$ref"].rpartition("/")[2]]
    return {name: _inlined(entry, definitions) for name, entry in node.items()}
