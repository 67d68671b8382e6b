"""Set-up, login, logout, and the switches for language and colours."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.responses import Response
from starlette.routing import Route

from vodpull.accounts.operators import MIN_PASSWORD_CHARACTERS, SESSION_S, Operators
from vodpull.console.gate import Gate
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.visit import (
    COOKIE,
    LANGUAGE_COOKIE,
    PREFERENCE_S,
    THEME_COOKIE,
    THEMES,
    Visit,
    leave_to,
    safe_place,
    set_cookie,
)
from vodpull.console.request.words import LANGUAGES
from vodpull.errors import AuthenticationError, ParameterError, RateLimited
from vodpull.peers import network_of

ATTEMPTS = "10/5 minutes"
"""Passwords that one address may try, or one /64 of IPv6, by each process."""

ATTEMPTS_OF_ALL = "100/5 minutes"
"""Passwords that all together may try; while somebody tries as many, nobody new gets in, and who is in stays in."""

ATTEMPTS_S = 5 * 60

CONSOLE_PATH = "/console"
"""Where the application must be mounted, for the links below."""


def console_link(operators: Operators, base_url: str) -> str:
    """Return where the console is: a one-time set-up link as long as nobody has chosen its password."""
    if operators.has_password():
        return f"{base_url.rstrip('/')}{CONSOLE_PATH}/"
    return setup_link(operators, base_url)


def setup_link(operators: Operators, base_url: str) -> str:
    """Return a one-time link, good for 30 minutes, to choose the console's password, be it the first or a new one."""
    return f"{base_url.rstrip('/')}{CONSOLE_PATH}/setup?{urlencode({'token': operators.new_setup_token()})}"


def entry_routes(gate: Gate, pages: Pages, operators: Operators) -> list[Route]:
    """Return the routes."""
    entry = _Entry(pages, operators)
    return [
        gate.page("/setup", entry.show_setup, is_open=True),
        gate.action("/setup", entry.set_up, is_open=True),
        gate.page("/login", entry.show_login, is_open=True),
        gate.action("/login", entry.log_in, is_open=True),
        gate.action("/logout", entry.log_out),
        gate.action("/preferences", entry.prefer, is_open=True),
    ]


class _Entry:
    def __init__(self, pages: Pages, operators: Operators) -> None:
        self._pages = pages
        self._operators = operators
        self._limit, self._limit_of_all = parse(ATTEMPTS), parse(ATTEMPTS_OF_ALL)
        self._counter = MovingWindowRateLimiter(MemoryStorage())

    def show_setup(self, visit: Visit) -> Response:
        return self._setup_page(visit, visit.query("token"))

    def set_up(self, visit: Visit) -> Response:
        token, password = visit.form.get("token", ""), visit.form.get("password", "")
        if password != visit.form.get("again", ""):
            return self._setup_page(visit, token, error="the two passwords differ", status=HTTPStatus.BAD_REQUEST)
        try:
            self._operators.choose_password(token, password)
        except (ParameterError, AuthenticationError) as error:
            return self._setup_page(visit, token, error=str(error), status=HTTPStatus.BAD_REQUEST)
        return self._enter(visit, "")

    def _setup_page(self, visit: Visit, token: str, *, error: str = "", status: int = HTTPStatus.OK) -> Response:
        is_good = bool(token) and self._operators.is_setup_token(token)
        return self._pages.page(
            visit,
            "setup.html",
            status=status if is_good else HTTPStatus.FORBIDDEN,
            token=token,
            is_good=is_good,
            error=error,
            least=MIN_PASSWORD_CHARACTERS,
        )

    def show_login(self, visit: Visit) -> Response:
        if visit.is_operator:
            return leave_to(visit, "")
        return self._login_page(visit, safe_place(visit.query("next")))

    def log_in(self, visit: Visit) -> Response:
        place = safe_place(visit.form.get("next", ""))
        try:
            self._count(visit)
            is_right = self._operators.is_password(visit.form.get("password", ""))
        except RateLimited as error:
            return self._login_page(visit, place, error=str(error), status=HTTPStatus.TOO_MANY_REQUESTS)
        if not is_right:
            return self._login_page(visit, place, error="this is not the password", status=HTTPStatus.FORBIDDEN)
        return self._enter(visit, place)

    def _login_page(self, visit: Visit, place: str, *, error: str = "", status: int = HTTPStatus.OK) -> Response:
        is_set_up = self._operators.has_password()
        return self._pages.page(visit, "login.html", status=status, place=place, error=error, is_set_up=is_set_up)

    def _count(self, visit: Visit) -> None:
        address = visit.request.client.host if visit.request.client else ""
        # The second only counts what the first lets through: one address cannot use up everybody's.
        if not (self._counter.hit(self._limit, network_of(address)) and self._counter.hit(self._limit_of_all)):
            raise RateLimited("too many attempts: wait five minutes", retry_after_s=ATTEMPTS_S)

    def _enter(self, visit: Visit, place: str) -> Response:
        """Open a session under a fresh token, so that one planted in the browser before is worth nothing."""
        response = leave_to(visit, place)
        set_cookie(response, visit, name=COOKIE, value=self._operators.open_session(), life_s=SESSION_S)
        return response

    def log_out(self, visit: Visit) -> Response:
        self._operators.close_session(visit.token)
        response = leave_to(visit, "login")
        response.delete_cookie(COOKIE, path=visit.root or "/", httponly=True, samesite="lax")
        return response

    def prefer(self, visit: Visit) -> Response:
        response = leave_to(visit, safe_place(visit.form.get("next", "")))
        for name, known in ((LANGUAGE_COOKIE, LANGUAGES), (THEME_COOKIE, THEMES)):
            value = visit.form.get(name.removeprefix("vodpull_"), "")
            if value in known:
                set_cookie(response, visit, name=name, value=value, life_s=PREFERENCE_S)
        return response
