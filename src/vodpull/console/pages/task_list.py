"""The first page: submit URLs, and the list of tasks, live. One task is `task.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from vodpull.clock import now_ms
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.accounts.acting_key import own_key
from vodpull.console.pages.pasted_sources import read_sources
from vodpull.console.pages.task_cards import task_card
from vodpull.console.reply.live_streams import Blocks, Live
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.translation import say_in
from vodpull.console.request.visit import Visit, leave_to
from vodpull.database.ids import new_id
from vodpull.errors import NotAllowedNow, ParameterError
from vodpull.jobs.model import BatchView
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.status.listing import Filter
from vodpull.jobs.submission.pull_request_limits import PullRequest
from vodpull.jobs.submission.remembered_requests import fingerprint
from vodpull.url_limits import MAX_URL_CHARACTERS

PAGE_TASKS = 20


STATES = ("all", "running", "completed", "failed")


def home_routes(gate: Gate, pages: Pages, context: ConsoleContext, *, streams: Live) -> list[Route]:
    """Return the routes."""
    home = _Home(pages, context)

    def follow(visit: Visit) -> Callable[[], Blocks]:
        look = _look(visit)
        return lambda: home.blocks(visit, look, streams.once(("tasks", look), partial(home.read, look)))

    return [
        gate.page("/", home.show),
        gate.action("/tasks", home.submit),
        gate.action("/tasks/bulk", home.change_many),
        gate.live("/live", streams, follow),
    ]


@dataclass(frozen=True, kw_only=True)
class TaskFilter:
    """What of the list somebody wants to see."""

    state: str
    text: str
    cursor: str

    @property
    def filter(self) -> Filter:
        """Return the condition for the database."""
        is_final = {"running": False, "completed": True}.get(self.state)
        stage = Stage.FAILED if self.state == "failed" else None
        return Filter(account_id=None, is_final=is_final, stage=stage, text=self.text)

    def query(self, **changes: str) -> str:
        """Return the parameters of a URL that shows the same, or the same with changes."""
        wanted = {"state": self.state, "q": self.text, "cursor": self.cursor} | changes
        return urlencode({name: value for name, value in wanted.items() if value and value != "all"})


def _look(visit: Visit) -> TaskFilter:
    state, cursor = visit.query("state"), visit.query("cursor")
    return TaskFilter(state=state if state in STATES else "all", text=visit.query("q"), cursor=cursor)


class _Home:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context

    def show(self, visit: Visit) -> Response:
        return self._page(visit)

    def _page(self, visit: Visit, *, error: ParameterError | None = None) -> Response:
        look = _look(visit)
        listed = self.read(look)
        return self._pages.page(
            visit,
            "home.html",
            status=HTTPStatus.OK if error is None else HTTPStatus.BAD_REQUEST,
            blocks=self.blocks(visit, look, listed),
            following=listed[1],
            look=look,
            states=STATES,
            error=error,
            templates=self._context.templates,
            default_template=self._context.default_template,
            # Sent with the form: a second click on the button is the same request, not a second task.
            submission=new_id(now_ms()),
        )

    def read(self, look: TaskFilter) -> tuple[list[BatchView], str]:
        """Return the tasks of the list, and the cursor of the next page."""
        return self._context.listing.page(look.filter, limit=PAGE_TASKS, cursor=look.cursor)

    def blocks(self, visit: Visit, look: TaskFilter, listed: tuple[list[BatchView], str]) -> Blocks:
        """Return the list as blocks."""
        views, following = listed
        now = now_ms()
        blocks = {
            f"task-{view.batch.batch_id}": self._pages.part(visit, "task_card.html", card=task_card(view, now_ms=now))
            for view in views
        }
        return blocks or {"no-task": self._pages.part(visit, "no_task.html", look=look, following=following)}

    def submit(self, visit: Visit) -> Response:
        try:
            request, submission = self._read(visit), visit.form.get("submission", "")
            known_by = fingerprint("console", submission or new_id(now_ms()), content=repr(request).encode())
            self._context.intake.accept(request, own_key(self._context), known_by=(known_by,))
        except ParameterError as error:
            return self._page(visit, error=error)
        return leave_to(visit, "")

    def _read(self, visit: Visit) -> PullRequest:
        notify_url = visit.form.get("notify_url", "").strip()
        if len(notify_url) > MAX_URL_CHARACTERS:
            raise ParameterError(f"the URL is longer than {MAX_URL_CHARACTERS} characters", field="notifyUrl")
        name, content = visit.file
        # People's files may be in any encoding: what is not UTF-8 is marked.
        text = content.decode("utf-8", errors="replace")
        return PullRequest(
            trans_no=None,
            template=visit.form.get("template") or None,
            notify_url=notify_url or None,
            separate=False,
            fetch_ts=True,
            items=read_sources(visit.form.get("urls", ""), file_name=name, file_text=text.replace("\x00", "")),
        )

    def change_many(self, visit: Visit) -> Response:
        change = {"retry": self._context.control.retry, "cancel": self._context.control.cancel}.get(
            visit.form.get("do", "")
        )
        if change is None or not visit.chosen:
            raise ParameterError("nothing is selected: tick the tasks first", field="batch")
        changed = 0
        for view in filter(None, map(self._context.store.find_batch, visit.chosen[:PAGE_TASKS])):
            try:
                change(view)
            except NotAllowedNow:  # one that is over meanwhile must not keep the others
                continue
            changed += 1
        if not visit.wants_part:
            return leave_to(visit, "")
        say = say_in(visit.language)
        return self._pages.notice(
            visit, say("%(changed)s of %(chosen)s tasks changed") % {"changed": changed, "chosen": len(visit.chosen)}
        )
