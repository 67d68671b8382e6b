"""Who of an identity provider's people gets in, and in which role. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vodpull.accounts.people.roles import Role, read_role
from vodpull.errors import ParameterError
from vodpull.oidc import Identity


@dataclass(frozen=True, kw_only=True)
class EntryRule:
    """One entry of VODPULL_OIDC_ROLES."""

    kind: str
    """`email`, `domain`, `sub` or `group`."""
    value: str
    role: Role

    def fits(self, identity: Identity) -> bool:
        """Return True when it is about somebody."""
        if self.kind == "group":
            return self.value in identity.groups
        if self.kind == "sub":
            return self.value == identity.subject
        if self.kind == "domain":
            return identity.email.endswith(self.value)
        return identity.email == self.value


def read_rules(entries: Iterable[str]) -> tuple[EntryRule, ...]:
    """
    Return the rules of entries: `a@example.com=owner`, `@example.com=viewer`, `group:video=operator`, `sub:17=viewer`.

    Raises:
        ParameterError: one cannot be read.
    """
    return tuple(map(_read_rule, entries))


def _read_rule(entry: str) -> EntryRule:
    who, _, role = (part.strip() for part in entry.rpartition("="))
    kind, colon, value = who.partition(":")
    if colon and kind in {"group", "sub"} and value:
        return EntryRule(kind=kind, value=value, role=read_role(role))
    name, at, domain = who.lower().rpartition("@")
    if not at or not domain or " " in who:
        raise ParameterError(
            f"{entry!r} is not of the form `ada@example.com=owner`, `@example.com=viewer`, "
            "`group:NAME=operator` or `sub:ID=viewer`",
            field="oidc_roles",
        )
    return EntryRule(kind="email" if name else "domain", value=who.lower(), role=read_role(role))


def role_of(identity: Identity, rules: Iterable[EntryRule]) -> Role | None:
    """Return the highest role that the rules give to somebody; None: none of them is about them."""
    given = [rule.role for rule in rules if rule.fits(identity)]
    return max(given, key=list(Role).index) if given else None
