"""The library: all videos with their posters, searched, filtered, changed many at once; live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from anyio import from_thread
from starlette.responses import Response
from starlette.routing import Route

from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.accounts.account_choice import accounts_of
from vodpull.console.reply.live_streams import Blocks, Live
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.days import DAY_MS, day_ms
from vodpull.console.request.translation import say_in
from vodpull.console.request.visit import Visit, leave_to
from vodpull.errors import NotAllowedNow, NotFound, ParameterError
from vodpull.jobs.states_and_codes import EncodeState, VideoState
from vodpull.videos.blocking import block, enable
from vodpull.videos.category_paths import add_labels, label_path, read_labels
from vodpull.videos.video import Video
from vodpull.videos.video_search import VideoFilter

PAGE_VIDEOS = 24


STATES = tuple(state.name.lower() for state in VideoState)
ENCODE_STATES = tuple(state.name.lower() for state in EncodeState)


@dataclass(frozen=True, kw_only=True)
class LibraryView:
    """What of the library somebody wants to see, as the page's URL has it."""

    q: str
    state: str
    encode: str
    account: str
    """Id; empty: every account."""
    category: str
    """`node_id` of a label of that account."""
    since: str
    until: str
    """Days, in UTC, both inclusive."""
    sort: str
    cursor: str

    @property
    def filter(self) -> VideoFilter:
        """Return the condition for the database."""
        since, until = day_ms(self.since), day_ms(self.until)
        return VideoFilter(
            account_id=self.account or None,
            text=self.q,
            state=VideoState[self.state.upper()] if self.state in STATES else None,
            encode_state=EncodeState[self.encode.upper()] if self.encode in ENCODE_STATES else None,
            node_id=int(self.category) if self.category and self.account else None,
            created_from_ms=since,
            created_until_ms=None if until is None else until + DAY_MS - 1,
            oldest_first=self.sort == "oldest",
        )

    @property
    def is_narrowed(self) -> bool:
        """Return True when something is left out."""
        return any((self.q, self.state, self.encode, self.account, self.since, self.until, self.cursor))

    def query(self, **changes: str) -> str:
        """Return the parameters of a URL that shows the same, or the same with changes."""
        return urlencode({name: value for name, value in {**vars(self), **changes}.items() if value})


def look_of(visit: Visit) -> LibraryView:
    """Return what a URL asks for; what it cannot ask for is left away."""
    category = visit.query("category", most=18)
    return LibraryView(
        q=visit.query("q"),
        state=_one_of(visit.query("state"), STATES),
        encode=_one_of(visit.query("encode"), ENCODE_STATES),
        account=visit.query("account", most=32),
        category=category if category.isascii() and category.isdigit() else "",
        since=_day(visit.query("since")),
        until=_day(visit.query("until")),
        sort=_one_of(visit.query("sort"), ("oldest",)),
        cursor=visit.query("cursor"),
    )


def _one_of(text: str, known: Sequence[str]) -> str:
    return text if text in known else ""


def _day(text: str) -> str:
    return text if day_ms(text) is not None else ""


def library_routes(gate: Gate, pages: Pages, context: ConsoleContext, *, streams: Live) -> list[Route]:
    """Return the routes."""
    desk = _LibraryDesk(pages, context)

    def follow(visit: Visit) -> Callable[[], Blocks]:
        look = look_of(visit)
        return lambda: desk.blocks(visit, look, streams.once(("videos", look), partial(desk.read, look)))

    return [
        gate.page("/library", desk.show),
        gate.live("/library/live", streams, follow),
        gate.action("/library/bulk", desk.change_many),
    ]


