"""How a receiver knows that a notification is ours; how callers sign requests: `request_signing.py`."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from standardwebhooks import Webhook


def sign_delivery(*, url: str, body: str, access_key: str, secret_key: str) -> str:
    """
    Return the `Authorization` header of a delivery: `<AccessKey>:<url-safe base64 of hex HMAC-SHA1>`.

    SHA-1 is what the original storage platform documents and what its receivers check.
    Source: spec cloud-vod-fetch §6, row "Authorization header".
    """
    digest = hmac.new(secret_key.encode(), f"{url}\n{body}".encode(), hashlib.sha1).hexdigest()
    return f"{access_key}:{base64.urlsafe_b64encode(digest.encode()).decode()}"


def sign_webhook(delivery_id: str, body: str, *, secret: str, now_s: float) -> dict[str, str]:
    """
    Return the Standard Webhooks headers of one attempt: `webhook-id`, `-timestamp` and `-signature`.

    The id is the same over all attempts, the timestamp is this one's. `secret` is `whsec_` and base64.
    Source: Standard Webhooks 1.0.0, "Webhook headers".
    """
    sent = datetime.fromtimestamp(int(now_s), UTC)
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(now_s)),
        "webhook-signature": Webhook(secret).sign(msg_id=delivery_id, timestamp=sent, data=body),
    }
