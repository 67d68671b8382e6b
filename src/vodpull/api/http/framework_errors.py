"""
What the framework refuses by itself, as errors of the catalogue: no such path, not this method, a body it cannot read.

Which status and code an error then has: `error_replies.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from vodpull.api.http.context import ApiContext
from vodpull.api.http.error_replies import OWN_PREFIX, no_path_reply, problem_of, problem_reply
from vodpull.api.http.keys.audit_lines import note_of
from vodpull.api.http.reply_counts import note_wire_code
from vodpull.api.http.translation import Language
from vodpull.errors import FieldFault, MethodNotAllowed, NotFound, ParameterError, VodpullError


def problem_handler(context: ApiContext) -> Any:
    """Return what answers an error of the catalogue, or parameters that the framework refused."""

    def reply(request: Request, error: Exception) -> Response:
        known = _as_parameter_error(request, error) if isinstance(error, RequestValidationError) else error
        note_wire_code(request, problem_of(known).code)
        note_of(request).outcome = known.code if isinstance(known, VodpullError) else ""
        return problem_reply(
            known, path=request.url.path, request_id=request.state.request_id, language=context.language
        )

    return reply


_REFUSALS = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
"""What the framework says of a path, whoever it belongs to."""


def http_handler(routers: tuple[APIRouter, ...], language: Language) -> Any:
    """Return what answers other refusals of the framework: no such path, not this method, a body that is no JSON."""

    async def reply(request: Request, error: HTTPException) -> Response:
        answer = await http_exception_handler(request, error)
        path, request_id = request.url.path, request.state.request_id
        if error.status_code in _REFUSALS or path.startswith(OWN_PREFIX):
            answer = no_path_reply(
                _as_request_error(request, error), path=path, request_id=request_id, language=language
            )
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = ", ".join(_methods(request, routers))
        return answer

    return reply


def _as_request_error(request: Request, error: HTTPException) -> VodpullError:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return NotFound("there is no such path", remedy="Look at /docs, which lists every path.")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotAllowed(f"this path has no {request.method}")
    return ParameterError("the body cannot be read", field="body")


def _methods(request: Request, routers: tuple[APIRouter, ...]) -> list[str]:
    """Return every method of a path: the framework names only those of the first route that fits."""
    routes = [route for router in routers for route in router.routes if isinstance(route, Route)]
    fitting = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in fitting for method in route.methods or ()})


def _as_parameter_error(request: Request, error: RequestValidationError) -> ParameterError:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return _broken_json(str(error.body), at=int(first["loc"][1]), why=str(first["ctx"]["error"]))
    if first["loc"] == ("body",) and "json" not in request.headers.get("content-type", ""):
        remedy = "Send the body as JSON with the header `Content-Type: application/json`."
        return ParameterError("the body is not sent as JSON", field="body", remedy=remedy)
    faults = tuple(FieldFault(field=_field(each["loc"]), message=str(each["msg"])) for each in error.errors())
    refused = ParameterError(faults[0].message, field=faults[0].field)
    refused.faults = faults
    return refused


def _field(place: Sequence[str | int]) -> str:
    """Return the name of a member by its place: `items.0.url`."""
    return ".".join(str(part) for part in place[1:]) or str(place[0])


def _broken_json(text: str, *, at: int, why: str) -> ParameterError:
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return ParameterError(f"the body is not valid JSON at line {line}, column {column}: {why}", field="body")