class _LibraryDesk:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context

    def show(self, visit: Visit) -> Response:
        look = look_of(visit)
        listed = self.read(look)
        keys = self._context.accounts.list_keys()
        tree = self._context.categories.tree(look.account) if look.account else []
        parents = {category.node_id: category.name for category in tree}
        return self._pages.page(
            visit,
            "library.html",
            look=look,
            blocks=self.blocks(visit, look, listed),
            following=listed[1],
            states=STATES,
            encode_states=ENCODE_STATES,
            accounts=accounts_of(keys),
            labels=sorted((label_path(category, parents), str(category.node_id)) for category in tree),
            templates=self._context.templates,
            default_template=self._context.default_template,
        )

    def read(self, look: LibraryView) -> tuple[list[Video], str]:
        """Return the videos of a page, and the cursor of the next one."""
        return self._context.library.page(look.filter, limit=PAGE_VIDEOS, cursor=look.cursor)

    def blocks(self, visit: Visit, look: LibraryView, listed: tuple[list[Video], str]) -> Blocks:
        """Return the grid as blocks."""
        blocks = {
            f"video-{video.video_id}": self._pages.part(
                visit,
                "video_card.html",
                video=video,
                look=look,
                picture=self._context.own_urls.path(video, video.asset.poster_key),
                teaser=self._context.own_urls.path(video, video.asset.teaser_key),
            )
            for video in listed[0]
        }
        return blocks or {"no-video": self._pages.part(visit, "no_video.html", look=look, following=listed[1])}

    def change_many(self, visit: Visit) -> Response:
        if visit.form.get("do") == "join":
            return _to_join(visit)
        change = self._change(visit)
        if not visit.chosen:
            raise ParameterError("nothing is selected: tick the videos first", field="video")
        changed = 0
        for video_id in visit.chosen[:PAGE_VIDEOS]:
            try:
                change(self._context.library.find(video_id, account_id=None))
            except (NotAllowedNow, NotFound):  # one that is so already, or gone, must not keep the others
                continue
            changed += 1
        if not visit.wants_part:
            return leave_to(visit, "library")
        say = say_in(visit.language)
        told = say("%(changed)s of %(chosen)s videos changed")
        return self._pages.notice(visit, told % {"changed": changed, "chosen": len(visit.chosen)})

    def _change(self, visit: Visit) -> Callable[[Video], object]:
        """Return what is to be done with each ticked video."""
        library = self._context.library
        template = visit.form.get("template", "")
        changes: dict[str, Callable[[], Callable[[Video], object]]] = {
            "block": lambda: partial(block, library),
            "enable": lambda: partial(enable, library),
            "encode": lambda: partial(start_encode, self._context, template=template),
            "delete": lambda: partial(delete_video, self._context),
            "label": lambda: _labeller(self._context, visit.form.get("label", "")),
        }
        chosen = changes.get(visit.form.get("do", ""))
        if chosen is None:
            raise ParameterError("nothing is selected: tick the videos first", field="do")
        return chosen()


def _to_join(visit: Visit) -> Response:
    """Lead to the page where the order of the chosen videos is decided."""
    place = f"join?videos={','.join(filter(str.isalnum, visit.chosen[:PAGE_VIDEOS]))}"
    if visit.wants_part:
        return Response(headers={"HX-Redirect": f"{visit.root}/{place}"})
    return leave_to(visit, place)


def start_encode(
    context: ConsoleContext, video: Video, *, template: str, watermark: str = "", burn_in: str = ""
) -> None:
    """Encode a video again by a template, and a watermark and subtitles that the page offered."""
    if template not in context.templates:
        raise ParameterError("there is no template of that name", field="template")
    if burn_in:
        context.materials.subtitle(burn_in, account_id=video.account_id, field="burn_in")
    context.encoding.start([video], template=template, watermark=watermark, burn_in=burn_in)


def delete_video(context: ConsoleContext, video: Video) -> None:
    """Delete a video, whatever is under way; its files follow."""
    from_thread.run(partial(context.video_deletion.delete, video, stop_use=True, wait=False))


def _labeller(context: ConsoleContext, text: str) -> Callable[[Video], object]:
    labels = read_labels(text)
    if not labels:
        raise ParameterError("name the label to add", field="label")
    return lambda video: add_labels(context.library, [video], labels=labels)
