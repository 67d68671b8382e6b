"""One video: the player, states and history, files and embed code, and what can be done with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from anyio import from_thread
from starlette.responses import Response
from starlette.routing import Route

from vodpull.clock import now_ms
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.accounts.playback import read_playback
from vodpull.console.pages.error_meanings import MEANINGS
from vodpull.console.pages.proof_shown import proof_row
from vodpull.console.pages.task_cards import job_card
from vodpull.console.pages.videos.library import delete_video, start_encode
from vodpull.console.reply.live_streams import Blocks, Live
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.translation import say_in
from vodpull.console.request.visit import Visit, leave_to
from vodpull.errors import NotFound, ParameterError
from vodpull.jobs.model import Job
from vodpull.jobs.notices.events import Event
from vodpull.jobs.status.listing import StageTime
from vodpull.materials.material import Material, MaterialKind
from vodpull.materials.materials import MaterialFilter
from vodpull.materials.new_file_rules import PICTURE_SUFFIXES, SUBTITLE_SUFFIXES
from vodpull.videos.blocking import block, enable
from vodpull.videos.category_paths import edit_with_labels, label_path, read_labels
from vodpull.videos.field_lengths import MAX_DESCRIPTION_CHARS, MAX_NAME_CHARS, MAX_PLAYER_ID_CHARS
from vodpull.videos.library import VideoEdit
from vodpull.videos.play_urls import playback_of
from vodpull.videos.video import Video
from vodpull.workflows.requests.clips_and_joins import CONTAINERS

OFFERED_MATERIALS = 50


def video_routes(gate: Gate, pages: Pages, context: ConsoleContext, *, streams: Live) -> list[Route]:
    """Return the routes."""
    desk = _VideoDesk(pages, context)

    def follow(visit: Visit) -> Callable[[], Blocks | None]:
        video_id = visit.request.path_params["video_id"]

        def blocks() -> Blocks | None:
            facts = streams.once(("video", video_id), partial(desk.read, video_id))
            return {"video-head": desk.head(visit, facts)} if facts else None

        return blocks

    return [
        gate.page("/library/{video_id}", desk.show),
        gate.live("/library/{video_id}/live", streams, follow),
        gate.action("/library/{video_id}/edit", desk.edit),
        gate.action("/library/{video_id}/block", desk.block),
        gate.action("/library/{video_id}/enable", desk.enable),
        gate.action("/library/{video_id}/encode", desk.encode),
        gate.action("/library/{video_id}/poster", desk.poster),
        gate.action("/library/{video_id}/delete", desk.delete),
    ]


def history_of(times: Sequence[StageTime], events: Sequence[Event]) -> list[tuple[int, int | None, str]]:
    """Return time, attempt (of stages) and name of all that happened to a video, the newest first."""
    stages: list[tuple[int, int | None, str]] = [(time.at_ms, time.attempt, time.stage.value) for time in times]
    facts = [(event.created_at_ms, None, event.kind.value) for event in events if event.video_id]
    return sorted([*stages, *facts], key=lambda entry: entry[0], reverse=True)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is shown of a video and changes by itself."""

    video: Video
    job: Job
    """That made it, as its last attempt is."""
    times: Sequence[StageTime]
    events: Sequence[Event]


