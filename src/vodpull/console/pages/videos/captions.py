"""The captions of a video on its page: listed, put, removed."""

from __future__ import annotations

from functools import partial

from anyio import from_thread
from starlette.responses import Response
from starlette.routing import Route

from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.translation import say_in
from vodpull.console.request.visit import Visit, leave_to
from vodpull.errors import NotFound, ParameterError
from vodpull.videos.video import Video
from vodpull.workflows.requests.added_captions import added


def caption_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""
    desk = _CaptionDesk(pages, context)
    return [
        gate.action("/library/{video_id}/captions", desk.put),
        gate.action("/library/{video_id}/captions/delete", desk.delete),
    ]


class _CaptionDesk:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context

    def put(self, visit: Visit) -> Response:
        video, form = self._video(visit), visit.form
        content: bytes | str = visit.file[1] or form.get("url", "").strip()
        if not content:
            raise ParameterError("choose a file, or name its URL", field="file")
        wanted = added(
            form.get("language", ""),
            label=form.get("label", ""),
            is_default="default" in form,
            is_forced="forced" in form,
        )
        from_thread.run(partial(self._context.captioning.put, video, wanted, content))
        return self._done(visit, video)

    def delete(self, visit: Visit) -> Response:
        video = self._video(visit)
        from_thread.run(partial(self._context.captioning.remove, video, visit.form.get("language", "")))
        return self._done(visit, video)

    def _done(self, visit: Visit, video: Video) -> Response:
        if visit.wants_part:
            return self._pages.notice(visit, say_in(visit.language)("Saved."))
        return leave_to(visit, f"library/{video.video_id}#captions")

    def _video(self, visit: Visit) -> Video:
        try:
            return self._context.library.find(visit.request.path_params["video_id"], account_id=None)
        except NotFound:
            raise NotFound("there is no such video") from None
