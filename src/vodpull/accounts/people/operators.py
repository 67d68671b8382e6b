"""Who may use the console: operators with their roles and passwords, and the one-time links to choose one."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.accounts.people.console_tokens import Purpose, end_tokens, holder, new_token, spend
from vodpull.accounts.people.last_owner import CAN_ENTER, lock_owners, require_owner
from vodpull.accounts.people.link_and_session_lifetimes import INVITATION_S, SETUP_S
from vodpull.accounts.people.passwords import Passwords
from vodpull.accounts.people.roles import Role
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.errors import AuthenticationError, NotFound, ParameterError

FIRST_OPERATOR = "operator"
"""What the first one is called unless it is given another name."""

MAX_NAME_CHARACTERS = 254
"""As an e-mail address may have."""

_NAME = re.compile(rf"[\w.@+-]{{1,{MAX_NAME_CHARACTERS}}}")

_SPENT = "this set-up link was used or is too old"


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One person of the console."""

    name: str
    role: Role
    created_at_ms: int
    seen_at_ms: int | None
    """When one of its live sessions last came; None: it has none."""
    has_password: bool
    has_two_factor: bool
    is_external: bool
    """It came in by OpenID Connect."""


def read_operator_name(text: str) -> str:
    """
    Return a name as it is kept: in lower case.

    Raises:
        ParameterError: it cannot be one.
    """
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise ParameterError("a name has 1 to 254 letters, digits and . _ @ + -, and no blanks", field="name")
    return name


