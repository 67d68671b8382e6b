"""What operators change of themselves: password, two-factor, and the sessions that are open."""

from __future__ import annotations

from http import HTTPStatus

import segno
from starlette.responses import Response
from starlette.routing import Route

from vodpull.accounts.people.passwords import MIN_PASSWORD_CHARACTERS
from vodpull.accounts.people.sessions import session_id_of
from vodpull.accounts.people.two_factor import Enrolment
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.people.sign_in_limits import Attempts
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.user_agents import browser_of
from vodpull.console.request.visit import Visit, leave_to
from vodpull.errors import NotAllowedNow, NotFound, ParameterError


def account_routes(gate: Gate, pages: Pages, context: ConsoleContext, *, attempts: Attempts) -> list[Route]:
    """Return the routes."""
    desk = _AccountDesk(pages, context, attempts=attempts)
    return [
        gate.page("/account", desk.show),
        gate.action("/account/password", desk.change_password),
        gate.action("/account/sessions/end", desk.end),
        gate.action("/account/sessions/end-others", desk.end_others),
        gate.action("/account/two-factor", desk.begin),
        gate.action("/account/two-factor/confirm", desk.confirm),
        gate.action("/account/two-factor/off", desk.turn_off),
        gate.action("/account/two-factor/codes", desk.renew_codes),
    ]


class _AccountDesk:
    def __init__(self, pages: Pages, context: ConsoleContext, *, attempts: Attempts) -> None:
        self._pages = pages
        self._context = context
        self._attempts = attempts

    def show(self, visit: Visit) -> Response:
        sessions = self._context.sessions.of_operator(visit.operator)
        return self._pages.page(
            visit,
            "account.html",
            operator=self._context.operators.find(visit.operator),
            sessions=[(session, browser_of(session.place.agent)) for session in sessions],
            this_session=session_id_of(visit.token),
            recovery_left=self._context.two_factor.recovery_left(visit.operator),
            least=MIN_PASSWORD_CHARACTERS,
        )

    def change_password(self, visit: Visit) -> Response:
        form = visit.form
        if form.get("password", "") != form.get("again", ""):
            raise ParameterError("the two passwords differ", field="again")
        self._require_password(visit)
        self._context.operators.change_password(visit.operator, form.get("password", ""), keep=visit.token)
        return leave_to(visit, "account")

    def _require_password(self, visit: Visit) -> None:
        """Make sure that it is still the same person who sits there."""
        if not self._context.operators.find(visit.operator).has_password:
            raise NotAllowedNow("this account has no password: its identity provider asks for it")
        self._attempts.count(visit)
        if not self._context.operators.is_password(visit.form.get("current", ""), name=visit.operator):
            raise ParameterError("this is not the password", field="current")

    def end(self, visit: Visit) -> Response:
        if not self._context.sessions.end(visit.operator, visit.form.get("session", "")):
            raise NotFound("there is no such session")
        return leave_to(visit, "account")

    def end_others(self, visit: Visit) -> Response:
        self._context.sessions.end_all(visit.operator, but=visit.token)
        return leave_to(visit, "account")

    def begin(self, visit: Visit) -> Response:
        if not self._context.operators.find(visit.operator).has_password:
            raise NotAllowedNow("this account has no password: its identity provider asks for it")
        return self._enrolment_page(visit, self._context.two_factor.begin(visit.operator))

    def _enrolment_page(self, visit: Visit, enrolment: Enrolment, *, error: str = "") -> Response:
        qr = segno.make(enrolment.uri, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")
        status = HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK
        return self._pages.page(visit, "two_factor.html", status=status, enrolment=enrolment, qr=qr, error=error)

    def confirm(self, visit: Visit) -> Response:
        two_factor = self._context.two_factor
        enrolment = two_factor.resume(visit.operator, visit.form.get("secret", ""))
        try:
            self._require_password(visit)
            codes = two_factor.confirm(visit.operator, enrolment, visit.form.get("code", ""))
        except ParameterError as error:
            return self._enrolment_page(visit, enrolment, error=str(error))
        self._context.sessions.end_all(visit.operator, but=visit.token)
        return self._pages.page(visit, "recovery_codes.html", codes=codes)

    def turn_off(self, visit: Visit) -> Response:
        self._require_password(visit)
        self._context.operators.reset_two_factor(visit.operator)
        return leave_to(visit, "account")

    def renew_codes(self, visit: Visit) -> Response:
        self._require_password(visit)
        codes = self._context.two_factor.renew_recovery(visit.operator)
        return self._pages.page(visit, "recovery_codes.html", codes=codes)
