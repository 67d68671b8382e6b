"""
Every error over HTTP: its status, its code on the wire, its words, and when to come again.

What a single call of the wire contract answers in another way is in `cloudvod/library/refusals.py` and, for uploads, in
`cloudvod/file_upload/replies.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from http import HTTPStatus

from starlette.responses import JSONResponse

from vodpull.api.http.translation import Language, translate
from vodpull.errors import FieldFault, InternalError, ParameterError, RateLimited, VodpullError

OWN_PREFIX = "/api/v1/"
"""Below it errors are RFC 9457 problem documents; elsewhere the envelope of the wire contract."""

UPLOADS_PREFIX = f"{OWN_PREFIX}uploads"
"""Of uploads by tus."""

WIRE_PREFIXES = ("/vod/", "/workflow/")
"""Below them are the paths of the wire contract."""


class WireCode(IntEnum):
    """Values of `code` in replies (spec cloud-vod-fetch §3.1, cloud-vod-auth §8)."""

    SUCCESS = 200
    NOT_AUTHENTICATED = 401
    OPERATION_FAILED = 300
    """The request is in order, but cannot be done now (a code of neighbouring calls)."""
    RATE_LIMITED = 429
    INTERNAL = 500
    PARAMETER = 1000
    NO_PERMISSION = 1301
    TRANS_NO_REPEAT = 1630
    """Only with the switch `trans-no-strict`."""


_MESSAGES = {
    WireCode.SUCCESS: "Operation succeeded",
    WireCode.NOT_AUTHENTICATED: "Not authenticated",
    WireCode.OPERATION_FAILED: "Operation failed",
    WireCode.RATE_LIMITED: "Too many requests",
    WireCode.INTERNAL: "Internal error",
    WireCode.PARAMETER: "Parameter error",
    WireCode.NO_PERMISSION: "User has no permission",
    WireCode.TRANS_NO_REPEAT: "transNo repeat",
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What an error is over HTTP."""

    wire_status: HTTPStatus
    wire_code: WireCode
    own_status: HTTPStatus