class Operators:
    """The operators of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._passwords = Passwords()

    def listed(self) -> list[Operator]:
        """Return every operator, by name."""
        row, token = tables.operator.c, tables.operator_token.c
        is_live = sa.and_(token.purpose == Purpose.SESSION, token.expires_at_ms > now_ms())
        seen = sa.select(sa.func.max(token.seen_at_ms)).where(token.operator == row.name, is_live)
        query = sa.select(tables.operator, seen.scalar_subquery().label("seen")).order_by(row.name)
        with self._engine.connect() as connection:
            found = connection.execute(query).mappings().all()
        return [
            Operator(
                name=each["name"],
                role=Role(each["role"]),
                created_at_ms=each["created_at_ms"],
                seen_at_ms=each["seen"],
                has_password=bool(each["password_hash"]),
                has_two_factor=bool(each["sealed_totp"]),
                is_external=bool(each["subject"]),
            )
            for each in found
        ]

    def find(self, name: str) -> Operator:
        """
        Return an operator.

        Raises:
            NotFound: there is none of this name.
        """
        for operator in self.listed():
            if operator.name == name:
                return operator
        raise _unknown(name)

    def can_enter(self) -> bool:
        """Return True once somebody has chosen a password, or has come in by OpenID Connect."""
        row = tables.operator.c
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(row.name).where(CAN_ENTER).limit(1)) is not None

    def has_password(self) -> bool:
        """Return True once somebody can get in by a password."""
        return any(operator.has_password for operator in self.listed())

    def only_name(self) -> str:
        """Return the name of the only operator, or that of the first one to be; empty: there are several."""
        names = [operator.name for operator in self.listed()]
        return FIRST_OPERATOR if not names else names[0] if len(names) == 1 else ""

    def only_owner(self) -> str:
        """Return the name of the only owner, or that of the first one to be; empty: there are several."""
        owners = [operator.name for operator in self.listed() if operator.role is Role.OWNER]
        return FIRST_OPERATOR if not owners else owners[0] if len(owners) == 1 else ""

    def new_setup_token(self, name: str = FIRST_OPERATOR) -> str:
        """Return a fresh token that is good for one choice of an operator's password within 30 minutes."""
        with self._engine.begin() as connection:
            return new_token(connection, Purpose.SETUP, name, life_s=SETUP_S)

    def invite(self, name: str, role: Role) -> str:
        """
        Add an operator and return the token of its invitation, good for three days.

        Raises:
            ParameterError: the name cannot be one, or is taken.
        """
        name = read_operator_name(name)
        with self._engine.begin() as connection:
            now = now_ms()
            row = {"name": name, "role": role.value, "password_hash": "", "created_at_ms": now, "changed_at_ms": now}
            if not insert_new(connection, tables.operator, row):
                raise ParameterError(f"there is such an operator already: {name}", field="name")
            return new_token(connection, Purpose.SETUP, name, life_s=INVITATION_S)

    def setup_name(self, token: str) -> str | None:
        """Return whose password a set-up token chooses while it may be used."""
        with self._engine.connect() as connection:
            return holder(connection, token, Purpose.SETUP)

    def is_first(self) -> bool:
        """Return True as long as there is no operator at all."""
        return not self.listed()

    def choose_password(self, token: str, password: str, *, name: str = "") -> str:
        """
        Set an operator's password with a set-up token and return its name; the very first may choose that.

        Every other token of the operator, sessions too, ends with that.

        Raises:
            ParameterError: the password is too short or too long, or the name cannot be one.
            AuthenticationError: the token was used, is too old, or was never given out.
            RateLimited: too many passwords are being hashed.
        """
        chosen = read_operator_name(name) if name else ""
        if self.setup_name(token) is None:  # before the costly hash
            raise AuthenticationError(_SPENT)
        password_hash = self._passwords.hash(password)
        with self._engine.begin() as connection:
            mine = spend(connection, token, Purpose.SETUP)
            if mine is None:
                raise AuthenticationError(_SPENT)
            end_tokens(connection, mine)
            return _keep_password(connection, mine, password_hash, first=chosen or mine)

    def is_password(self, password: str, *, name: str = FIRST_OPERATOR) -> bool:
        """
        Return True for the password of an operator; takes the same time when there is none of this name.

        Raises:
            RateLimited: too many passwords are being hashed.
        """
        with self._engine.connect() as connection:
            query = sa.select(tables.operator.c.password_hash).where(tables.operator.c.name == name)
            known = connection.scalar(query) or ""
        return self._passwords.fits(password, known)

    def change_password(self, name: str, password: str, *, keep: str) -> None:
        """
        Set an operator's password; every session but that of the token `keep` ends with that.

        Raises:
            ParameterError: the password is too short or too long.
            RateLimited: too many passwords are being hashed.
        """
        password_hash = self._passwords.hash(password)
        with self._engine.begin() as connection:
            values = {"password_hash": password_hash, "changed_at_ms": now_ms()}
            connection.execute(tables.operator.update().where(tables.operator.c.name == name).values(values))
            end_tokens(connection, name, but=keep)

    def set_role(self, name: str, role: Role) -> None:
        """
        Give an operator another role, in every session at once.

        Raises:
            NotFound: there is none of this name.
            NotAllowedNow: it is the last owner.
        """
        with self._engine.begin() as connection:
            set_role(connection, name, role)

    def reset_two_factor(self, name: str) -> None:
        """
        Turn an operator's second factor off.

        Raises:
            NotFound: there is none of this name.
        """
        values = {"sealed_totp": "", "recovery_hashes": "", "totp_step": 0, "wrong_codes": 0}
        with self._engine.begin() as connection:
            mine = tables.operator.c.name == name
            if connection.execute(tables.operator.update().where(mine).values(values)).rowcount == 0:
                raise _unknown(name)

    def remove(self, name: str) -> None:
        """
        Remove an operator, with its sessions and links. That nobody removes themselves is a rule of the console's page.

        Raises:
            NotFound: there is none of this name.
            NotAllowedNow: it is the last owner.
        """
        with self._engine.begin() as connection:
            lock_owners(connection)
            end_tokens(connection, name)
            if connection.execute(tables.operator.delete().where(tables.operator.c.name == name)).rowcount == 0:
                raise _unknown(name)
            require_owner(connection)


def _keep_password(connection: sa.Connection, name: str, password_hash: str, *, first: str) -> str:
    """Set an operator's password; the first operator is made, and called `first`."""
    row, values = tables.operator.c, {"password_hash": password_hash, "changed_at_ms": now_ms()}
    if connection.execute(tables.operator.update().where(row.name == name).values(values)).rowcount:
        return name
    if connection.scalar(sa.select(row.name).limit(1)) is not None:
        raise AuthenticationError(_SPENT)  # of somebody who was removed
    made = {"name": first, "role": Role.OWNER.value, "created_at_ms": now_ms()}
    connection.execute(tables.operator.insert().values(made | values))
    return first


def set_role(connection: sa.Connection, name: str, role: Role) -> None:
    """Give an operator another role in a transaction; raises as `Operators.set_role`."""
    lock_owners(connection)
    mine = tables.operator.c.name == name
    if connection.execute(tables.operator.update().where(mine).values(role=role.value)).rowcount == 0:
        raise _unknown(name)
    require_owner(connection)


def _unknown(name: str) -> NotFound:
    return NotFound(
        f"there is no such operator: {name}", field="name", remedy="`vodpull operators list` shows them all."
    )
