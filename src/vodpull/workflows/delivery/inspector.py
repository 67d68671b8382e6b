"""What lately came to the built-in receiver, and whether its signatures hold. For people who write a receiver."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from vodpull.accounts.keys import Accounts
from vodpull.clock import now_ms
from vodpull.jobs.deliveries import Addressed, Attempt, Deliveries, Delivery
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
        attempts = self._deliveries.newest_below(INSPECTOR_URL, since_ms=since_ms, limit=MOST)
        judged = [self._judge(delivery, attempt) for delivery, attempt in attempts]
        return [inspected for inspected in judged if inspected is not None]

    def _judge(self, delivery: Delivery, attempt: Attempt) -> Inspected | None:
        """Check the signatures as a receiver does; None when the delivery was deleted meanwhile, or never came here."""
        found = self._deliveries.find(delivery.delivery_id)
        if found is None or attempt.status is None:
            return None
        headers: dict[str, str] = json.loads(attempt.response_head)
        return Inspected(
            delivery=delivery,
            attempt=attempt,
            headers=headers,
            is_webhook_valid=self._is_webhook_valid(found, headers),
            is_key_valid=self._is_key_valid(found, headers.get("Authorization", "")),
        )

    def _is_webhook_valid(self, found: Addressed, headers: Mapping[str, str]) -> bool:
        expected = sign_webhook(
            headers["webhook-id"],
            found.delivery.body,
            secret=self._accounts.notify_secret(found.account_id),
            now_s=int(headers["webhook-timestamp"]),
        )
        return hmac.compare_digest(expected["webhook-signature"], headers["webhook-signature"])

    def _is_key_valid(self, found: Addressed, authorization: str) -> bool | None:
        key = self._accounts.find_live(found.access_key)
        if key is None:
            return None
        url, body = found.delivery.url, found.delivery.body
        expected = [
            sign_delivery(url=url, body=body, access_key=key.access_key, secret_key=secret) for secret in key.secrets
        ]
        return authorization in expected