# By the stable code of the error. Business errors of the contract travel with HTTP 200 (spec cloud-vod-fetch §3.1).
_RULES = {
    "parameter_error": Rule(wire_status=HTTPStatus.OK, wire_code=WireCode.PARAMETER, own_status=HTTPStatus.BAD_REQUEST),
    "caption_invalid": Rule(wire_status=HTTPStatus.OK, wire_code=WireCode.PARAMETER, own_status=HTTPStatus.BAD_REQUEST),
    "no_permission": Rule(wire_status=HTTPStatus.OK, wire_code=WireCode.NO_PERMISSION, own_status=HTTPStatus.FORBIDDEN),
    "trans_no_repeated": Rule(
        wire_status=HTTPStatus.OK, wire_code=WireCode.TRANS_NO_REPEAT, own_status=HTTPStatus.CONFLICT
    ),
    "not_authenticated": Rule(
        wire_status=HTTPStatus.UNAUTHORIZED,
        wire_code=WireCode.NOT_AUTHENTICATED,
        own_status=HTTPStatus.UNAUTHORIZED,
    ),
    "rate_limited": Rule(
        wire_status=HTTPStatus.TOO_MANY_REQUESTS,
        wire_code=WireCode.RATE_LIMITED,
        own_status=HTTPStatus.TOO_MANY_REQUESTS,
    ),
    "request_too_large": Rule(
        wire_status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        wire_code=WireCode.PARAMETER,
        own_status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ),
    "not_found": Rule(wire_status=HTTPStatus.OK, wire_code=WireCode.PARAMETER, own_status=HTTPStatus.NOT_FOUND),
    "idempotency_key_reused": Rule(
        wire_status=HTTPStatus.OK, wire_code=WireCode.PARAMETER, own_status=HTTPStatus.UNPROCESSABLE_ENTITY
    ),
    "request_repeated": Rule(wire_status=HTTPStatus.OK, wire_code=WireCode.PARAMETER, own_status=HTTPStatus.CONFLICT),
    "method_not_allowed": Rule(
        wire_status=HTTPStatus.METHOD_NOT_ALLOWED,
        wire_code=WireCode.PARAMETER,
        own_status=HTTPStatus.METHOD_NOT_ALLOWED,
    ),
    "quota_exceeded": Rule(
        wire_status=HTTPStatus.OK, wire_code=WireCode.OPERATION_FAILED, own_status=HTTPStatus.CONFLICT
    ),
    "video_unfit": Rule(wire_status=HTTPStatus.OK, wire_code=WireCode.PARAMETER, own_status=HTTPStatus.CONFLICT),
    "occupied": Rule(wire_status=HTTPStatus.OK, wire_code=WireCode.OPERATION_FAILED, own_status=HTTPStatus.CONFLICT),
    "not_allowed_now": Rule(wire_status=HTTPStatus.OK, wire_code=WireCode.PARAMETER, own_status=HTTPStatus.CONFLICT),
    "upload_error": Rule(wire_status=HTTPStatus.OK, wire_code=WireCode.PARAMETER, own_status=HTTPStatus.BAD_REQUEST),
    "upload_token_invalid": Rule(
        wire_status=HTTPStatus.OK, wire_code=WireCode.NO_PERMISSION, own_status=HTTPStatus.UNAUTHORIZED
    ),
    **dict.fromkeys(
        ("upload_misplaced", "upload_complete", "upload_incomplete"),
        Rule(wire_status=HTTPStatus.OK, wire_code=WireCode.PARAMETER, own_status=HTTPStatus.CONFLICT),
    ),
    "upload_too_large": Rule(
        wire_status=HTTPStatus.OK, wire_code=WireCode.PARAMETER, own_status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    ),
    "too_many_uploads": Rule(
        wire_status=HTTPStatus.OK, wire_code=WireCode.OPERATION_FAILED, own_status=HTTPStatus.CONFLICT
    ),
    **dict.fromkeys(
        ("database_unavailable", "storage_unavailable", "storage_full"),
        Rule(
            wire_status=HTTPStatus.SERVICE_UNAVAILABLE,
            wire_code=WireCode.INTERNAL,
            own_status=HTTPStatus.SERVICE_UNAVAILABLE,
        ),
    ),
}

RETRY_AFTER_S = 5
"""How long a client is asked to wait while the database or the store is away."""

_OWN_NAMES = {
    "tcTemplateName": "template",
    "notifyUrl": "notify_url",
    "transNo": "trans_no",
    "videoId": "video_id",
    "videoIds": "video_ids",
    "seekStart": "start_s",
    "originFileSize": "Upload-Length",
    "nodeId": "node_id",
    "parentNodeId": "parent_id",
    "labelName": "name",
    "categoryNames": "categories",
}
"""Fields that the parts below call by the wire contract's names, as `/api/v1` calls them."""

_UNEXPECTED = Rule(
    wire_status=HTTPStatus.INTERNAL_SERVER_ERROR,
    wire_code=WireCode.INTERNAL,
    own_status=HTTPStatus.INTERNAL_SERVER_ERROR,
)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A failed call of the wire contract as the client sees it."""

    http_status: int
    code: int
    """Value of `code` in the reply."""
    message: str
    """Value of `message` in the reply, in the chosen language."""


def problem_of(error: Exception, *, language: Language = "zh") -> Problem:
    """
    Return what a client of the wire contract is told about an error.

    A class that is not listed follows its nearest listed ancestor; without one it is unexpected, and its own words
    stay inside.
    """
    rule = _rule(error)
    detail = _detail(error) if rule.wire_code in {WireCode.PARAMETER, WireCode.OPERATION_FAILED} else ""
    message = message_of(rule.wire_code, language=language, detail=detail)
    if rule.wire_code is WireCode.NOT_AUTHENTICATED:
        message = translate(str(error), language)
    return Problem(http_status=rule.wire_status, code=rule.wire_code, message=message)


def problem_reply(error: Exception, *, path: str, request_id: str, language: Language) -> JSONResponse:
    """Return the reply that an error is, in the form of the API that the path belongs to."""
    if path.startswith(OWN_PREFIX):
        return document_reply(error, request_id=request_id)
    problem = problem_of(error, language=language)
    return JSONResponse(error_body(problem), status_code=problem.http_status, headers=_retry_after(error))


def no_path_reply(error: VodpullError, *, path: str, request_id: str, language: Language) -> JSONResponse:
    """Return the reply where there is no such path, or no such method: a document, or the wire contract's envelope."""
    if not path.startswith(WIRE_PREFIXES):
        return document_reply(error, request_id=request_id)
    status = _rule(error).own_status
    problem = Problem(http_status=status, code=status, message=translate(status.phrase, language))
    return JSONResponse(error_body(problem), status_code=status)


