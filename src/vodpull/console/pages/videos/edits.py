"""Clips and joins: a section that was chosen with the player, or several videos one after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.accounts.acting_key import key_of
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.visit import Visit, leave_to
from vodpull.errors import NotFound, ParameterError
from vodpull.videos.field_lengths import MAX_NAME_CHARS
from vodpull.videos.video import Video
from vodpull.videos.video_search import VideoFilter
from vodpull.workflows.requests.clips_and_joins import CONTAINERS, MAX_JOINED, EditRequest, read_order

OFFERED = 50
"""Videos of the account, the newest, that a join may be given more of."""


def edit_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""
    desk = _EditDesk(pages, context)
    return [
        gate.action("/library/{video_id}/clip", desk.clip),
        gate.page("/join", desk.show),
        gate.action("/join", desk.join),
    ]


class _EditDesk:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context

    def clip(self, visit: Visit) -> Response:
        """Begin a clip, and lead to what tells how far it is."""
        video = self._find(visit.request.path_params["video_id"])
        start_s, end_s = (_instant(visit, field) for field in ("start", "end"))
        if end_s <= start_s:
            raise ParameterError("the clip ends before it begins", field="end")
        return self._begin(visit, [video], start_s=start_s, length_s=end_s - start_s)

    def show(self, visit: Visit) -> Response:
        """Show the videos of a join in their order; the URL has all of it."""
        ids = [*dict.fromkeys(filter(None, (*visit.query("videos", most=2000).split(","), visit.query("add"))))]
        videos = self._videos(ids[:MAX_JOINED])
        account = videos[0].account_id if videos else None
        listed, _ = self._context.library.page(VideoFilter(account_id=account), limit=OFFERED, cursor="")
        chosen = [video.video_id for video in videos]
        return self._pages.page(
            visit,
            "join.html",
            videos=videos,
            chosen=chosen,
            moved=moved,
            offered=[video for video in listed if video.video_id not in chosen],
            containers=CONTAINERS,
            most_name=MAX_NAME_CHARS,
            most=MAX_JOINED,
        )

    def join(self, visit: Visit) -> Response:
        """Begin a join, and lead to what tells how far it is."""
        videos = self._videos(visit.form.get("videos", "").split(",")[:MAX_JOINED])
        if len(videos) < 2:  # noqa: PLR2004 - of one there is nothing to join
            raise ParameterError("a join needs two videos or more", field="videos")
        if len({video.account_id for video in videos}) > 1:
            raise ParameterError("videos of one account can be joined", field="videos")
        return self._begin(visit, videos)

    def _begin(self, visit: Visit, videos: Sequence[Video], **section: float) -> Response:
        form, name = visit.form, visit.form.get("name", "").strip()
        if not 1 <= len(name) <= MAX_NAME_CHARS:
            raise ParameterError(f"a name has 1 to {MAX_NAME_CHARS} characters", field="name")
        if form.get("container") not in CONTAINERS:
            raise ParameterError("there is no such form", field="container")
        order = read_order({"container": form["container"], "exact": form.get("how") != "copied"} | section)
        request = EditRequest(videos=videos, order=order, name=name)
        view = self._context.editing.start(request, key_of(self._context, videos[0].account_id))
        return leave_to(visit, f"tasks/{view.batch.batch_id}")

    def _videos(self, ids: Sequence[str]) -> list[Video]:
        return [self._find(video_id.strip()) for video_id in ids if video_id.strip()]

    def _find(self, video_id: str) -> Video:
        try:
            return self._context.library.find(video_id, account_id=None)
        except NotFound:
            raise NotFound("there is no such video") from None


def moved(ids: Sequence[str], at: int, to: int | None) -> str:
    """Return a list of ids, as a URL has it, with one of them at another place, or without it."""
    rest = [*ids[:at], *ids[at + 1 :]]
    if to is not None:
        rest.insert(to, ids[at])
    return ",".join(rest)


def _instant(visit: Visit, field: str) -> float:
    try:
        at_s = float(visit.form.get(field, ""))
    except ValueError:
        at_s = -1.0
    if not 0 <= at_s < math.inf:
        raise ParameterError("this is no instant of the video", field=field)
    return at_s
