"""Sessions of the console: who is in, from where, with which browser."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.accounts.people.console_tokens import Purpose, hash_of, live, new_token
from vodpull.accounts.people.link_and_session_lifetimes import SESSION_S
from vodpull.accounts.people.roles import Role
from vodpull.clock import now_ms
from vodpull.database import tables

SEEN_EVERY_MS = 60 * 1000
"""How exactly it is kept when a session was last used: not every page is a write."""

MAX_AGENT_CHARACTERS = 300


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where somebody comes from."""

    address: str = ""
    agent: str = ""
    """What the browser says of itself: hostile text."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One browser that is logged in."""

    session_id: str
    """Public: it opens nothing."""
    operator: str
    created_at_ms: int
    seen_at_ms: int
    place: Place


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """Who comes with a session, as it is now."""

    operator: str
    role: Role


class Sessions:
    """The sessions of one database; read each time, so that an end counts at once in every process."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def open(self, operator: str, place: Place, *, life_s: int = SESSION_S) -> str:
        """Return the token of a new session; old ones that ran out are forgotten."""
        with self._engine.begin() as connection:
            connection.execute(tables.operator_token.delete().where(tables.operator_token.c.expires_at_ms <= now_ms()))
            seen = {"address": place.address[:64], "agent": place.agent[:MAX_AGENT_CHARACTERS].replace("\x00", "")}
            return new_token(connection, Purpose.SESSION, operator, life_s=life_s, **seen)

    def bearer(self, token: str) -> Bearer | None:
        """Return whose session it is, with the role of this moment; None: it is over."""
        row, operator = tables.operator_token.c, tables.operator.c
        query = sa.select(operator.name, operator.role, row.seen_at_ms).join_from(
            tables.operator_token, tables.operator, operator.name == row.operator
        )
        with self._engine.connect() as connection:
            found = connection.execute(query.where(live(token, Purpose.SESSION))).first()
        if found is None:
            return None
        if found.seen_at_ms < now_ms() - SEEN_EVERY_MS:
            self._note(token)
        return Bearer(operator=found.name, role=Role(found.role))

    def _note(self, token: str) -> None:
        with self._engine.begin() as connection:
            mine = live(token, Purpose.SESSION)
            connection.execute(tables.operator_token.update().where(mine).values(seen_at_ms=now_ms()))

    def of_operator(self, operator: str) -> list[Session]:
        """Return the live sessions of an operator, the one last used first."""
        row = tables.operator_token.c
        query = sa.select(tables.operator_token).where(
            row.operator == operator, row.purpose == Purpose.SESSION, row.expires_at_ms > now_ms()
        )
        with self._engine.connect() as connection:
            found = connection.execute(query.order_by(row.seen_at_ms.desc(), row.token_hash)).mappings().all()
        return [
            Session(
                session_id=each["token_hash"],
                operator=each["operator"],
                created_at_ms=each["created_at_ms"],
                seen_at_ms=each["seen_at_ms"],
                place=Place(address=each["address"], agent=each["agent"]),
            )
            for each in found
        ]

    def close(self, token: str) -> None:
        """End a session by its token, in every process."""
        with self._engine.begin() as connection:
            connection.execute(tables.operator_token.delete().where(live(token, Purpose.SESSION)))

    def end(self, operator: str, session_id: str) -> bool:
        """End one of an operator's sessions; return False when it has none of this id."""
        row = tables.operator_token.c
        mine = sa.and_(row.token_hash == session_id, row.operator == operator, row.purpose == Purpose.SESSION)
        with self._engine.begin() as connection:
            return connection.execute(tables.operator_token.delete().where(mine)).rowcount == 1

    def end_all(self, operator: str, *, but: str = "") -> None:
        """End the sessions of an operator but the one of this token."""
        row = tables.operator_token.c
        others = sa.and_(row.operator == operator, row.purpose == Purpose.SESSION, row.token_hash != hash_of(but))
        with self._engine.begin() as connection:
            connection.execute(tables.operator_token.delete().where(others))


def session_id_of(token: str) -> str:
    """Return the public id of a session."""
    return hash_of(token)