def document_reply(error: Exception, *, request_id: str, status: int = 0) -> JSONResponse:
    """Return an error as an RFC 9457 problem document; `status`: what a protocol has for it instead."""
    usual, body = _document(error, request_id)
    if status:
        body |= {"status": status, "title": str(error)}
    status = status or usual
    headers = _retry_after(error)
    if status == HTTPStatus.UNAUTHORIZED:  # a challenge is mandatory there (RFC 9110 §15.5.2)
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status_code=status, headers=headers, media_type="application/problem+json")


def _retry_after(error: Exception) -> dict[str, str]:
    if isinstance(error, RateLimited):
        return {"Retry-After": str(error.retry_after_s)}
    is_outage = _rule(error).own_status is HTTPStatus.SERVICE_UNAVAILABLE
    return {"Retry-After": str(RETRY_AFTER_S)} if is_outage else {}


def error_body(problem: Problem) -> dict[str, object]:
    """Return the body of a failed call of the wire contract: no `data` member."""
    return {"code": int(problem.code), "message": problem.message}


def _document(error: Exception, request_id: str) -> tuple[int, dict[str, object]]:
    """Return status and body of an RFC 9457 problem document."""
    rule = _rule(error)
    known = _told(error, rule)
    return rule.own_status, {
        "type": f"urn:vodpull:error:{known.code}",
        "title": rule.own_status.phrase,
        "status": int(rule.own_status),
        "detail": str(known),
        "code": known.code,
        "field": _own_name(known.field),
        "errors": _faults(known),
        "remedy": known.remedy,
        "retryable": known.retryable,
        "request_id": request_id,
    }


def _faults(error: VodpullError) -> list[dict[str, object]]:
    """Return every field at fault."""
    faults = error.faults if isinstance(error, ParameterError) else ()
    if not faults and error.field:
        faults = (FieldFault(field=error.field, message=str(error)),)
    return [{"field": _own_name(fault.field), "message": fault.message} for fault in faults]


def _own_name(field: str | None) -> str | None:
    return _OWN_NAMES.get(field or "", field)


def _told(error: Exception, rule: Rule) -> VodpullError:
    """Return an error as a client may read it: of an outage not where the database or the store is."""
    if not isinstance(error, VodpullError) or rule is _UNEXPECTED:
        return InternalError("unexpected")
    if rule.own_status is HTTPStatus.SERVICE_UNAVAILABLE:
        return type(error)("a part of the service does not answer", remedy="Send the request again in a moment.")
    return error


def message_of(code: WireCode, *, language: Language = "zh", detail: str = "") -> str:
    """Return the message of a wire code, followed by the detail (English, as the error says it) if there is one."""
    message = translate(_MESSAGES[code], language)
    return f"{message}: {detail}" if detail else message


def _rule(error: Exception) -> Rule:
    codes = (getattr(kind, "code", "") for kind in type(error).__mro__ if issubclass(kind, VodpullError))
    return next((_RULES[code] for code in codes if code in _RULES), _UNEXPECTED)


def _detail(error: Exception) -> str:
    """Return what was wrong, with the field's name where the words do not have it."""
    field = getattr(error, "field", None)
    return str(error) if not field or field in str(error) else f"{field}: {error}"
