"""The only place that turns errors into HTTP status, wire code and message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from http import HTTPStatus
from typing import Literal

from vodpull.errors import VodpullError

Language = Literal["zh", "en"]


class WireCode(IntEnum):
    """Values of `code` in replies (spec cloud-vod-fetch §3.1, cloud-vod-auth §8)."""

    SUCCESS = 200
    NOT_AUTHENTICATED = 401
    NOT_FOUND = 404
    """Of `/api/v1` only: the wire contract says 1000 for an unknown task."""
    INTERNAL = 500
    PARAMETER = 1000
    NO_PERMISSION = 1301
    TRANS_NO_REPEAT = 1630
    """Only with the switch `trans-no-strict`."""


_MESSAGES_EN = {
    WireCode.SUCCESS: "Operation succeeded",
    WireCode.NOT_AUTHENTICATED: "Not authenticated",
    WireCode.NOT_FOUND: "Not found",
    WireCode.INTERNAL: "Internal error",
    WireCode.PARAMETER: "Parameter error",
    WireCode.NO_PERMISSION: "User has no permission",
    WireCode.TRANS_NO_REPEAT: "transNo repeat",
}

_MESSAGES_ZH = {
    WireCode.SUCCESS: "操作成功",
    WireCode.NOT_AUTHENTICATED: "认证失败",
    WireCode.NOT_FOUND: "不存在",
    WireCode.INTERNAL: "服务内部错误",
    WireCode.PARAMETER: "参数错误",
    WireCode.NO_PERMISSION: "用户没有权限",
    WireCode.TRANS_NO_REPEAT: "transNo重复",
}

# The reasons of spec cloud-vod-auth §6 that vodpull gives; the English text is what the error itself says.
_REASONS_ZH = {
    "missing authorization": "缺少认证信息",
    "malformed authorization": "认证信息格式错误",
    "access key mismatch": "访问密钥不一致",
    "invalid timestamp": "时间戳无效",
    "timestamp expired": "时间戳已过期",
    "signature mismatch": "签名不匹配",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A failed call as the client sees it."""

    http_status: int
    code: int
    """Value of `code` in the reply."""
    message: str
    """Value of `message` in the reply, in the chosen language."""


# By the stable code of the error. Business errors travel with HTTP 200 (spec cloud-vod-fetch §3.1).
_RULES = {
    "parameter_error": (HTTPStatus.OK, WireCode.PARAMETER),
    "no_permission": (HTTPStatus.OK, WireCode.NO_PERMISSION),
    "trans_no_repeated": (HTTPStatus.OK, WireCode.TRANS_NO_REPEAT),
    "not_authenticated": (HTTPStatus.UNAUTHORIZED, WireCode.NOT_AUTHENTICATED),
    "not_found": (HTTPStatus.NOT_FOUND, WireCode.NOT_FOUND),
    "request_too_large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, WireCode.PARAMETER),
}

_UNEXPECTED = (HTTPStatus.INTERNAL_SERVER_ERROR, WireCode.INTERNAL)


def problem_of(error: Exception, *, language: Language = "zh") -> Problem:
    """
    Return what a client is told about an error.

    A class that is not listed follows its nearest listed ancestor; without one it is unexpected, and its own words
    stay inside.
    """
    codes = (getattr(kind, "code", "") for kind in type(error).__mro__ if issubclass(kind, VodpullError))
    status, code = next((_RULES[code] for code in codes if code in _RULES), _UNEXPECTED)
    if code is WireCode.NOT_AUTHENTICATED:
        return Problem(http_status=status, code=code, message=_reason(str(error), language))
    detail = _detail(error) if code in {WireCode.PARAMETER, WireCode.NOT_FOUND} else ""
    return Problem(http_status=status, code=code, message=message_of(code, language=language, detail=detail))


def message_of(code: WireCode, *, language: Language = "zh", detail: str = "") -> str:
    """Return the message of a wire code, followed by the detail (English, as the error says it) if there is one."""
    message = (_MESSAGES_EN if language == "en" else _MESSAGES_ZH)[code]
    return f"{message}: {detail}" if detail else message


def _detail(error: Exception) -> str:
    """Return what was wrong, with the field's name where the words do not have it."""
    field = getattr(error, "field", None)
    return str(error) if not field or field in str(error) else f"{field}: {error}"


def _reason(reason: str, language: Language) -> str:
    if language == "en":
        return reason or _MESSAGES_EN[WireCode.NOT_AUTHENTICATED]
    return _REASONS_ZH.get(reason, _MESSAGES_ZH[WireCode.NOT_AUTHENTICATED])
