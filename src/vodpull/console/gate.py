"""
The way in to every page: session, role and sender are judged for each route, the audit log is told.

Whether a form is the visitor's own: `request/csrf.py`. The status of what is refused: `reply/error_statuses.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from vodpull.accounts.audit_log import DONE, AuditLog
from vodpull.accounts.people.link_and_session_lifetimes import SESSION_S
from vodpull.accounts.people.sessions import Sessions
from vodpull.console.audit_lines import outcome_of, subject_of, who_of
from vodpull.console.needed_roles import RoleRule, rule_of
from vodpull.console.reply.cookies import set_cookie
from vodpull.console.reply.error_statuses import status_of
from vodpull.console.reply.live_streams import Blocks, Live
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.csrf import check_sender
from vodpull.console.request.forms import MAX_OPEN_FORM_BYTES, read_form
from vodpull.console.request.return_places import safe_place
from vodpull.console.request.translation import retell, say_in
from vodpull.console.request.visit import COOKIE, Visit, leave_to
from vodpull.errors import PermissionDenied, RequestTooLarge, VodpullError

CHOSEN = frozenset({"batch", "video"})
"""Fields whose every value is wanted: what is ticked in a list."""

Handler = Callable[[Visit], Response]


class Gate:
    """
    Makes routes of handlers: plain functions of a visit that run in a thread.

    Who may call a route stands in `needed_roles.py`, what the audit log says of it also in `audit_lines.py`.
    """

    def __init__(self, sessions: Sessions, audit: AuditLog, pages: Pages) -> None:
        self._sessions = sessions
        self._audit = audit
        self._pages = pages

    def page(self, path: str, handler: Handler) -> Route:
        """Return the route of a page."""
        admit = self._admission(rule_of(f"GET {path}"))

        async def show(request: Request) -> Response:
            visit = await run_in_threadpool(self.visit_of, request)
            return admit(visit) or await self._answer(visit, handler)

        return Route(path, show, methods=["GET"])

    def live(self, path: str, streams: Live, show: Callable[[Visit], Callable[[], Blocks | None]]) -> Route:
        """
        Return the route of a page's stream: it sends what of the page has changed, as long as its visitor may see it.

        `show` gives what makes the blocks of one visitor's page, called in a thread; None from it ends the stream.
        """
        admit = self._admission(rule_of(f"GET {path}"))

        async def follow(request: Request) -> Response:
            visit = await run_in_threadpool(self.visit_of, request)
            refused = admit(visit)
            if refused is not None:
                return refused
            blocks = show(visit)

            def render() -> Blocks | None:
                bearer = streams.once(("session", visit.token), partial(self._sessions.bearer, visit.token))
                return blocks() if bearer == visit.bearer else None

            return StreamingResponse(streams.stream(render), media_type="text/event-stream")

        return Route(path, follow, methods=["GET"])

    def action(self, path: str, handler: Handler) -> Route:
        """Return the route of something that changes something: it needs the visitor's own form, too."""
        rule = rule_of(f"POST {path}")
        admit = self._admission(rule)

        async def act(request: Request) -> Response:
            visit = await run_in_threadpool(self.visit_of, request)
            refused = admit(visit)
            if refused is not None:
                await run_in_threadpool(self._tell_refused, visit, rule)
                return refused
            told = self._told(rule, _guarded(handler)) if rule.action else _guarded(handler)
            return await self._answer(visit, _with_form(await request.body(), told))

        return Route(path, act, methods=["POST"])

    def files(self, method: str, path: str, receive: Callable[[Request], Awaitable[Response]]) -> Route:
        """
        Return the route of files that scripts of our pages send: it needs their header, before a byte is read.

        What is refused is told as JSON, in the visitor's language.
        """
        rule = rule_of(f"{method} {path}")

        async def act(request: Request) -> Response:
            visit = await run_in_threadpool(self.visit_of, request)
            if visit.bearer is None:
                return Response(status_code=HTTPStatus.UNAUTHORIZED)
            try:
                check_role(visit, rule)
                check_sender(visit.request, visit.form, token=visit.token)
                response, outcome = await receive(request), DONE
            except VodpullError as error:
                response, outcome = _as_json(visit, error), error.code
            if rule.action:
                made = [value for name, value in response.headers.items() if name.startswith("vodpull-")]
                subject = " ".join([subject_of(visit, rule), *made]).strip()
                await run_in_threadpool(
                    partial(self._audit.write, who_of(visit), rule.action, subject, outcome=outcome)
                )
            return response

        return Route(path, act, methods=[method])

    def _admission(self, rule: RoleRule) -> Callable[[Visit], Response | None]:
        """Return what turns away whoever may not: to the login, or with the role that it takes."""

        def admit(visit: Visit) -> Response | None:
            if rule.least is not None and visit.bearer is None:
                return self.turn_away(visit)
            try:
                check_role(visit, rule)
            except PermissionDenied as error:
                return self._pages.failure(visit, error, status=status_of(error))
            return None

        return admit

    def _told(self, rule: RoleRule, handler: Handler) -> Handler:
        """Return a handler that writes into the audit log what came of it."""

        def act(visit: Visit) -> Response:
            who = who_of(visit)
            try:
                response = handler(visit)
            except VodpullError as error:
                self._audit.write(who, rule.action, subject_of(visit, rule), outcome=error.code)
                raise
            self._audit.write(who, rule.action, subject_of(visit, rule), outcome=outcome_of(response))
            return response

        return act

    def _tell_refused(self, visit: Visit, rule: RoleRule) -> None:
        if rule.action and visit.bearer is not None:
            self._audit.write(who_of(visit), rule.action, subject_of(visit, rule), outcome=PermissionDenied.code)

    def visit_of(self, request: Request) -> Visit:
        """Return who visits; reads the session from the database, so that a logout counts everywhere at once."""
        token = request.cookies.get(COOKIE, "")
        bearer = self._sessions.bearer(token) if token else None
        return Visit(request=request, token=token or secrets.token_urlsafe(32), bearer=bearer)

    def visit_of_nobody(self, request: Request) -> Visit:
        """Return a visit of which nothing is known; for pages that must do without the database."""
        token = request.cookies.get(COOKIE, "") or secrets.token_urlsafe(32)
        return Visit(request=request, token=token)

    def turn_away(self, visit: Visit) -> Response:
        """Return the reply to somebody who has not logged in: where to do so."""
        if visit.wants_part or "text/event-stream" in visit.request.headers.get("accept", ""):
            return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": f"{visit.root}/login"})
        place = safe_place(visit.place) if visit.request.method == "GET" else ""
        return leave_to(visit, f"login?{urlencode({'next': place})}" if place else "login")

    async def _answer(self, visit: Visit, handler: Handler) -> Response:
        response = await run_in_threadpool(self._attempt, visit, handler)
        if COOKIE not in visit.request.cookies and "set-cookie" not in response.headers:
            set_cookie(response, visit, name=COOKIE, value=visit.token, life_s=SESSION_S)
        return response

    def _attempt(self, visit: Visit, handler: Handler) -> Response:
        try:
            return handler(visit)
        except VodpullError as error:
            return self._pages.failure(visit, error, status=status_of(error))


