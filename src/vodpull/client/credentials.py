"""What a call brings to show who calls: the secret as a bearer token over TLS only, elsewhere a signature."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from vodpull.client.exchange import OWN_PREFIX, HttpCall
from vodpull.clock import now_s
from vodpull.request_signing import SigningKey, sign


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the service is and who calls it."""

    server: str
    """Base URL."""
    key: SigningKey

    def headers(self, call: HttpCall, content: bytes) -> dict[str, str]:
        """
        Return the headers of a call, credentials included.

        The secret itself crosses encrypted connections only, as a bearer token; elsewhere the call is signed.
        """
        if call.target.startswith(OWN_PREFIX) and self.server.startswith("https://"):
            token = f"{self.key.access_key}.{self.key.secret}"
            own = {"Authorization": f"Bearer {token}", "Content-Type": call.content_type, "Accept": "application/json"}
        else:
            # A signed call of our own API is carried out once: two of one second must not look alike.
            nonce = secrets.token_hex(8) if call.target.startswith(OWN_PREFIX) and call.method != "GET" else ""
            key = replace(self.key, nonce=nonce)
            url = self.server + call.target
            own = sign(call.method, url, content, key=key, now_s=now_s(), content_type=call.content_type)
        return {**own, **call.headers}
