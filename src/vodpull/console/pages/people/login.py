"""
Set-up, login with its second step, logout, and the switches for language and colours.

How often strangers may try: `sign_in_limits.py`; the links that lead to the set-up: `console/setup_links.py`.
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import Response
from starlette.routing import Route

from vodpull.accounts.audit_log import DONE, ActorKind, Who
from vodpull.accounts.people.link_and_session_lifetimes import SESSION_S
from vodpull.accounts.people.passwords import MIN_PASSWORD_CHARACTERS
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.people.sign_in_limits import Attempts
from vodpull.console.reply.cookies import set_cookie
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.return_places import safe_place
from vodpull.console.request.translation import LANGUAGES
from vodpull.console.request.visit import (
    COOKIE,
    LANGUAGE_COOKIE,
    PREFERENCE_S,
    THEME_COOKIE,
    THEMES,
    Visit,
    leave_to,
)
from vodpull.errors import AuthenticationError, ParameterError, RateLimited, VodpullError


def login_routes(gate: Gate, pages: Pages, context: ConsoleContext, *, attempts: Attempts) -> list[Route]:
    """Return the routes."""
    login = _Login(pages, context, attempts=attempts)
    return [
        gate.page("/setup", login.show_setup),
        gate.action("/setup", login.set_up),
        gate.page("/login", login.show_login),
        gate.action("/login", login.log_in),
        gate.action("/login/code", login.show_code),
        gate.action("/logout", login.log_out),
        gate.action("/preferences", login.prefer),
    ]


class _Login:
    def __init__(self, pages: Pages, context: ConsoleContext, *, attempts: Attempts) -> None:
        self._pages = pages
        self._context = context
        self._operators = context.operators
        self._attempts = attempts

    def show_setup(self, visit: Visit) -> Response:
        return self._setup_page(visit, visit.query("token"))

    def set_up(self, visit: Visit) -> Response:
        token, password = visit.form.get("token", ""), visit.form.get("password", "")
        if password != visit.form.get("again", ""):
            return self._setup_page(visit, token, error="the two passwords differ", status=HTTPStatus.BAD_REQUEST)
        try:
            name = self._operators.choose_password(token, password, name=visit.form.get("username", ""))
        except (ParameterError, AuthenticationError) as error:
            return self._setup_page(visit, token, error=str(error), status=HTTPStatus.BAD_REQUEST)
        self._tell(visit, name, "password.set")
        if self._context.two_factor.is_on(name):
            return leave_to(visit, "login")
        return self._enter(visit, name, "")

    def _setup_page(self, visit: Visit, token: str, *, error: str = "", status: int = HTTPStatus.OK) -> Response:
        name = self._operators.setup_name(token) if token else None
        return self._pages.page(
            visit,
            "setup.html",
            status=HTTPStatus.FORBIDDEN if name is None else status,
            token=token,
            name=name,
            is_first=self._operators.is_first(),
            error=error,
            least=MIN_PASSWORD_CHARACTERS,
        )

    def show_login(self, visit: Visit) -> Response:
        if visit.is_operator:
            return leave_to(visit, "")
        return self._login_page(visit, safe_place(visit.query("next")))

    def log_in(self, visit: Visit) -> Response:
        place = safe_place(visit.form.get("next", ""))
        name = self._operators.only_name() or visit.form.get("username", "").strip().lower()
        try:
            self._attempts.count(visit)
            is_right = self._operators.is_password(visit.form.get("password", ""), name=name)
        except RateLimited as error:
            return self._login_page(visit, place, error=str(error), status=HTTPStatus.TOO_MANY_REQUESTS)
        if not is_right:
            self._tell(visit, name, "session.open", outcome=AuthenticationError.code)
            wrong = "this is not the name and its password" if self._has_several() else "this is not the password"
            return self._login_page(visit, place, error=wrong, status=HTTPStatus.FORBIDDEN)
        if self._context.two_factor.is_on(name):
            return self._code_page(visit, place, token=self._context.two_factor.ask(name))
        return self._enter(visit, name, place)

    def show_code(self, visit: Visit) -> Response:
        """Take the second factor."""
        place, token = safe_place(visit.form.get("next", "")), visit.form.get("token", "")
        two_factor = self._context.two_factor
        name = ""
        try:
            self._attempts.count(visit)
            name = two_factor.asked(token)
            two_factor.answer(token, visit.form.get("code", ""))
        except RateLimited as error:
            return self._code_page(visit, place, token=token, error=error, status=HTTPStatus.TOO_MANY_REQUESTS)
        except AuthenticationError as error:
            if not name:
                return self._login_page(visit, place, error=str(error), status=HTTPStatus.FORBIDDEN)
            self._tell(visit, name, "session.open", outcome=error.code)
            return self._code_page(visit, place, token=token, error=error, status=HTTPStatus.FORBIDDEN)
        return self._enter(visit, name, place)

    def _code_page(
        self,
        visit: Visit,
        place: str,
        *,
        token: str,
        error: VodpullError | None = None,
        status: int = HTTPStatus.OK,
    ) -> Response:
        shown = "" if error is None else str(error)
        return self._pages.page(visit, "login_code.html", status=status, place=place, token=token, error=shown)

    def _login_page(self, visit: Visit, place: str, *, error: str = "", status: int = HTTPStatus.OK) -> Response:
        return self._pages.page(
            visit,
            "login.html",
            status=status,
            place=place,
            error=error,
            is_set_up=self._operators.has_password(),
            provider=self._context.single_sign_on.label if self._context.single_sign_on else "",
            has_several=self._has_several(),
        )

    def _has_several(self) -> bool:
        return not self._operators.only_name()

    def _tell(self, visit: Visit, name: str, action: str, *, outcome: str = DONE) -> None:
        """Write into the audit log; a name that nobody has may be a password in the wrong field."""
        known = name in {operator.name for operator in self._operators.listed()}
        kind = ActorKind.OPERATOR if outcome == DONE else ActorKind.STRANGER
        who = Who(kind=kind, name=name if known else "", address=visit.from_where.address)
        self._context.audit.write(who, action, outcome=outcome)

    def _enter(self, visit: Visit, name: str, place: str) -> Response:
        """Open a session under a fresh token, so that one planted in the browser before is worth nothing."""
        response = leave_to(visit, place)
        token = self._context.sessions.open(name, visit.from_where)
        self._tell(visit, name, "session.open")
        set_cookie(response, visit, name=COOKIE, value=token, life_s=SESSION_S)
        return response

    def log_out(self, visit: Visit) -> Response:
        self._context.sessions.close(visit.token)
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
