"""One request of a person: who that is, which language and colours they like, and how a reply reaches them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Literal, get_args
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vodpull.accounts.people.roles import Role
from vodpull.accounts.people.sessions import Bearer, Place
from vodpull.console.needed_roles import rule_of
from vodpull.console.request.csrf import csrf_proof
from vodpull.console.request.return_places import safe_place
from vodpull.console.request.translation import LANGUAGES, Language, choose_language

COOKIE = "vodpull_console"
LANGUAGE_COOKIE = "vodpull_language"
THEME_COOKIE = "vodpull_theme"

PREFERENCE_S = 365 * 24 * 3600

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request of a person, and who that is."""

    request: Request
    token: str = field(repr=False)
    """From the cookie: of a session, or of a visitor who has not logged in."""
    bearer: Bearer | None = None
    """Who has logged in; None: nobody."""
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Text fields of a POST; the last one where a name comes twice."""
    chosen: tuple[str, ...] = ()
    """Every ticked row of a list, by id."""
    file: tuple[str, bytes] = ("", b"")
    """Name and content of the uploaded file."""

    @property
    def is_operator(self) -> bool:
        """Return True for somebody who has logged in."""
        return self.bearer is not None

    @property
    def operator(self) -> str:
        """Return the name of who has logged in; empty: nobody has."""
        return self.bearer.operator if self.bearer else ""

    @property
    def from_where(self) -> Place:
        """Return address and browser."""
        client = self.request.client
        return Place(address=client.host if client else "", agent=self.request.headers.get("user-agent", ""))

    def may(self, route: str) -> bool:
        """Return True when this visitor may call a route: `POST /keys`."""
        least = rule_of(route).least
        return least is None or (self.bearer is not None and self.bearer.role.may(least))

    @property
    def may_work(self) -> bool:
        """Return True for somebody who may change tasks and videos."""
        return self.bearer is not None and self.bearer.role.may(Role.OPERATOR)

    @property
    def root(self) -> str:
        """Return the path that the console is mounted at, without a slash at its end."""
        return str(self.request.scope.get("root_path", ""))

    @property
    def nonce(self) -> str:
        """Return what scripts and styles of this reply are marked with."""
        return str(self.request.state.nonce)

    @cached_property
    def csrf(self) -> str:
        """Return the proof that a form came from a page of this visitor; nobody else can make it."""
        return csrf_proof(self.token)

    @cached_property
    def language(self) -> Language:
        """Return the language to answer in."""
        return choose_language(
            self.request.cookies.get(LANGUAGE_COOKIE, ""), self.request.headers.get("accept-language", "")
        )

    @property
    def theme(self) -> Theme:
        """Return the colours that the visitor chose; `auto` follows the system."""
        chosen = self.request.cookies.get(THEME_COOKIE, "auto")
        return next((theme for theme in THEMES if theme == chosen), "auto")

    @property
    def other_language(self) -> Language:
        """Return the language that the switch leads to."""
        return LANGUAGES[(LANGUAGES.index(self.language) + 1) % len(LANGUAGES)]

    @property
    def next_theme(self) -> Theme:
        """Return the colours that the switch leads to."""
        return THEMES[(THEMES.index(self.theme) + 1) % len(THEMES)]

    @property
    def wants_part(self) -> bool:
        """Return True when htmx asks, so that the answer is a part of a page."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def place(self) -> str:
        """Return where this page is below the console's root, for `safe_place` to come back to."""
        path = self.request.url.path.removeprefix(self.root).lstrip("/")
        return f"{path}?{self.request.url.query}" if self.request.url.query else path

    @property
    def came_from(self) -> str:
        """Return where the page that led here is, below the console's root; empty: there is none, or it is this one."""
        page = urlsplit(self.request.headers.get("referer", ""))
        below = page.path.removeprefix(f"{self.root}/") if page.path.startswith(f"{self.root}/") else ""
        place = safe_place(f"{below}?{page.query}" if page.query else below)
        return "" if place == self.place else place

    def site(self, public_url: str) -> str:
        """Return the base of links that leave the page, without a slash at its end: as set, else as we were called."""
        return public_url.rstrip("/") or str(self.request.base_url).rstrip("/").removesuffix(self.root)

    def query(self, name: str, *, most: int = 300) -> str:
        """Return a parameter of the URL, cut, without characters that databases refuse."""
        return self.request.query_params.get(name, "").replace("\x00", "").strip()[:most]


def leave_to(visit: Visit, place: str) -> Response:
    """Return the reply that leads a browser to a place below the console's root."""
    return RedirectResponse(f"{visit.root}/{place}", status_code=HTTPStatus.SEE_OTHER)
