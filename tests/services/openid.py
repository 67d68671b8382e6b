"""An OpenID Connect provider: real sockets, real signatures, the code flow with PKCE; it misbehaves on request."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.services.loopback import serving

CLIENT_ID, CLIENT_SECRET = "vodpull", "a client's secret"


ADA = {"sub": "17", "email": "ada@example.com", "email_verified": True}


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"}, auto_kid=False)


@dataclass
class OpenIdProvider:
    """A running provider, and who sits before its login page."""

    url: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "17", "email": "ada@example.com", "email_verified": True}
    )
    claims: dict[str, Any] = field(default_factory=dict)
    """Put into ID tokens in place of what belongs there."""
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256"})
    only_userinfo: bool = False
    """Tells the address at the userinfo endpoint alone."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """Put into the discovery document in place of what belongs there."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """What browsers asked with, by the code that they were given; a code is good once."""
    key: RSAKey = field(default_factory=functools.cache(new_key))
    signing_key: Any = None
    """Signs in place of the published one."""

    def authorize(self, url: str) -> str:
        """Return where the login page sends a browser that came with this URL, once the person has logged in."""
        asked = dict(parse_qsl(urlsplit(url).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'state': asked['state'], 'code': code, 'iss': self.url})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """Return what the token endpoint answers."""
        asked = self.codes.pop(form.get("code", ""), None)
        pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if authorization != f"Basic {pair}":
            return {"error": "invalid_client"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or challenge.decode().rstrip("=") != asked["code_challenge"]:
            return {"error": "invalid_grant"}
        now = int(time.time())
        told = {"sub": self.person["sub"]} if self.only_userinfo else self.person
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": asked["nonce"]} | told
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        signed = jwt.encode(
            {"kid": self.key.kid, **self.header}, claims, self.signing_key or self.key, algorithms=["RS256", "HS256"]
        )
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": signed}

    def page(self, path: str) -> dict[str, Any] | None:
        """Return a document of the provider."""
        documents: dict[str, dict[str, Any]] = {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "userinfo_endpoint": f"{self.url}/userinfo",
            }
            | self.metadata,
            "/keys": dict(KeySet([self.key]).as_dict(private=False)),
            "/userinfo": self.person,
        }
        return documents.get(path)


@contextmanager
def running_openid() -> Iterator[OpenIdProvider]:
    """Run a provider on a free loopback port until the block ends."""
    provider = OpenIdProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = provider.page(self.path)
            self._answer(404 if found is None else 200, found or {})

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            answer = provider.token(form, self.headers.get("Authorization", ""))
            self._answer(400 if "error" in answer else 200, answer)

        def _answer(self, status: int, value: dict[str, Any]) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as url:
        provider.url = url
        yield provider
