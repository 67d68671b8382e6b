"""What lately came to the built-in receiver, and whether its signatures hold. For people who write a receiver."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from vodpull.accounts.access_keys import Accounts, LiveKey
from vodpull.clock import now_ms
from vodpull.jobs.notices.deliveries import Attempt, Deliveries, Delivery, Sent
from vodpull.notify import INSPECTOR_URL, sign_delivery, sign_webhook

MOST = 50
"""Attempts that are shown."""

KEPT_MS = 24 * 3600 * 1000
"""Age of a batch at which the receiver forgets what was told about it."""


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """One request as a receiver gets it."""

    delivery: Delivery
    attempt: Attempt
    headers: Mapping[str, str]
    is_webhook_valid: bool
    """The Standard Webhooks signature is that of the account's secret."""
    is_key_valid: bool | None
    """`Authorization` is that of the key which asked; None: that key is not live, so nothing was signed with it."""


class Inspector:
    """Reads the deliveries below `INSPECTOR_URL`, which never left this service."""

    url = INSPECTOR_URL

    def __init__(self, deliveries: Deliveries, accounts: Accounts) -> None:
        self._deliveries = deliveries
        self._accounts = accounts

    def newest(self) -> list[Inspected]:
        """Return the newest requests of the last day, newest first."""
        since_ms = now_ms() - KEPT_MS
        sent = self._deliveries.newest_below(INSPECTOR_URL, since_ms=since_ms, limit=MOST)
        # Many deliveries have few accounts and keys.
        judge = _Judge(secret=cache(self._accounts.notify_secret), key=cache(self._accounts.find_live))
        # One that was never tried has no status.
        return [judge.inspected(one) for one in sent if one.attempt.status is not None]


@dataclass(frozen=True, kw_only=True)
class _Judge:
    """Checks signatures as a receiver does."""

    secret: Callable[[str], str]
    """Of an account."""
    key: Callable[[str], LiveKey | None]

    def inspected(self, sent: Sent) -> Inspected:
        headers: dict[str, str] = json.loads(sent.attempt.response_head)
        return Inspected(
            delivery=sent.delivery,
            attempt=sent.attempt,
            headers=headers,
            is_webhook_valid=self._is_webhook_valid(sent, headers),
            is_key_valid=self._is_key_valid(sent, headers.get("Authorization", "")),
        )

    def _is_webhook_valid(self, sent: Sent, headers: Mapping[str, str]) -> bool:
        expected = sign_webhook(
            headers["webhook-id"],
            sent.delivery.body,
            secret=self.secret(sent.account_id),
            now_s=int(headers["webhook-timestamp"]),
        )
        return hmac.compare_digest(expected["webhook-signature"], headers["webhook-signature"])

    def _is_key_valid(self, sent: Sent, authorization: str) -> bool | None:
        key = self.key(sent.access_key)
        if key is None:
            return None
        url, body = sent.delivery.url, sent.delivery.body
        expected = [
            sign_delivery(url=url, body=body, access_key=key.access_key, secret_key=secret) for secret in key.secrets
        ]
        return authorization in expected
