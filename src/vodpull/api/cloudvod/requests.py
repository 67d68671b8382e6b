"""From the bytes of a request to what was asked: lenient about form, strict about meaning. Pure."""

from __future__ import annotations

import base64
import json
import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from vodpull.errors import ParameterError
from vodpull.jobs.model import MAX_ITEMS
from vodpull.jobs.submission import MAX_FILE_NAME_CHARS, PullItem, PullRequest, name_in_url
from vodpull.signing import SignedRequest
from vodpull.wire_values import MD5_PATTERN

MAX_TRANS_NO_CHARS = 32
MAX_DEPTH = 32
"""Deepest nesting of objects and arrays; the contract needs 3."""
MAX_PARAMETERS = 200
"""Most parameters of a form or query; the contract knows 9."""

FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class QueryRequest:
    """Which batch a `pullVideoQuery` call asks about: exactly one of the two is given, `taskId` wins."""

    task_id: str | None
    trans_no: str | None


def parameters_of(signed: SignedRequest) -> dict[str, Any]:
    """Return the parameters of a signed call; raises as `read_parameters`."""
    return read_parameters(
        method=signed.method,
        content_type=signed.headers.get("content-type", ""),
        body=signed.body,
        query=signed.query,
    )


def read_parameters(*, method: str, content_type: str, body: bytes, query: str) -> dict[str, Any]:
    """
    Return the parameters of a call by name; of a repeated name the last value.

    A GET has them in the query, every other method in the body: a form, or else JSON, whose keys may lack their
    quotes. An empty body has no parameters. The size of the body is the caller's to limit.

    Raises:
        ParameterError: not readable; `field` is `body` or `query`.
    """
    if method == "GET":
        return _read_form(query, "query")
    text = _decode(body, "body")
    if content_type.partition(";")[0].strip().lower() == FORM_TYPE:
        return _read_form(text, "body")
    parameters = _loads(text, "body") if text.strip() else {}
    if not isinstance(parameters, dict):
        raise ParameterError("body is not a JSON object", field="body")
    return parameters


def parse_pull(parameters: dict[str, Any]) -> PullRequest:
    """
    Return what a `pullVideo` call asks for; parameters that the contract does not know are ignored.

    Raises:
        ParameterError: missing, malformed or out of range; `field` names it, as `fileList[3].md5`.
    """
    trans_no = _text(parameters.get("transNo"), "transNo")
    if len(trans_no) > MAX_TRANS_NO_CHARS:
        raise ParameterError(f"transNo is longer than {MAX_TRANS_NO_CHARS} characters", field="transNo")
    # An explicit workflow wins over the integrated command (spec cloud-vod-fetch §2.2).
    template = _text(parameters.get("workflowId"), "workflowId") or _template_of_cmd(parameters.get("cmd"))
    items = _file_list(parameters.get("fileList"))
    return PullRequest(
        trans_no=trans_no or None,
        template=template or None,
        notify_url=_text(parameters.get("notifyUrl"), "notifyUrl") or None,
        separate=_flag(parameters, "separate", default=False),
        fetch_ts=_flag(parameters, "fetchTs", default=True),
        items=tuple(_item(item, f"fileList[{index}]") for index, item in enumerate(items)),
    )


def parse_query(parameters: dict[str, Any]) -> QueryRequest:
    """
    Return which batch a `pullVideoQuery` call asks about.

    Raises:
        ParameterError: neither `taskId` nor `transNo` is given.
    """
    task_id = _text(parameters.get("taskId"), "taskId")
    if task_id:
        return QueryRequest(task_id=task_id, trans_no=None)
    trans_no = _text(parameters.get("transNo"), "transNo")
    if not trans_no:
        raise ParameterError("taskId or transNo is missing", field="taskId")
    return QueryRequest(task_id=None, trans_no=trans_no)


def _decode(data: bytes, field: str) -> str:
    try:
        return data.decode("utf-8-sig")  # some editors and clients put a byte order mark first
    except UnicodeDecodeError as error:
        raise ParameterError(f"{field} is not UTF-8", field=field) from error


def _read_form(text: str, field: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError as error:
        raise ParameterError(f"{field} is not UTF-8", field=field) from error
    except ValueError as error:
        raise ParameterError(f"{field} has more than {MAX_PARAMETERS} parameters", field=field) from error
    return dict(pairs)


def _loads(text: str, field: str) -> Any:
    """Return the value of a JSON text, read strictly first, then once more with bare keys put in quotes."""
    if _depth(text) > MAX_DEPTH:
        raise ParameterError(f"{field} is nested deeper than {MAX_DEPTH} levels", field=field)
    try:
        return _loads_strict(text)
    except ValueError:
        pass
    try:
        return _loads_strict(_quote_bare_keys(text))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ParameterError(f"{field} is not valid JSON near {where}", field=field) from error
    except ValueError as error:
        raise ParameterError(f"{field} is not valid JSON", field=field) from error


def _loads_strict(text: str) -> Any:
    value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite_float)
    if "\\u" in text:
        # Escapes can spell half a character, which cannot be stored or sent on: encoding it raises a ValueError.
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _finite_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("number out of range")
    return number


