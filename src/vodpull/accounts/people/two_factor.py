"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for the day it is lost."""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass, field

import pyotp
import sqlalchemy as sa

from vodpull.accounts.people.console_tokens import Purpose, hash_of, holder, new_token, spend
from vodpull.accounts.people.link_and_session_lifetimes import SECOND_S
from vodpull.accounts.people.wrong_codes import count_try
from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.errors import AuthenticationError, ConfigurationError, NotAllowedNow, NotFound, ParameterError

STEP_S = 30
"""How long a code is shown (RFC 6238, the default that every app knows)."""

RECOVERY_CODES = 10

_WRONG = "this is not the code"


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """A secret that an app is to take over, before it has proved that it did."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    """What the QR code says."""
    sealed: str = field(repr=False)
    """The secret and whose it is, for the form that confirms it."""


class TwoFactor:
    """The second factors of one database. Secrets are sealed with the master key, recovery codes only hashed."""

    def __init__(self, engine: sa.Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def is_on(self, operator: str) -> bool:
        """Return True when an operator needs a code beside the password."""
        return bool(self._row(operator)["sealed_totp"])

    def recovery_left(self, operator: str) -> int:
        """Return how many recovery codes an operator has not used."""
        return len(self._row(operator)["recovery_hashes"].split())

    def begin(self, operator: str) -> Enrolment:
        """Return a fresh secret for an operator's app; nothing changes yet."""
        secret = pyotp.random_base32()
        uri = pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=operator, issuer_name="vodpull")
        sealed = self._vault.seal(json.dumps([operator, secret]))
        return Enrolment(secret=secret, uri=uri, sealed=sealed)

    def resume(self, operator: str, sealed: str) -> Enrolment:
        """
        Return the enrolment of a form that came back.

        Raises:
            ParameterError: it is of somebody else, or was never given out.
        """
        try:
            owner, secret = json.loads(self._vault.open(sealed))
        except (ConfigurationError, ValueError):
            owner, secret = "", ""
        if owner != operator:
            raise ParameterError("this form is of somebody else: begin again", field="secret")
        uri = pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=operator, issuer_name="vodpull")
        return Enrolment(secret=secret, uri=uri, sealed=sealed)

    def confirm(self, operator: str, enrolment: Enrolment, code: str) -> list[str]:
        """
        Turn the second factor on when the app shows the right code; return the recovery codes, this once.

        Raises:
            ParameterError: it is not the code.
            NotAllowedNow: it is on already.
        """
        step = _step_of(code, enrolment.secret)
        if step is None:
            raise ParameterError(_WRONG, field="code")
        codes, hashes = _new_recovery()
        values = {"sealed_totp": self._vault.seal(enrolment.secret), "totp_step": step}
        row = tables.operator.c
        with self._engine.begin() as connection:
            changed = connection.execute(
                tables.operator.update()
                .where(row.name == operator, row.sealed_totp == "")
                .values(values | {"recovery_hashes": hashes, "wrong_codes": 0})
            )
        if changed.rowcount == 0:
            raise NotAllowedNow("two-factor is on already: turn it off first")
        return codes

    def renew_recovery(self, operator: str) -> list[str]:
        """Return new recovery codes in place of the old ones."""
        codes, hashes = _new_recovery()
        self._change(operator, recovery_hashes=hashes)
        return codes

    def ask(self, operator: str) -> str:
        """Return the token of somebody who gave the right password and has to show a code now."""
        with self._engine.begin() as connection:
            return new_token(connection, Purpose.SECOND, operator, life_s=SECOND_S)

    def asked(self, token: str) -> str:
        """
        Return the operator of a token of `ask`.

        Raises:
            AuthenticationError: it was used or is too old.
        """
        with self._engine.connect() as connection:
            operator = holder(connection, token, Purpose.SECOND)
        if operator is None:
            raise AuthenticationError("this took too long: log in again")
        return operator

    def answer(self, token: str, code: str) -> str:
        """
        Return the operator of a token of `ask` that shows the right code; the token is spent then.

        Raises:
            AuthenticationError: the token is too old, or it is not the code.
            RateLimited: the operator had too many wrong codes of late.
        """
        operator = self.asked(token)
        self.check(operator, code)
        with self._engine.begin() as connection:
            if spend(connection, token, Purpose.SECOND) is None:
                raise AuthenticationError("this took too long: log in again")
        return operator

    def check(self, operator: str, code: str) -> None:
        """
        Make sure that a code is right, and was not used before; a recovery code is used up.

        Raises:
            AuthenticationError: it is not the code.
            RateLimited: the operator had too many wrong codes of late.
        """
        row = self._row(operator)
        count_try(self._engine, operator)
        code = re.sub(r"[\s-]", "", code).lower()
        if self._is_new_code(row, code) or self._is_recovery(row, code):
            self._change(operator, wrong_codes=0)
            return
        raise AuthenticationError(_WRONG)

    def _is_new_code(self, row: sa.RowMapping, code: str) -> bool:
        step = _step_of(code, self._vault.open(row["sealed_totp"])) if row["sealed_totp"] else None
        if step is None:
            return False
        mine = tables.operator.c
        with self._engine.begin() as connection:
            unused = sa.and_(mine.name == row["name"], mine.totp_step < step)
            return connection.execute(tables.operator.update().where(unused).values(totp_step=step)).rowcount == 1

    def _is_recovery(self, row: sa.RowMapping, code: str) -> bool:
        known, mine = row["recovery_hashes"].split(), tables.operator.c
        left = [each for each in known if not hmac.compare_digest(each, hash_of(code))]
        if len(left) == len(known):
            return False
        with self._engine.begin() as connection:  # unless somebody used one in this moment
            same = sa.and_(mine.name == row["name"], mine.recovery_hashes == row["recovery_hashes"])
            values = {"recovery_hashes": " ".join(left)}
            return connection.execute(tables.operator.update().where(same).values(values)).rowcount == 1

    def _row(self, operator: str) -> sa.RowMapping:
        query = sa.select(tables.operator).where(tables.operator.c.name == operator)
        with self._engine.connect() as connection:
            found = connection.execute(query).mappings().first()
        if found is None:
            raise NotFound(f"there is no such operator: {operator}", field="name")
        return found

    def _change(self, operator: str, **values: object) -> None:
        with self._engine.begin() as connection:
            mine = tables.operator.c.name == operator
            if connection.execute(tables.operator.update().where(mine).values(values)).rowcount == 0:
                raise NotFound(f"there is no such operator: {operator}", field="name")


def _new_recovery() -> tuple[list[str], str]:
    """Return new recovery codes as people read them, and what is kept: 80 random bits each cannot be tried out."""
    plain = [pyotp.random_base32(32).lower()[:16] for _ in range(RECOVERY_CODES)]
    return ["-".join(re.findall("....", code)) for code in plain], " ".join(map(hash_of, plain))


def _step_of(code: str, secret: str) -> int | None:
    """Return the step of time that a code belongs to, of this one and its neighbours; None: to none of them."""
    now, found = now_ms() // (1000 * STEP_S), None
    totp = pyotp.TOTP(secret, interval=STEP_S)
    for step in (now - 1, now, now + 1):  # clocks of phones differ by some seconds
        if hmac.compare_digest(totp.generate_otp(step), code.encode("ascii", "replace").decode()):
            found = step
    return found