def check_role(visit: Visit, rule: RoleRule) -> None:
    """
    Make sure that a visitor has the role that a route takes.

    Raises:
        PermissionDenied: they have not.
    """
    if rule.least is not None and not (visit.bearer and visit.bearer.role.may(rule.least)):
        raise PermissionDenied(
            f"this takes another role: {rule.least}", remedy="Ask an owner of this installation for that role."
        )


def _as_json(visit: Visit, error: VodpullError) -> Response:
    say = say_in(visit.language)
    told = {"code": error.code, "problem": retell(str(error), say), "fix": say(error.remedy)}
    return JSONResponse(told, status_code=status_of(error))


def _with_form(body: bytes, handler: Handler) -> Handler:
    """Return a handler that gets the visit with its form; reading takes time, so it happens where handlers run."""

    def act(visit: Visit) -> Response:
        if len(body) > MAX_OPEN_FORM_BYTES and not visit.is_operator:
            raise RequestTooLarge(f"this form is larger than {MAX_OPEN_FORM_BYTES} bytes")
        form = read_form(visit.request.headers.get("content-type", ""), body)
        fields = [(name, value.replace("\x00", "")) for name, value in form.fields]
        chosen = tuple(value for name, value in fields if name in CHOSEN)
        return handler(replace(visit, form=dict(fields), chosen=chosen, file=form.file))

    return act


def _guarded(handler: Handler) -> Handler:
    def act(visit: Visit) -> Response:
        check_sender(visit.request, visit.form, token=visit.token)
        return handler(visit)

    return act
