"""How a receiver knows that a notification is ours."""

from __future__ import annotations

import base64
import hashlib
import hmac


def sign_delivery(*, url: str, body: str, access_key: str, secret_key: str) -> str:
    """
    Return the `Authorization` header of a delivery: `<AccessKey>:<url-safe base64 of hex HMAC-SHA1>`.

    SHA-1 is what the original storage platform documents and what its receivers check.
    Source: spec cloud-vod-fetch §6, row "Authorization header".
    """
    digest = hmac.new(secret_key.encode(), f"{url}\n{body}".encode(), hashlib.sha1).hexdigest()
    return f"{access_key}:{base64.urlsafe_b64encode(digest.encode()).decode()}"
