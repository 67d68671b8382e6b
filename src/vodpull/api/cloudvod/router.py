"""
The routes of the Cloud VOD contract: POST or GET, JSON or form, always signed.

Those of pullVideo and pullVideoQuery are in `pull/router.py`, those that bring files in `file_upload/router.py`. How a
call is carried out and what stands around its answer: `library/call_dispatch.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from vodpull.api.cloudvod.library.absent_services import AbsentServices
from vodpull.api.cloudvod.library.call_dispatch import CallDispatcher, WireCall
from vodpull.api.cloudvod.library.choice_lists import ChoiceLists
from vodpull.api.cloudvod.library.choice_schemas import CHOICES
from vodpull.api.cloudvod.library.edits.calls import EditCalls
from vodpull.api.cloudvod.library.edits.schemas import EDIT_SHAPES
from vodpull.api.cloudvod.library.materials.calls import MaterialCalls
from vodpull.api.cloudvod.library.materials.schemas import MATERIAL_SHAPES
from vodpull.api.cloudvod.library.materials.token_calls import MaterialTokenCalls
from vodpull.api.cloudvod.library.storage_volume import StorageVolumeCalls
from vodpull.api.cloudvod.library.storage_volume_schemas import STORAGE_VOLUME_SHAPES
from vodpull.api.cloudvod.library.upload_tokens.calls import UploadCalls
from vodpull.api.cloudvod.library.upload_tokens.schemas import UPLOAD_SHAPES
from vodpull.api.cloudvod.library.videos.calls import VideoCalls
from vodpull.api.cloudvod.library.videos.categories import CategoryCalls
from vodpull.api.cloudvod.library.videos.category_schemas import CATEGORY_SHAPES, NUMBER_PROBLEM
from vodpull.api.cloudvod.library.videos.schemas import VIDEO_SHAPES
from vodpull.api.cloudvod.pull.router import add_pull
from vodpull.api.cloudvod.pull.status_query import StatusQuery
from vodpull.api.cloudvod.schemas import WIRE_PROBLEMS, wire_operation
from vodpull.api.http.context import ApiContext

DOCUMENTED_GET = "/vod/videoManage/"
"""Below it GET is documented; elsewhere it is answered as well, without a promise."""

CATEGORIES = "/vod/videoCategory/"

SHAPES = VIDEO_SHAPES | EDIT_SHAPES | MATERIAL_SHAPES | UPLOAD_SHAPES | CATEGORY_SHAPES | STORAGE_VOLUME_SHAPES
"""By path."""

log = structlog.get_logger(__name__)


def wire_router(context: ApiContext, query: StatusQuery) -> APIRouter:
    """Return every route of the contract."""
    router = APIRouter(tags=["Cloud VOD"], responses=WIRE_PROBLEMS)
    add_pull(router, context, query)
    desk = CallDispatcher(context)
    kinds = (
        VideoCalls,
        EditCalls,
        CategoryCalls,
        MaterialCalls,
        MaterialTokenCalls,
        UploadCalls,
        StorageVolumeCalls,
        ChoiceLists,
        AbsentServices,
    )
    for kind in kinds:
        for call in kind(context).all():
            _add(router, desk, call)
    return router


def _add(router: APIRouter, desk: CallDispatcher, call: WireCall) -> None:
    parameters, reply = SHAPES.get(call.path, CHOICES)
    name = "_".join(call.path.split("/")[-2:])  # the last part alone is the name of other operations as well
    add: Callable[..., None] = partial(
        router.add_api_route,
        call.path,
        _endpoint(desk, call),
        response_model=reply,
        description=call.summary,
        responses=NUMBER_PROBLEM if call.path.startswith(CATEGORIES) else None,
    )
    add(methods=["POST"], **wire_operation(name, parameters))
    add(
        methods=["GET"],
        include_in_schema=call.path.startswith(DOCUMENTED_GET),
        **wire_operation(name, parameters, get=True),
    )


def _endpoint(desk: CallDispatcher, call: WireCall) -> Callable[..., Any]:
    async def answer(request: Request) -> Response:
        return await desk.answer(call, request)

    return answer
