"""The shapes of the calls about categories, for the OpenAPI document; `categories.py` does the work."""

from __future__ import annotations

from pydantic import BaseModel

from vodpull.api.cloudvod.schemas import Shapes, WireParameters, WireProblem, WireReply
from vodpull.api.http.openapi import Responses, reply_of


class WireCategoryListParameters(WireParameters):
    """Parameters of getCategoryList."""

    parentNodeId: int | None = None
    """None: the first level."""
    pageIndex: int = 1
    """From 1."""
    pageSize: int = 10
    """1 to 100."""


class WireCreateCategoryParameters(WireParameters):
    """Parameters of createCategory."""

    labelName: str
    """1 to 32 letters, digits, `_`, blanks or CJK characters."""
    parentNodeId: int | None = None
    """Id of the category above; none: the first level."""


class WireCategoryParameters(WireParameters):
    """Parameters of deleteCategory."""

    nodeId: int
    """Id of the category."""


class WireEmptyCategoryParameters(WireCategoryParameters):
    """Parameters of deleteVideoByCategory."""

    notifyUrl: str = ""
    """Where the end of the deletion is posted to."""


class WireCategoryRecord(BaseModel):
    """One category."""

    labelName: str
    parentNodeId: int
    nodeId: int
    createUser: str


class WireCategoryPage(BaseModel):
    """A page of categories."""

    total: int
    pageSize: int
    """Rows of this page."""
    pageIndex: int
    categoryList: list[WireCategoryRecord]


class WireNewCategory(BaseModel):
    """A category that was made."""

    nodeId: int


class WireEmptyingTask(BaseModel):
    """The task that deletes the videos of a category."""

    taskId: int


class WireCategoryListReply(WireReply):
    """Reply of getCategoryList; a list of one with the switch `category-data-list`, like the next two."""

    data: WireCategoryPage | list[WireCategoryPage] | None = None


class WireCreateCategoryReply(WireReply):
    """Reply of createCategory."""

    data: WireNewCategory | list[WireNewCategory] | None = None


class WireEmptyCategoryReply(WireReply):
    """Reply of deleteVideoByCategory."""

    data: WireEmptyingTask | list[WireEmptyingTask] | None = None


CATEGORY_SHAPES: dict[str, Shapes] = {
    "/vod/videoCategory/getCategoryList": (WireCategoryListParameters, WireCategoryListReply),
    "/vod/videoCategory/createCategory": (WireCreateCategoryParameters, WireCreateCategoryReply),
    "/vod/videoCategory/deleteCategory": (WireCategoryParameters, WireReply),
    "/vod/videoCategory/deleteVideoByCategory": (WireEmptyCategoryParameters, WireEmptyCategoryReply),
}
"""By path."""

NUMBER_PROBLEM: Responses = {
    400: reply_of(WireProblem, description="An id or a number of a page is no number: `code` 24112000.")
}
"""Of the category calls alone."""
