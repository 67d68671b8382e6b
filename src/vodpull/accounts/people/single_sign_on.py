"""
Sign-in by OpenID Connect: from a browser that asks to an operator who may, or a clear refusal.

Who that operator is: `identity_linking.py`; who gets in, and in which role: `single_sign_on_roles.py`.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import sqlalchemy as sa

from vodpull.accounts.people.identity_linking import add_linked, link, linked_operator
from vodpull.accounts.people.link_and_session_lifetimes import REQUEST_S
from vodpull.accounts.people.operators import set_role
from vodpull.accounts.people.roles import Role
from vodpull.accounts.people.single_sign_on_roles import EntryRule, role_of
from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms
from vodpull.errors import AuthenticationError, ConfigurationError, NotAllowedNow, PermissionDenied
from vodpull.oidc import Identity, Provider, Request

_OTHER = "this sign-in was begun in another browser, or too long ago: begin again"


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A sign-in under way."""

    url: str
    """Of the provider, where the browser goes."""
    sealed: str = field(repr=False)
    """What the browser keeps, and cannot read."""


class SingleSignOn:
    """Lets people of one provider in."""

    def __init__(
        self, engine: sa.Engine, vault: Vault, provider: Provider, *, rules: tuple[EntryRule, ...], label: str
    ) -> None:
        """`label` is what the button calls the provider."""
        self._engine = engine
        self._vault = vault
        self._provider = provider
        self._rules = rules
        self.label = label

    def begin(self, redirect_uri: str, place: str) -> Begun:
        """
        Return where a browser is sent, and what it keeps meanwhile; `place` is where it wants to go in the end.

        Raises:
            AuthenticationError: the provider does not answer.
        """
        request = Request.new(redirect_uri)
        kept = {"at_ms": now_ms(), "place": place, "request": asdict(request)}
        return Begun(url=self._provider.url(request), sealed=self._vault.seal(json.dumps(kept)))

    def finish(self, sealed: str, answer: Mapping[str, str]) -> tuple[str, str]:
        """
        Return the operator who came back, and where they want to go.

        Raises:
            AuthenticationError: the answer is not to what this browser asked, or the provider does not stand by it.
            PermissionDenied: it is somebody whom nobody lets in.
        """
        request, place = self._resume(sealed)
        if not hmac.compare_digest(answer.get("state", "").encode(), request.state.encode()):
            raise AuthenticationError(_OTHER)
        if answer.get("iss") not in {None, self._provider.issuer}:  # RFC 9207
            raise AuthenticationError("the answer is from another identity provider")
        if not answer.get("code"):
            raise AuthenticationError("the identity provider did not let you in")
        return self._admit(self._provider.identity(request, answer["code"])), place

    def _resume(self, sealed: str) -> tuple[Request, str]:
        try:
            kept = json.loads(self._vault.open(sealed))
            request, at_ms, place = Request(**kept["request"]), int(kept["at_ms"]), str(kept["place"])
        except (ConfigurationError, ValueError, KeyError, TypeError):
            raise AuthenticationError(_OTHER) from None
        if now_ms() - at_ms > 1000 * REQUEST_S:
            raise AuthenticationError(_OTHER)
        return request, place

    def _admit(self, identity: Identity) -> str:
        """Return the operator that somebody is: a known one, or a new one when a rule gives them a role."""
        role = role_of(identity, self._rules)
        with self._engine.begin() as connection:
            known = linked_operator(connection, identity)
            if known is None and role is None:
                raise PermissionDenied(
                    f"nobody lets this person in: {identity.email or identity.subject}",
                    remedy="Ask an owner to invite your address, or to name it in VODPULL_OIDC_ROLES.",
                )
            if known is None:
                return add_linked(connection, identity, role=role or Role.VIEWER)
            link(connection, known, identity)
        if role is not None:
            self._follow(known, role)
        return known

    def _follow(self, name: str, role: Role) -> None:
        """Give an operator the role of the rules, unless no owner would be left."""
        try:
            with self._engine.begin() as connection:
                set_role(connection, name, role)
        except NotAllowedNow:
            return