class _VideoDesk:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context

    def show(self, visit: Visit) -> Response:
        facts = self.read(visit.request.path_params["video_id"])
        if facts is None:
            raise NotFound("there is no such video")
        video = facts.video
        tree = self._context.categories.tree(video.account_id)
        parents = {category.node_id: category.name for category in tree}
        urls = self._context.urls.on(visit.site(self._context.public_url))
        return self._pages.page(
            visit,
            "video.html",
            video=video,
            urls=urls,
            own=partial(self._context.own_urls.path, video),
            is_signed=self._context.signer.is_signed(video),
            playback=playback_of(video, urls),
            head=self.head(visit, facts),
            proof=proof_row(video.asset.proof) if video.asset.proof else None,
            labels=", ".join(label_path(category, parents) for category in video.categories),
            known=[label_path(category, parents) for category in tree],
            captions=self._context.captioning.of_video(video),
            templates=self._context.templates,
            watermarks=self._context.watermarks,
            pictures=self._materials(video, PICTURE_SUFFIXES),
            subtitles=self._materials(video, SUBTITLE_SUFFIXES),
            domains=self._context.publish_domains,
            containers=CONTAINERS,
            limits={"name": MAX_NAME_CHARS, "description": MAX_DESCRIPTION_CHARS, "player_id": MAX_PLAYER_ID_CHARS},
        )

    def _materials(self, video: Video, suffixes: Collection[str]) -> list[Material]:
        """Return what an encode may draw into the pictures of a video, the newest first."""
        wanted = MaterialFilter(account_id=video.account_id, kind=MaterialKind.MATERIAL, suffixes=suffixes)
        return self._context.materials.page(wanted, limit=OFFERED_MATERIALS)

    def read(self, video_id: str) -> Facts | None:
        """Return what is shown of a video and changes; None when it is gone."""
        try:
            video = self._context.library.find(video_id, account_id=None)
        except NotFound:
            return None
        view = self._context.store.find_batch_of(video.job_id)
        job = view.at(video.position) if view else None
        if job is None:
            return None
        return Facts(
            video=video,
            job=job,
            times=self._context.listing.timeline(video.batch_id).get(video.job_id, []),
            events=self._context.events.of_video(video.batch_id, video.video_id),
        )

    def head(self, visit: Visit, facts: Facts) -> str:
        """Return the part of the page that changes."""
        return self._pages.part(
            visit,
            "video_head.html",
            video=facts.video,
            card=job_card(facts.job, facts.times, now_ms=now_ms()),
            history=history_of(facts.times, facts.events),
            meanings=MEANINGS,
            # What the page's player and files are of: when that changes, the page says so.
            shown=visit.query("shown") or str(facts.video.asset.attempt),
        )

    def edit(self, visit: Visit) -> Response:
        video, form = self._video(visit), visit.form
        domain = self._context.urls.known_domain(form.get("publish_domain", ""))
        name = form.get("name", "").strip()
        if not name:
            raise ParameterError("a video has a name", field="name")
        edit = VideoEdit(
            name=name,
            description=form.get("description", "").strip(),
            publish_domain=domain,
            player_id=form.get("player_id", "").strip(),
            playback=read_playback(visit),
        )
        edit_with_labels(self._context.library, video, edit, labels=read_labels(form.get("labels", "")))
        say = say_in(visit.language)
        return self._done(visit, video, say("Saved."))

    def block(self, visit: Visit) -> Response:
        video = self._video(visit)
        block(self._context.library, video)
        say = say_in(visit.language)
        return self._done(visit, video, say("Blocked: its files answer 403 within seconds."))

    def enable(self, visit: Visit) -> Response:
        video = self._video(visit)
        enable(self._context.library, video)
        say = say_in(visit.language)
        return self._done(visit, video, say("Enabled: it plays again within seconds."))

    def encode(self, visit: Visit) -> Response:
        video = self._video(visit)
        order = {name: visit.form.get(name, "") for name in ("template", "watermark", "burn_in")}
        start_encode(self._context, video, **order)
        return self._done(
            visit, video, say_in(visit.language)("The encode has begun; until it is whole, the old one plays.")
        )

    def poster(self, visit: Visit) -> Response:
        video = self._video(visit)
        try:
            at_s = float(visit.form.get("at", ""))
        except ValueError:
            at_s = -1.0
        if not 0 <= at_s < math.inf:
            raise ParameterError("this is no instant of the video", field="at")
        from_thread.run(self._context.stills.set_poster, video, at_s)
        return self._done(visit, video, say_in(visit.language)("The poster is another one; caches follow in minutes."))

    def delete(self, visit: Visit) -> Response:
        delete_video(self._context, self._video(visit))
        return leave_to(visit, "library")

    def _done(self, visit: Visit, video: Video, text: str) -> Response:
        if visit.wants_part:
            return self._pages.notice(visit, text)
        return leave_to(visit, f"library/{video.video_id}")

    def _video(self, visit: Visit) -> Video:
        try:
            return self._context.library.find(visit.request.path_params["video_id"], account_id=None)
        except NotFound:
            raise NotFound("there is no such video") from None
