"""
Which operator a person of the identity provider is: the one linked to that identity, for good, or one of its address.

Somebody else with the same address is never taken for an operator who is linked already.
"""

from __future__ import annotations

import re

import sqlalchemy as sa

from vodpull.accounts.people.operators import MAX_NAME_CHARACTERS
from vodpull.accounts.people.roles import Role
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.errors import PermissionDenied
from vodpull.oidc import Identity


def linked_operator(connection: sa.Connection, identity: Identity) -> str | None:
    """
    Return the operator of this identity, else the one named by its verified address that is linked to none yet.

    Raises:
        PermissionDenied: the operator of that name is linked to another identity.
    """
    row = tables.operator.c
    mine = connection.scalar(sa.select(row.name).where(row.subject == _subject(identity)))
    if mine is not None or not identity.email:
        return mine
    named = connection.execute(sa.select(row.name, row.subject).where(row.name == identity.email)).first()
    if named is not None and named.subject:
        raise PermissionDenied(
            f"this address is somebody else's here: {identity.email}",
            remedy="Ask an owner to remove the operator of that name first.",
        )
    return None if named is None else str(named.name)


def link(connection: sa.Connection, name: str, identity: Identity) -> None:
    """Link an operator to an identity; again changes nothing."""
    mine = tables.operator.c.name == name
    connection.execute(tables.operator.update().where(mine).values(subject=_subject(identity)))


def add_linked(connection: sa.Connection, identity: Identity, *, role: Role) -> str:
    """Add an operator without a password for an identity, and return their name."""
    name, now = _free_name(connection, identity), now_ms()
    row = {"name": name, "role": role.value, "subject": _subject(identity), "password_hash": ""}
    insert_new(connection, tables.operator, row | {"created_at_ms": now, "changed_at_ms": now})
    return name


def _subject(identity: Identity) -> str:
    return f"{identity.issuer} {identity.subject}"


def _free_name(connection: sa.Connection, identity: Identity) -> str:
    plain = re.sub(r"[^\w.@+-]", "-", (identity.email or identity.subject).lower())[: MAX_NAME_CHARACTERS - 4]
    row = tables.operator.c
    taken = set(connection.scalars(sa.select(row.name).where(row.name.startswith(plain, autoescape=True))))
    return next(name for name in (plain, *(f"{plain}-{number}" for number in range(2, 999))) if name not in taken)