# A string, closed or cut off by the end. Possessive, so that hostile text costs one pass.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_BRACKET = re.compile(rf"{_STRING}|(?P<open>[\[{{])|(?P<close>[\]}}])", re.DOTALL)
# Always takes the whole word, key or not: looking ahead from every letter of a long word would take its square.
_WORD = re.compile(rf"{_STRING}|(?P<word>[A-Za-z_$][\w$]*+)(?P<colon>\s*+:)?", re.DOTALL | re.ASCII)


def _depth(text: str) -> int:
    deepest = depth = 0
    for found in _BRACKET.finditer(text):
        if found["open"]:
            depth += 1
            deepest = max(deepest, depth)
        elif found["close"]:
            depth -= 1
    return deepest


def _quote_bare_keys(text: str) -> str:
    """Put quotes around every word before a colon, outside strings: `{taskId:"x"}` is seen from real clients."""
    return _WORD.sub(lambda found: f'"{found["word"]}"{found["colon"]}' if found["colon"] else found[0], text)


def _text(value: object, field: str) -> str:
    """Return a text parameter, empty when it is not given; whole numbers are taken as their digits."""
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ParameterError(f"{field} is not a string", field=field)
    if "\0" in value:  # databases refuse it, so nothing that carries it can be kept
        raise ParameterError(f"{field} contains a NUL character", field=field)
    return value


def _flag(parameters: dict[str, Any], field: str, *, default: bool) -> bool:
    text = _text(parameters.get(field), field).strip()
    if text not in {"", "0", "1"}:
        raise ParameterError(f"{field} is neither 0 nor 1", field=field)
    return default if not text else text == "1"


def _template_of_cmd(value: object) -> str:
    """Return the template that `cmd` names, empty when it names none; a template name wins over a workflow code."""
    members = _cmd_members(value)
    name = _text(members.get("tcTemplateName"), "cmd.tcTemplateName")
    return name or _text(members.get("workflowCode"), "cmd.workflowCode")


def _cmd_members(value: object) -> dict[str, Any]:
    members = value
    if not isinstance(value, dict):
        text = _text(value, "cmd").strip()
        members = (_loads(text, "cmd") if '"' in text else _bare_members(text)) if text else {}
    if not isinstance(members, dict):
        raise ParameterError("cmd is not of the form {tcTemplateName:name}", field="cmd")
    return members


def _bare_members(text: str) -> dict[str, str] | None:
    """Return the members of `{name:value,name:value}`, the documented form without any quotes; None if it is not."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    members = {}
    for part in filter(str.strip, text[1:-1].split(",")):
        name, colon, value = part.partition(":")
        if not colon:
            return None
        members[name.strip()] = value.strip()
    return members


def _file_list(value: object) -> list[Any]:
    if value is None or value == "":
        raise ParameterError("fileList is missing", field="fileList")
    items = value if isinstance(value, list) else _decode_file_list(_text(value, "fileList").strip())
    if not isinstance(items, list):
        raise ParameterError("fileList is not a JSON array", field="fileList")
    if not 1 <= len(items) <= MAX_ITEMS:
        raise ParameterError(f"fileList has {len(items)} items; 1 to {MAX_ITEMS} are allowed", field="fileList")
    return items


def _decode_file_list(text: str) -> Any:
    """Return the value of a `fileList` text: a JSON array, or base64 of one in any dialect of real clients."""
    if text.startswith("["):
        return _loads(text, "fileList")
    # Line breaks come from encoders that wrap; a blank is a `+` that went through form decoding.
    letters = re.sub(r"[\r\n]", "", text).replace(" ", "+").translate(_STANDARD_ALPHABET).rstrip("=")
    try:
        data = base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except ValueError as error:
        raise ParameterError("fileList is not base64", field="fileList") from error
    return _loads(_decode(data, "fileList"), "fileList")


_STANDARD_ALPHABET = str.maketrans("-_", "+/")


def _item(value: object, field: str) -> PullItem:
    if not isinstance(value, dict):
        raise ParameterError(f"{field} is not an object", field=field)
    fetch_url = _text(value.get("fetchUrl"), f"{field}.fetchUrl") or _text(value.get("fileUrl"), f"{field}.fileUrl")
    if not fetch_url:
        raise ParameterError(f"{field}.fetchUrl is missing", field=f"{field}.fetchUrl")
    file_name = _text(value.get("fileName"), f"{field}.fileName")
    if len(file_name) > MAX_FILE_NAME_CHARS:
        limit = f"{field}.fileName is longer than {MAX_FILE_NAME_CHARS} characters"
        raise ParameterError(limit, field=f"{field}.fileName")
    md5 = _text(value.get("md5"), f"{field}.md5").strip()
    if md5 and not re.fullmatch(MD5_PATTERN, md5):
        raise ParameterError(f"{field}.md5 is not 32 hex digits", field=f"{field}.md5")
    return PullItem(file_name=file_name or name_in_url(fetch_url), fetch_url=fetch_url, md5=md5)
