"""Sign-in by OpenID Connect: from a browser that asks to an operator who may, or a clear refusal."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import sqlalchemy as sa

from vodpull.accounts.people.link_and_session_lifetimes import REQUEST_S
from vodpull.accounts.people.operators import MAX_NAME_CHARACTERS, set_role
from vodpull.accounts.people.roles import Role
from vodpull.accounts.people.single_sign_on_rules import EntryRule, role_of
from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
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
        role, subject = role_of(identity, self._rules), f"{identity.issuer} {identity.subject}"
        with self._engine.begin() as connection:
            known = self._find(connection, identity, subject)
            if known is None and role is None:
                raise PermissionDenied(
                    f"nobody lets this person in: {identity.email or identity.subject}",
                    remedy="Ask an owner to invite your address, or to name it in VODPULL_OIDC_ROLES.",
                )
            if known is None:
                return _add(connection, identity, subject, role=role or Role.VIEWER)
            connection.execute(tables.operator.update().where(tables.operator.c.name == known).values(subject=subject))
        if role is not None:
            self._follow(known, role)
        return known

    def _find(self, connection: sa.Connection, identity: Identity, subject: str) -> str | None:
        """Return the operator of this subject, else the one named by its verified address that has none yet."""
        row = tables.operator.c
        mine = connection.scalar(sa.select(row.name).where(row.subject == subject))
        if mine is not None or not identity.email:
            return mine
        named = connection.execute(sa.select(row.name, row.subject).where(row.name == identity.email)).first()
        if named is not None and named.subject:
            raise PermissionDenied(
                f"this address is somebody else's here: {identity.email}",
                remedy="Ask an owner to remove the operator of that name first.",
            )
        return None if named is None else str(named.name)

    def _follow(self, name: str, role: Role) -> None:
        """Give an operator the role of the rules, unless no owner would be left."""
        try:
            with self._engine.begin() as connection:
                set_role(connection, name, role)
        except NotAllowedNow:
            return


def _add(connection: sa.Connection, identity: Identity, subject: str, *, role: Role) -> str:
    name, now = _free_name(connection, identity), now_ms()
    row = {"name": name, "role": role.value, "subject": subject, "password_hash": ""}
    insert_new(connection, tables.operator, row | {"created_at_ms": now, "changed_at_ms": now})
    return name


def _free_name(connection: sa.Connection, identity: Identity) -> str:
    plain = re.sub(r"[^\w.@+-]", "-", (identity.email or identity.subject).lower())[: MAX_NAME_CHARACTERS - 4]
    row = tables.operator.c
    taken = set(connection.scalars(sa.select(row.name).where(row.name.startswith(plain, autoescape=True))))
    return next(name for name in (plain, *(f"{plain}-{number}" for number in range(2, 999))) if name not in taken)
