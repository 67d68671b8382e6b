"""Files from the operator's machine: the page that sends them, and how far their videos are."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vodpull.accounts.access_keys import LiveKey
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.accounts.account_choice import accounts_of, accounts_to_choose
from vodpull.console.pages.accounts.acting_key import key_of, own_key
from vodpull.console.pages.error_meanings import MEANINGS
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.translation import say_in
from vodpull.console.request.visit import Visit
from vodpull.errors import NotFound, ParameterError
from vodpull.jobs.states_and_codes import Stage
from vodpull.uploads.key_reservations import find_upload
from vodpull.videos.category_paths import label_path

FILES_PATH = "/uploads/files"
"""Of files that pages send, by tus."""

ACCOUNT_HEADER = "Vodpull-Account"
"""Names the account that a new file is for, by its id."""

PIECE_BYTES = 16 * 1024 * 1024
"""Of one request: what is sent anew at most when a session ends or a proxy gives up."""


def upload_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""
    desk = _UploadDesk(pages, context)
    return [
        gate.page("/uploads", desk.show),
        gate.page("/uploads/videos/{video_id}", desk.tell),
        gate.files("POST", "/uploads/files", desk.receive),
        gate.files("HEAD", "/uploads/files/{upload_id}", desk.receive),
        gate.files("PATCH", "/uploads/files/{upload_id}", desk.receive),
        gate.files("DELETE", "/uploads/files/{upload_id}", desk.receive),
    ]


class _UploadDesk:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context

    def show(self, visit: Visit) -> Response:
        context = self._context
        tree = context.categories.tree(context.accounts.account_named(context.account))
        parents = {category.node_id: category.name for category in tree}
        return self._pages.page(
            visit,
            "uploads.html",
            files_path=FILES_PATH,
            piece_bytes=PIECE_BYTES,
            most_bytes=context.max_upload_bytes,
            known=[label_path(category, parents) for category in tree],
            **accounts_to_choose(context),
            templates=context.templates,
            default_template=context.default_template,
            watermarks=context.watermarks,
        )

    def tell(self, visit: Visit) -> Response:
        """Tell the page how far a video is that it has sent."""
        try:
            video = self._context.library.find(visit.request.path_params["video_id"], account_id=None)
        except NotFound:
            raise NotFound("there is no such video") from None
        view = self._context.store.find_batch_of(video.job_id)
        job = view.at(video.position) if view else None
        if job is None:
            raise NotFound("there is no such video")
        say = say_in(visit.language)
        failure = job.failure if job.stage is Stage.FAILED else None
        told = {
            "stage": job.stage.value,
            "word": say(job.stage.value),
            "percent": round(job.percent, 1),
            "is_final": job.is_final,
            "problem": failure
            and {
                "problem": say(MEANINGS.get(failure.code, failure.message)),
                "fix": say(failure.remedy),
                "code": failure.code,
            },
        }
        return JSONResponse(told)

    async def receive(self, request: Request) -> Response:
        """Take a file by tus, for the account that the page names, or in which the upload was begun."""
        return await self._context.receive(request, await asyncio.to_thread(self._key, request))

    def _key(self, request: Request) -> LiveKey:
        context, upload_id = self._context, request.path_params.get("upload_id")
        if upload_id:
            with context.store.engine.connect() as connection:
                upload = find_upload(connection, upload_id)
            return key_of(context, upload.account_id) if upload else own_key(context)
        account_id = request.headers.get(ACCOUNT_HEADER)
        if account_id is None:
            return own_key(context)
        if account_id not in dict(accounts_of(context.accounts.list_keys())):
            raise ParameterError(
                "there is no such account", field=ACCOUNT_HEADER, remedy="Load the page again and send it once more."
            )
        return key_of(context, account_id)
