"""Is a notification ours? For receivers in any web framework."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass

from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

from vodpull.client.wire_shapes import Task
from vodpull.errors import NotificationInvalid, ParameterError


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A fact that a vodpull service told."""

    delivery_id: str
    """The same each time this fact is told: keep those you have seen, and answer 200 again."""
    task: Task
    """As in the reply of pullVideoQuery; with `separate`, `items` holds the one finished source."""


def verify_notification(headers: Mapping[str, str], body: bytes | str, secret: str) -> Notification:
    """
    Return what a notification says, after its Standard Webhooks signature was checked.

    `body` is the request's body as it arrived, `secret` (`whsec_…`) that of `vodpull keys webhook-secret NAME`.

    Raises:
        NotificationInvalid: it is not signed with this secret, or more than five minutes ago: do not believe it.
        ParameterError: the secret is none.
    """
    webhook = _webhook(secret)
    given = {name.lower(): value for name, value in headers.items()}
    try:
        webhook.verify(body, given, json_parse=False)
        task = json.loads(base64.urlsafe_b64decode(body))
    except WebhookVerificationError as error:
        raise NotificationInvalid(f"the notification is not to be believed: {error}") from error
    except ValueError as error:
        raise NotificationInvalid("the notification cannot be read") from error
    return Notification(delivery_id=given["webhook-id"], task=task)


def _webhook(secret: str) -> Webhook:
    try:
        return Webhook(secret)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise ParameterError("the secret is not `whsec_` and base64", field="secret") from error
