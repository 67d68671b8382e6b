"""The calls that are about categories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.call_dispatch import WireCall, WireCaller
from vodpull.api.cloudvod.library.refusals import Refused
from vodpull.api.cloudvod.parameters import Parameters, number_of, text_of
from vodpull.api.http.context import ApiContext
from vodpull.api.http.idempotent_calls import Once
from vodpull.errors import ParameterError
from vodpull.jobs.submission.remembered_requests import signed_fingerprint
from vodpull.videos.category_names import is_category_name
from vodpull.videos.category_tree import FIRST_LEVEL
from vodpull.wire_values import read_number
from vodpull.workflows.requests.notify_urls import judge_address

DATA_AS_LIST = "category-data-list"
"""Compatibility switch for clients whose models take `data` for a list (spec cloud-vod-videos §9)."""

MAX_PAGE_SIZE = 100
MAX_NUMBER = 2**31 - 1
"""As the database counts."""

NO_ID = -1
"""No category has it."""

_ROOT = "/vod/videoCategory"
_WHOLE = re.compile(r"-?[0-9]+")


class CategoryCalls:
    """Carries out the calls about categories."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context
        self._as_list = DATA_AS_LIST in context.compat

    def all(self) -> Sequence[WireCall]:
        """Return the calls."""
        return (
            WireCall(
                path=f"{_ROOT}/getCategoryList",
                act=self._list,
                rules=refusals.CATEGORY,
                summary="List the categories below one, or of the first level.",
            ),
            WireCall(
                path=f"{_ROOT}/createCategory",
                act=self._create,
                rules=refusals.CATEGORY,
                summary="Make a category.",
            ),
            WireCall(
                path=f"{_ROOT}/deleteCategory",
                act=self._delete,
                rules=refusals.CATEGORY,
                summary="Delete a category and those below it; videos lose the label and stay.",
                form="no data",
            ),
            WireCall(
                path=f"{_ROOT}/deleteVideoByCategory",
                act=self._empty,
                rules=refusals.EMPTY_CATEGORY,
                summary="Delete all videos of a category and of those below it.",
            ),
        )

    def _list(self, parameters: Parameters, caller: WireCaller) -> Any:
        parent_id = _node_id(parameters, "parentNodeId") or FIRST_LEVEL
        size = _number(parameters, "pageSize", default=10, most=MAX_PAGE_SIZE)
        index = _number(parameters, "pageIndex", default=1, most=MAX_NUMBER - 1)
        found, total = self._context.categories.page(
            caller.account_id, parent_id=parent_id, limit=size, offset=(index - 1) * size
        )
        owner = self._context.account_name(caller.account_id)
        rows = [
            {
                "labelName": category.name,
                "parentNodeId": category.parent_id,
                "nodeId": category.node_id,
                "createUser": owner,
            }
            for category in found
        ]
        return self._formed({"total": total, "pageSize": len(rows), "pageIndex": index, "categoryList": rows})

    def _create(self, parameters: Parameters, caller: WireCaller) -> Any:
        name = text_of(parameters.get("labelName"), "labelName")
        if not name.strip():
            raise ParameterError("labelName is missing", field="labelName")
        parent_id = _node_id(parameters, "parentNodeId") or FIRST_LEVEL
        if not is_category_name(name):
            raise ParameterError("labelName cannot be that of a category", field="labelName")
        made = self._context.categories.create(caller.account_id, name, parent_id=parent_id)
        return self._formed({"nodeId": made.node_id})

    def _delete(self, parameters: Parameters, caller: WireCaller) -> None:
        self._context.categories.delete(caller.account_id, _given_id(parameters))

    def _empty(self, parameters: Parameters, caller: WireCaller) -> Any:
        node_id = _given_id(parameters)
        notify_url = text_of(parameters.get("notifyUrl"), "notifyUrl")
        judge_address(notify_url, self._context.check_url)
        self._context.categories.find(caller.account_id, node_id)
        delete = partial(
            self._context.video_deletion.delete_category,
            caller.account_id,
            node_id,
            access_key=caller.key.access_key,
            notify_url=notify_url,
        )
        once = Once(self._context.store.engine)
        return self._formed({"taskId": once.carry_out(delete, signed_fingerprint(caller.request))})

    def _formed(self, data: dict[str, Any]) -> Any:
        return [data] if self._as_list else data


def _given_id(parameters: Parameters) -> int:
    node_id = _node_id(parameters, "nodeId")
    if node_id is None:
        raise Refused(refusals.NO_NODE_ID)
    return node_id


def _node_id(parameters: Parameters, field: str) -> int | None:
    """Return the id of a category, None if none is given: of any number that cannot be one, an id that none has."""
    with _numbers():
        text = text_of(parameters.get(field), field).strip()
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        raise Refused(refusals.NUMBER_FORM)
    number = read_number(text)
    return number if number is not None and number < MAX_NUMBER else NO_ID


def _number(parameters: Parameters, field: str, *, default: int, most: int) -> int:
    with _numbers():
        return number_of(parameters, field, default=default, allowed=range(1, most + 1))


@contextmanager
def _numbers() -> Iterator[None]:
    """Answer what is no number as these calls do."""
    try:
        yield
    except ParameterError as error:
        raise Refused(refusals.NUMBER_FORM) from error
