"""One task: its jobs with timeline, ladder, files and errors, its notifications, and what can be done about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from anyio import from_thread
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.responses import Response
from starlette.routing import Route

from vodpull.clock import now_ms
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.error_meanings import MEANINGS
from vodpull.console.pages.task_cards import job_card, readable, task_card
from vodpull.console.reply.live_streams import Blocks, Live
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.translation import say_in
from vodpull.console.request.visit import Visit, leave_to
from vodpull.errors import NotFound
from vodpull.jobs.model import BatchView
from vodpull.jobs.notices.deliveries import Attempt, Delivery
from vodpull.jobs.status.listing import StageTime
from vodpull.videos.embed import embed_code


class _Position(IntegerConvertor):
    """Of a job in a batch; longer numbers are no position, and take time to read."""

    regex = "[0-9]{1,9}"


register_url_convertor("position", _Position())


def task_routes(gate: Gate, pages: Pages, context: ConsoleContext, *, streams: Live) -> list[Route]:
    """Return the routes."""
    desk = _TaskDesk(pages, context)

    def follow(visit: Visit) -> Callable[[], Blocks | None]:
        batch_id = visit.request.path_params["batch_id"]

        def blocks() -> Blocks | None:
            facts = streams.once(("task", batch_id), partial(desk.read, batch_id))
            return desk.blocks(visit, facts) if facts else None

        return blocks

    return [
        gate.page("/tasks/{batch_id}", desk.show),
        gate.live("/tasks/{batch_id}/live", streams, follow),
        gate.action("/tasks/{batch_id}/retry", desk.retry),
        gate.action("/tasks/{batch_id}/cancel", desk.cancel),
        gate.action("/tasks/{batch_id}/delete", desk.delete),
        gate.action("/tasks/{batch_id}/jobs/{position:position}/retry", desk.retry),
        gate.action("/tasks/{batch_id}/jobs/{position:position}/cancel", desk.cancel),
        gate.action("/deliveries/{delivery_id}/replay", desk.replay),
        gate.page("/play/{batch_id}/{position:position}", desk.play),
    ]


@dataclass(frozen=True, kw_only=True)
class DeliveryCard:
    """One notification."""

    delivery: Delivery
    attempts: tuple[Attempt, ...]
    content: str
    """The body as it is meant: decoded and indented JSON."""


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What a task's page tells."""

    view: BatchView
    times: Mapping[str, list[StageTime]]
    """Of each job."""
    deliveries: Sequence[DeliveryCard]


class _TaskDesk:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context

    def show(self, visit: Visit) -> Response:
        facts = self.read(visit.request.path_params["batch_id"])
        if facts is None:
            raise NotFound("there is no such task")
        return self._pages.page(visit, "task.html", view=facts.view, blocks=self.blocks(visit, facts))

    def read(self, batch_id: str) -> _Facts | None:
        """Return what a task's page tells; None when the task is gone."""
        view = self._context.store.find_batch(batch_id)
        if view is None:
            return None
        return _Facts(
            view=view,
            times=self._context.listing.timeline(batch_id),
            deliveries=[
                DeliveryCard(delivery=delivery, attempts=tuple(attempts), content=readable(delivery.body))
                for delivery, attempts in self._context.deliveries.list_for(batch_id)
            ],
        )

    def blocks(self, visit: Visit, facts: _Facts) -> Blocks:
        """Return the page as blocks."""
        now, view = now_ms(), facts.view
        blocks = {"task": self._pages.part(visit, "task_head.html", card=task_card(view, now_ms=now))}
        for job in view.jobs:
            card = job_card(job, facts.times.get(job.job_id, []), now_ms=now)
            blocks[f"job-{job.position}"] = self._pages.part(
                visit,
                "job.html",
                card=card,
                is_alone=len(view.jobs) == 1,
                meanings=MEANINGS,
            )
        blocks["deliveries"] = self._pages.part(visit, "deliveries.html", view=view, deliveries=facts.deliveries)
        return blocks

    def retry(self, visit: Visit) -> Response:
        view = self._view(visit)
        self._context.control.retry(view, position=visit.request.path_params.get("position"))
        say = say_in(visit.language)
        return self._done(visit, view, say("Started again."))

    def cancel(self, visit: Visit) -> Response:
        view = self._view(visit)
        self._context.control.cancel(view, position=visit.request.path_params.get("position"))
        say = say_in(visit.language)
        return self._done(visit, view, say("Cancelled."))

    def delete(self, visit: Visit) -> Response:
        batch = self._view(visit).batch
        from_thread.run(partial(self._context.batch_deletion.delete, batch.batch_id, account_id=batch.account_id))
        return leave_to(visit, "")

    def replay(self, visit: Visit) -> Response:
        delivery_id = visit.request.path_params["delivery_id"]
        found = self._context.deliveries.find(delivery_id)
        batch_id = None if found is None else found.delivery.batch_id
        view = None if batch_id is None else self._context.store.find_batch(batch_id)
        if view is None:
            raise NotFound("there is no such delivery")
        self._context.outbox.replay(delivery_id, account_id=None)
        say = say_in(visit.language)
        return self._done(visit, view, say("Sent again."))

    def _done(self, visit: Visit, view: BatchView, text: str) -> Response:
        if visit.wants_part:
            return self._pages.notice(visit, text)
        return leave_to(visit, f"tasks/{view.batch.batch_id}")

    def play(self, visit: Visit) -> Response:
        view = self._view(visit)
        job = view.at(visit.request.path_params["position"])
        assert job is not None  # noqa: S101 - `_view` has looked
        urls = self._context.urls.on(visit.site(self._context.public_url))
        shared, own = urls.url, "/media/{}".format
        with suppress(NotFound):  # it is no video yet, so that nobody has said who may watch
            video = self._context.library.find(job.video_id, account_id=None)
            shared, own = partial(urls.file, video), partial(self._context.own_urls.path, video)
        return self._pages.page(
            visit,
            "player.html",
            view=view,
            card=job_card(job, (), now_ms=now_ms()),
            shared=shared,
            own=own,
            embed=partial(embed_code, script_url=urls.player_script),
        )

    def _view(self, visit: Visit) -> BatchView:
        params = visit.request.path_params
        view = self._context.store.find_batch(params["batch_id"])
        if view is None:
            raise NotFound("there is no such task")
        if "position" in params and view.at(params["position"]) is None:
            raise NotFound("the task has no such job")
        return view
