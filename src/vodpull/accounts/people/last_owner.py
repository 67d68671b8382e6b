"""The last owner who can get in is neither removed nor made anything else: somebody must be able to let others in."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.accounts.people.roles import Role
from vodpull.database import tables
from vodpull.errors import NotAllowedNow

CAN_ENTER = sa.or_(tables.operator.c.password_hash != "", tables.operator.c.subject != "")


def lock_owners(connection: sa.Connection) -> None:
    """Let nobody else change owners until the transaction ends: two must not remove each other."""
    role = tables.operator.c.role
    connection.execute(tables.operator.update().where(role == Role.OWNER).values(role=role))


def require_owner(connection: sa.Connection) -> None:
    """Make sure that somebody is left who can get in and let others in; an invitation is nobody yet."""
    row = tables.operator.c
    if connection.scalar(sa.select(row.name).where(row.role == Role.OWNER, CAN_ENTER).limit(1)) is None:
        raise NotAllowedNow("this is the last owner: make somebody else an owner first", field="name")
