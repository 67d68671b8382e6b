"""Operators: who gets in, in which role; owners invite, change and remove them."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from vodpull.accounts.people.roles import Role, read_role
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.visit import Visit, leave_to
from vodpull.console.setup_links import link_of
from vodpull.errors import NotAllowedNow


def operator_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""
    desk = _OperatorDesk(pages, context)
    return [
        gate.page("/operators", desk.show),
        gate.action("/operators", desk.invite),
        gate.action("/operators/role", desk.set_role),
        gate.action("/operators/link", desk.renew_link),
        gate.action("/operators/reset-two-factor", desk.reset_two_factor),
        gate.action("/operators/end-sessions", desk.end_sessions),
        gate.action("/operators/remove", desk.remove),
    ]


class _OperatorDesk:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context

    def show(self, visit: Visit) -> Response:
        listed = self._context.operators.listed()
        return self._pages.page(visit, "operators.html", operators=listed, roles=list(Role))

    def invite(self, visit: Visit) -> Response:
        name, role = visit.form.get("name", ""), read_role(visit.form.get("role", ""))
        return self._linked(visit, name, self._context.operators.invite(name, role), is_invitation=True)

    def renew_link(self, visit: Visit) -> Response:
        name = self._named(visit)
        return self._linked(visit, name, self._context.operators.new_setup_token(name), is_invitation=False)

    def _linked(self, visit: Visit, name: str, token: str, *, is_invitation: bool) -> Response:
        """Show the link, this once: the reply is never stored, and no page leads back to it."""
        link = link_of(token, visit.site(self._context.public_url))
        return self._pages.page(visit, "operator_link.html", name=name, link=link, is_invitation=is_invitation)

    def set_role(self, visit: Visit) -> Response:
        self._context.operators.set_role(self._named(visit), read_role(visit.form.get("role", "")))
        return leave_to(visit, "operators")

    def reset_two_factor(self, visit: Visit) -> Response:
        self._context.operators.reset_two_factor(self._named(visit))
        return leave_to(visit, "operators")

    def end_sessions(self, visit: Visit) -> Response:
        self._context.sessions.end_all(self._named(visit), but=visit.token)
        return leave_to(visit, "operators")

    def remove(self, visit: Visit) -> Response:
        name = self._named(visit)
        if name == visit.operator:
            raise NotAllowedNow("nobody removes themselves: another owner can", field="name")
        self._context.operators.remove(name)
        return leave_to(visit, "operators")

    def _named(self, visit: Visit) -> str:
        return self._context.operators.find(visit.form.get("name", "")).name
