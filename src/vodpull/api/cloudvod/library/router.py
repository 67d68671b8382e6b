"""The routes of the Cloud VOD contract: POST or GET, JSON or form, always signed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from vodpull.api.cloudvod import replies
from vodpull.api.cloudvod.library.calls import Call, Desk
from vodpull.api.cloudvod.library.edits.calls import EditCalls
from vodpull.api.cloudvod.library.edits.schemas import EDIT_SHAPES
from vodpull.api.cloudvod.library.materials.calls import MaterialCalls
from vodpull.api.cloudvod.library.materials.schemas import MATERIAL_SHAPES
from vodpull.api.cloudvod.library.materials.upload_calls import MaterialTokenCalls
from vodpull.api.cloudvod.library.other_calls import OtherCalls
from vodpull.api.cloudvod.library.other_schemas import CHOICES, NUMBER_PROBLEM, OTHER_SHAPES
from vodpull.api.cloudvod.library.uploads.calls import UploadCalls
from vodpull.api.cloudvod.library.uploads.schemas import UPLOAD_SHAPES
from vodpull.api.cloudvod.library.videos.calls import VideoCalls
from vodpull.api.cloudvod.library.videos.categories import CategoryCalls
from vodpull.api.cloudvod.library.videos.schemas import VIDEO_SHAPES
from vodpull.api.cloudvod.parameters import parameters_of
from vodpull.api.cloudvod.requests import parse_pull
from vodpull.api.cloudvod.schemas import WIRE_PROBLEMS, PullReply, QueryReply, WirePull, WireQuery, wire_operation
from vodpull.api.cloudvod.status_query import StatusQuery
from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.audit import note_of
from vodpull.api.http.keys.signatures import SignatureProof
from vodpull.jobs.model import Batch
from vodpull.jobs.submission.idempotency import signed_fingerprint
from vodpull.signing import SignedRequest

DOCUMENTED_GET = "/vod/videoManage/"
"""Below it GET is documented; elsewhere it is answered as well, without a promise."""

CATEGORIES = "/vod/videoCategory/"

SHAPES = VIDEO_SHAPES | EDIT_SHAPES | MATERIAL_SHAPES | UPLOAD_SHAPES | OTHER_SHAPES
"""By path."""

log = structlog.get_logger(__name__)


def wire_router(context: ApiContext, query: StatusQuery) -> APIRouter:
    """Return every route of the contract."""
    router = APIRouter(tags=["Cloud VOD"], responses=WIRE_PROBLEMS)
    _add_pull(router, context, query)
    desk = Desk(context)
    kinds = (VideoCalls, EditCalls, CategoryCalls, MaterialCalls, MaterialTokenCalls, UploadCalls, OtherCalls)
    for kind in kinds:
        for call in kind(context).all():
            _add(router, desk, call)
    return router


def _add_pull(router: APIRouter, context: ApiContext, query: StatusQuery) -> None:
    pull, asked = "/vod/videoManage/pullVideo", "/vod/videoManage/pullVideoQuery"

    @router.post(pull, response_model=PullReply, **wire_operation("pullVideo", WirePull))
    @router.get(pull, response_model=PullReply, **wire_operation("pullVideo", WirePull, get=True))
    async def pull_video(request: Request) -> Response:
        """Accept up to 50 sources; the answer means that they are committed."""
        batch = await context.access.answer(request, partial(_pull, context))
        note_of(request).subject = f"taskId={batch.batch_id} transNo={batch.trans_no}"
        return JSONResponse(replies.pull_reply(batch, language=context.language))

    @router.post(asked, response_model=QueryReply, **wire_operation("pullVideoQuery", WireQuery))
    @router.get(asked, response_model=QueryReply, **wire_operation("pullVideoQuery", WireQuery, get=True))
    async def pull_video_query(request: Request) -> Response:
        """Tell where a task is."""
        return await query.answer(request)


def _pull(context: ApiContext, signed: SignedRequest, proof: SignatureProof) -> Batch:
    request = parse_pull(parameters_of(signed))
    # What one signature fits is one request sent again, however it is spelt.
    view = context.intake.accept(request, proof.key, known_by=(signed_fingerprint(proof.identity),))
    log.info("batch accepted", batch=view.batch.batch_id, jobs=len(view.jobs))
    return view.batch


def _add(router: APIRouter, desk: Desk, call: Call) -> None:
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


def _endpoint(desk: Desk, call: Call) -> Callable[..., Any]:
    async def answer(request: Request) -> Response:
        return await desk.answer(call, request)

    return answer
