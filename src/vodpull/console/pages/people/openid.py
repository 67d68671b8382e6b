"""The way in by OpenID Connect: to the provider, and back."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from vodpull.accounts.audit_log import DONE, ActorKind, Who
from vodpull.accounts.people.link_and_session_lifetimes import REQUEST_S, SIGNED_ON_S
from vodpull.accounts.people.single_sign_on import SingleSignOn
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.people.sign_in_limits import Attempts
from vodpull.console.reply.cookies import set_cookie
from vodpull.console.request.return_places import safe_place
from vodpull.console.request.visit import COOKIE, Visit, leave_to
from vodpull.errors import NotFound, VodpullError

REQUEST_COOKIE = "vodpull_openid"

ANSWER = ("state", "code", "iss")
"""Parameters that a provider sends a browser back with."""


def openid_routes(gate: Gate, context: ConsoleContext, *, attempts: Attempts) -> list[Route]:
    """Return the routes."""
    door = _OpenIdDoor(context, attempts)
    return [gate.page("/login/openid", door.leave), gate.page("/login/openid/callback", door.come_back)]


class _OpenIdDoor:
    def __init__(self, context: ConsoleContext, attempts: Attempts) -> None:
        self._context = context
        self._attempts = attempts

    def leave(self, visit: Visit) -> Response:
        """Send a browser to the provider."""
        self._attempts.count(visit)
        redirect_uri = f"{visit.site(self._context.public_url)}{visit.root}/login/openid/callback"
        begun = self._single_sign_on().begin(redirect_uri, safe_place(visit.query("next")))
        response = RedirectResponse(begun.url, status_code=HTTPStatus.SEE_OTHER)
        set_cookie(response, visit, name=REQUEST_COOKIE, value=begun.sealed, life_s=REQUEST_S)
        return response

    def come_back(self, visit: Visit) -> Response:
        """Take what the provider says of a browser; what it asked with is spent with that."""
        self._attempts.count(visit)
        answer = {name: visit.query(name, most=4096) for name in ANSWER if name in visit.request.query_params}
        try:
            name, place = self._single_sign_on().finish(visit.request.cookies.get(REQUEST_COOKIE, ""), answer)
        except VodpullError as error:
            self._tell(visit, ActorKind.STRANGER, "", outcome=error.code)
            raise
        self._tell(visit, ActorKind.OPERATOR, name)
        response = leave_to(visit, safe_place(place))
        token = self._context.sessions.open(name, visit.from_where, life_s=SIGNED_ON_S)
        set_cookie(response, visit, name=COOKIE, value=token, life_s=SIGNED_ON_S)
        response.delete_cookie(REQUEST_COOKIE, path=visit.root or "/", httponly=True, samesite="lax")
        return response

    def _single_sign_on(self) -> SingleSignOn:
        if self._context.single_sign_on is None:
            raise NotFound("there is no such page")
        return self._context.single_sign_on

    def _tell(self, visit: Visit, kind: ActorKind, name: str, *, outcome: str = DONE) -> None:
        who = Who(kind=kind, name=name, address=visit.from_where.address)
        self._context.audit.write(who, "session.open", "by OpenID Connect", outcome=outcome)
