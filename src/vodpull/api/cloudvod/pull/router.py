"""The routes of pullVideo and pullVideoQuery."""

from __future__ import annotations

from functools import partial

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from vodpull.api.cloudvod.parameters import parameters_of
from vodpull.api.cloudvod.pull import replies
from vodpull.api.cloudvod.pull.requests import parse_pull
from vodpull.api.cloudvod.pull.schemas import PullReply, QueryReply, WirePull, WireQuery
from vodpull.api.cloudvod.pull.status_query import StatusQuery
from vodpull.api.cloudvod.schemas import wire_operation
from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.audit_lines import note_of
from vodpull.api.http.keys.signatures import SignatureProof
from vodpull.jobs.model import Batch
from vodpull.jobs.submission.remembered_requests import signed_fingerprint
from vodpull.request_signing import SignedRequest

log = structlog.get_logger(__name__)


def add_pull(router: APIRouter, context: ApiContext, query: StatusQuery) -> None:
    """Add them; a status query is answered by `query`."""
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
