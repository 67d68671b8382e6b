"""How often strangers may try a password or a code; wrong codes of one operator: `accounts/people/wrong_codes.py`."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.accounts.rate_limits import RateLimit
from vodpull.caller_networks import network_of
from vodpull.console.request.visit import Visit
from vodpull.errors import RateLimited

ATTEMPTS = "10/5 minutes"
"""Passwords that one address may try, or one /64 of IPv6."""

ATTEMPTS_OF_ALL = "100/5 minutes"
"""Passwords that all together may try; while somebody tries as many, nobody new gets in, and who is in stays in."""


class Attempts:
    """Counts tries by where they come from, and all together, for all processes."""

    def __init__(self, database: sa.Engine) -> None:
        self._of_network = RateLimit(database, "sign_ins_of_address", ATTEMPTS, what="attempts of one address")
        self._of_all = RateLimit(database, "sign_ins", ATTEMPTS_OF_ALL, what="attempts")

    def count(self, visit: Visit) -> None:
        """
        Count one try.

        Raises:
            RateLimited: there were too many.
        """
        try:
            # Once all is known to be spent, a flood from everywhere writes nothing.
            self._of_all.refuse_spent()
            # Only what the first lets through is counted for all: one address cannot use up everybody's.
            self._of_network.count(network_of(visit.from_where.address))
            self._of_all.count()
        except RateLimited as error:
            raise RateLimited("too many attempts: wait five minutes", retry_after_s=error.retry_after_s) from error
