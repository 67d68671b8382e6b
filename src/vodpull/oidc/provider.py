"""One OpenID Connect provider: the code flow with PKCE, and ID tokens that are believed only when all of it fits."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from vodpull.clock import now_s
from vodpull.errors import AuthenticationError
from vodpull.oidc.bounded_http import BoundedHttp

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Of ID tokens: signatures by a key that only the provider has; never `none`, never the client's own secret."""

KNOWN_S = 3600.0
"""How long the provider's endpoints and keys are remembered."""

AGAIN_S = 60.0
"""After this long, keys are read anew for a token that none of the known ones signed: there may be new ones."""

LEEWAY_S = 60
"""Clocks differ."""

MAX_SUBJECT_CHARACTERS = 255
"""By OpenID Connect Core §2."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is kept from the way there to the way back."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str

    @classmethod
    def new(cls, redirect_uri: str) -> Request:
        """Return a fresh one."""
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        return cls(state=state, nonce=nonce, verifier=verifier, redirect_uri=redirect_uri)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who somebody is."""

    issuer: str
    subject: str
    """Of the issuer: the same for ever."""
    email: str
    """In lower case, if the issuer has verified it; else empty."""
    groups: frozenset[str]


class Provider:
    """Asks one issuer who somebody is."""

    def __init__(
        self, issuer: str, *, client_id: str, client_secret: str, scopes: str = "openid email", groups: str = "groups"
    ) -> None:
        """`groups` is the claim that names somebody's groups; without a secret it is a public client."""
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._scopes = scopes
        self._groups = groups
        self._http = BoundedHttp(issuer)
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    def url(self, request: Request) -> str:
        """
        Return where a browser is sent.

        Raises:
            AuthenticationError: the provider does not say where that is.
        """
        return str(
            prepare_grant_uri(
                self._endpoint("authorization_endpoint"),
                client_id=self._client_id,
                response_type="code",
                redirect_uri=request.redirect_uri,
                scope=self._scopes,
                state=request.state,
                nonce=request.nonce,
                code_challenge=create_s256_code_challenge(request.verifier),
                code_challenge_method="S256",
            )
        )

    def identity(self, request: Request, code: str) -> Identity:
        """
        Return who came back with this code.

        Raises:
            AuthenticationError: the code is not for this request, or the token is not what it should be.
        """
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=request.redirect_uri, code_verifier=request.verifier
        )
        url, headers, body = self._client_auth().prepare(
            "POST",
            self._endpoint("token_endpoint"),
            {"Content-Type": "application/x-www-form-urlencoded"},
            body,
        )
        answer = self._http.post(url, headers=headers, body=body)
        return self._read(answer, request)

    def _client_auth(self) -> ClientAuth:
        offered = self._discovered().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "none"
        if self._client_secret:
            method = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
        return ClientAuth(client_id=self._client_id, client_secret=self._client_secret, auth_method=method)

    def _read(self, answer: Mapping[str, Any], request: Request) -> Identity:
        claims = self._claims(str(answer.get("id_token", "")), str(answer.get("access_token", "")), request)
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARACTERS or "\x00" in subject:
            raise AuthenticationError("the identity provider does not say who you are")
        if "email" not in claims and answer.get("access_token"):
            claims = self._more(str(answer["access_token"]), subject) | claims
        groups = claims.get(self._groups, ())
        return Identity(
            issuer=self.issuer,
            subject=subject,
            email=str(claims.get("email", "")).strip().lower() if claims.get("email_verified") is True else "",
            groups=frozenset(map(str, groups if isinstance(groups, list) else (groups,))),
        )

    def _claims(self, token: str, access_token: str, request: Request) -> dict[str, Any]:
        """Return what an ID token says, once everything that OpenID Connect Core §3.1.3.7 asks for is proved."""
        try:
            decoded = self._verified(token)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                {"nonce": request.nonce, "client_id": self._client_id, "access_token": access_token},
            )
            claims.validate(now=int(now_s()), leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise AuthenticationError("the identity provider's token is not for us, or no longer good") from error
        return dict(claims)

    def _verified(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, KeySet.import_key_set(self._keys(KNOWN_S)), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            return jwt.decode(token, KeySet.import_key_set(self._keys(AGAIN_S)), algorithms=ALGORITHMS)

    def _more(self, access_token: str, subject: str) -> dict[str, Any]:
        """Return what else the provider tells of somebody, which some do only there (OpenID Connect Core §5.3)."""
        if "userinfo_endpoint" not in self._discovered():
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        told = self._http.get(self._endpoint("userinfo_endpoint"), headers=headers)
        return told if told.get("sub") == subject else {}

    def _endpoint(self, name: str) -> str:
        url = self._discovered().get(name)
        if not isinstance(url, str):
            raise AuthenticationError(f"the identity provider does not say where it is: {name}")
        return url

    def _discovered(self) -> dict[str, Any]:
        found = self._remembered(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", KNOWN_S)
        if found.get("issuer") != self.issuer:
            raise AuthenticationError("the identity provider is another one than VODPULL_OIDC_ISSUER says")
        return found

    def _keys(self, most_s: float) -> Any:
        return self._remembered(self._endpoint("jwks_uri"), most_s)

    def _remembered(self, url: str, most_s: float) -> dict[str, Any]:
        with self._lock:
            at_s, found = self._known.get(url, (0.0, {}))
        if now_s() - at_s > most_s:
            at_s, found = now_s(), self._http.get(url)
            with self._lock:
                self._known[url] = (at_s, found)
        return found
