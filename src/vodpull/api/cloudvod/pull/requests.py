"""What a pull or a query of one asks for: lenient about form, strict about meaning. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vodpull.api.cloudvod.lenient_json import read_json
from vodpull.api.cloudvod.parameters import decode_list, flag_of, text_of
from vodpull.errors import ParameterError
from vodpull.jobs.submission.file_and_video_names import MAX_FILE_NAME_CHARS, name_in_url
from vodpull.jobs.submission.pull_request_limits import MAX_ITEMS, MAX_TRANS_NO_CHARS, PullItem, PullRequest
from vodpull.wire_values import MD5_PATTERN


@dataclass(frozen=True, kw_only=True)
class QueryRequest:
    """Which batch a `pullVideoQuery` call asks about: exactly one of the two is given, `taskId` wins."""

    task_id: str | None
    trans_no: str | None


def parse_pull(parameters: dict[str, Any]) -> PullRequest:
    """
    Return what a `pullVideo` call asks for; parameters that the contract does not know are ignored.

    Raises:
        ParameterError: missing, malformed or out of range; `field` names it, as `fileList[3].md5`.
    """
    trans_no = text_of(parameters.get("transNo"), "transNo")
    if len(trans_no) > MAX_TRANS_NO_CHARS:
        raise ParameterError(f"transNo is longer than {MAX_TRANS_NO_CHARS} characters", field="transNo")
    template = template_of(parameters)
    items = _file_list(parameters.get("fileList"))
    return PullRequest(
        trans_no=trans_no or None,
        template=template or None,
        notify_url=text_of(parameters.get("notifyUrl"), "notifyUrl") or None,
        separate=flag_of(parameters, "separate", default=False),
        fetch_ts=flag_of(parameters, "fetchTs", default=True),
        items=tuple(_item(item, f"fileList[{index}]") for index, item in enumerate(items)),
    )


def parse_query(parameters: dict[str, Any]) -> QueryRequest:
    """
    Return which batch a `pullVideoQuery` call asks about.

    Raises:
        ParameterError: neither `taskId` nor `transNo` is given.
    """
    task_id = text_of(parameters.get("taskId"), "taskId")
    if task_id:
        return QueryRequest(task_id=task_id, trans_no=None)
    trans_no = text_of(parameters.get("transNo"), "transNo")
    if not trans_no:
        raise ParameterError("taskId or transNo is missing", field="taskId")
    return QueryRequest(task_id=None, trans_no=trans_no)


def template_of(parameters: Mapping[str, Any]) -> str:
    """Return the template, empty for none: an explicit workflow wins over the command (spec cloud-vod-fetch §2.2)."""
    return text_of(parameters.get("workflowId"), "workflowId") or _template_of_cmd(parameters.get("cmd"))


def _template_of_cmd(value: object) -> str:
    """Return the template that `cmd` names, empty when it names none; a template name wins over a workflow code."""
    members = _cmd_members(value)
    name = text_of(members.get("tcTemplateName"), "cmd.tcTemplateName")
    return name or text_of(members.get("workflowCode"), "cmd.workflowCode")


def _cmd_members(value: object) -> dict[str, Any]:
    members = value
    if not isinstance(value, dict):
        text = text_of(value, "cmd").strip()
        members = (read_json(text, "cmd") if '"' in text else _bare_members(text)) if text else {}
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
    items = value if isinstance(value, list) else decode_list(text_of(value, "fileList").strip(), "fileList")
    if not isinstance(items, list):
        raise ParameterError("fileList is not a JSON array", field="fileList")
    if not 1 <= len(items) <= MAX_ITEMS:
        raise ParameterError(f"fileList has {len(items)} items; 1 to {MAX_ITEMS} are allowed", field="fileList")
    return items


def _item(value: object, field: str) -> PullItem:
    if not isinstance(value, dict):
        raise ParameterError(f"{field} is not an object", field=field)
    fetch_url = text_of(value.get("fetchUrl"), f"{field}.fetchUrl") or text_of(value.get("fileUrl"), f"{field}.fileUrl")
    if not fetch_url:
        raise ParameterError(f"{field}.fetchUrl is missing", field=f"{field}.fetchUrl")
    file_name = text_of(value.get("fileName"), f"{field}.fileName")
    if len(file_name) > MAX_FILE_NAME_CHARS:
        limit = f"{field}.fileName is longer than {MAX_FILE_NAME_CHARS} characters"
        raise ParameterError(limit, field=f"{field}.fileName")
    md5 = text_of(value.get("md5"), f"{field}.md5").strip()
    if md5 and not re.fullmatch(MD5_PATTERN, md5):
        raise ParameterError(f"{field}.md5 is not 32 hex digits", field=f"{field}.md5")
    return PullItem(file_name=file_name or name_in_url(fetch_url), fetch_url=fetch_url, md5=md5)
