"""Who sent a request: verification of signatures. No network, store or clock."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets as random_secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from vodpull.accounts.access_keys import LiveKey
from vodpull.api.http.keys.signature_times import WINDOW_S, check_time, date_s, unix_s
from vodpull.clock import now_ms
from vodpull.errors import AuthenticationError, ParameterError
from vodpull.request_signing import (
    BASIC,
    DIALECTS,
    MANDATORY_HEADERS,
    Dialect,
    SignedRequest,
    canonical_request,
    query_readings,
    seal_basic,
    seal_hmac,
    string_to_sign,
    to_bytes,
)

MAX_NAME_CHARACTERS = 64
"""Of an access key."""

Keys = Callable[[str], LiveKey | None]


def authenticate(request: SignedRequest, *, keys: Keys, now_s: float) -> SignatureProof:
    """
    Return the proof of which live key signed a request.

    The first word of `Authorization` chooses the scheme, whatever its letter case and whatever the host. An unknown
    key and a wrong signature get the same answer for the same work.

    Raises:
        AuthenticationError: not signed by a live key; the message is the reason of spec cloud-vod-auth §6.
        ParameterError: signed well, but with a query whose meaning the signature does not fix.
    """
    claim = read_claim(request, now_s=now_s)
    return prove(claim, request, key=keys(claim.access_key))


def read_claim(request: SignedRequest, *, now_s: float) -> SignatureClaim:
    """
    Return what a request says of who signed it; nothing is proved yet.

    Raises:
        AuthenticationError: the signature is missing, unreadable or too old.
    """
    word, _, credentials = request.headers.get("authorization", "").strip().partition(" ")
    read = _SCHEMES.get(word.lower())
    if read is None:
        raise AuthenticationError("missing authorization")
    claim = read(request, credentials.strip(), int(now_s))
    _check_name(claim.access_key)
    return claim


def prove(claim: SignatureClaim, request: SignedRequest, *, key: LiveKey | None) -> SignatureProof:
    """
    Return what is proved if the live key of this claim's name made its proof; None: nobody has that name.

    Raises:
        AuthenticationError: it did not.
        ParameterError: signed well, but with a query whose meaning the signature does not fix.
    """
    live, message = check_claim(claim, request, key=key)
    # The date that BASIC signs says nothing of the request.
    covered = (message,) if claim.covers_request else (message, *_parts(request))
    return SignatureProof(
        key=live, identity=hashlib.sha256(b"\n".join((to_bytes(live.access_key), *covered))).hexdigest()
    )


def check_claim(claim: SignatureClaim, request: SignedRequest, *, key: LiveKey | None) -> tuple[LiveKey, bytes]:
    """Return the key that made a claim's proof, and the message that it covers; raises as `prove`."""
    live, message = _check(claim, key)
    _refuse_open_query(request, exact=message in claim.messages)
    return live, message


def _parts(request: SignedRequest) -> tuple[bytes, ...]:
    return (*map(to_bytes, (request.method, request.path, request.query)), hashlib.sha256(request.body).digest())


def authenticate_bearer(authorization: str, *, keys: Keys) -> LiveKey:
    """
    Return the live key of `Bearer <accessKey>.<secretKey>`, the form of `/api/v1`.

    Raises:
        AuthenticationError: another scheme, or not the secret of a live key.
    """
    word, _, token = authorization.strip().partition(" ")
    if word.lower() != "bearer":
        raise AuthenticationError("missing authorization")
    access_key, _, secret = token.strip().partition(".")
    if not access_key or not secret:
        raise AuthenticationError("malformed authorization")
    _check_name(access_key)
    # Digests have one length, so that the comparison does not tell the secret's.
    claim = SignatureClaim(access_key=access_key, proof=_seal_bearer(secret, b""), seal=_seal_bearer, messages=(b"",))
    return _check(claim, keys(access_key))[0]


@dataclass(frozen=True, kw_only=True)
class SignatureProof:
    """Who signed a request, and what makes it the same request however it is spelt."""

    key: LiveKey
    identity: str
    """64 hex characters of all that the signature covers; equal for requests that one signature fits."""


class SignatureClaim(NamedTuple):
    """What a request says of itself: which key made which proof over which text."""

    access_key: str
    proof: bytes
    seal: Callable[[str, bytes], bytes]
    """Makes the proof from a secret and a message."""
    messages: tuple[bytes, ...]
    """Texts that the proof may cover."""
    loose_messages: tuple[bytes, ...] = ()
    """Further texts, in which different queries look alike."""
    covers_request: bool = True
    """The texts are those of the request, and of no other one."""


# Stands in for secrets that do not exist; random, so that nobody can sign with it.
_NO_SECRET = random_secrets.token_hex(32)
# As many as a key has while one is being replaced, so that the work does not tell how many there are.
_SECRETS_TRIED = 2


def _check(claim: SignatureClaim, key: LiveKey | None) -> tuple[LiveKey, bytes]:
    """Return the key and the message that the proof covers, an exact one first; tries all before it refuses."""
    if key is not None and key.expires_at_ms is not None and key.expires_at_ms <= now_ms():
        key = None
    known = key.secrets if key is not None else ()
    tried = known + (_NO_SECRET,) * (_SECRETS_TRIED - len(known))
    for message in (*claim.messages, *claim.loose_messages):
        for secret in tried:
            if hmac.compare_digest(claim.seal(secret, message), claim.proof) and key is not None:
                return key, message
    raise AuthenticationError("signature mismatch")


def _refuse_open_query(request: SignedRequest, *, exact: bool) -> None:
    """Refuse a query that somebody else could have added to, or cut up, without breaking the signature."""
    if not request.query:
        return
    if request.method == "POST":
        raise ParameterError("query parameters of a POST are not signed: put them into the body", field="query")
    # Signed in decoded form, `a=1%26b=2` and `a=1&b=2` are the same text.
    if not exact and "%26" in request.query:
        raise ParameterError("query has an encoded & that its signature does not fix: use POST", field="query")


_HMAC_CREDENTIALS = re.compile(
    r"Credential=(?P<credential>[^,\s]+)\s*,\s*SignedHeaders=(?P<names>[^,\s]+)\s*,\s*Signature=(?P<signature>[^,\s]+)"
)


_MANDATORY = frozenset(MANDATORY_HEADERS)


def _read_hmac(request: SignedRequest, credentials: str, now_s: int, *, dialect: Dialect) -> SignatureClaim:
    found = _HMAC_CREDENTIALS.fullmatch(credentials)
    # Duplicates stay: one SDK signs them.
    names = sorted(found["names"].lower().split(";")) if found else []
    if found is None or not set(names) >= _MANDATORY:
        raise AuthenticationError("malformed authorization")
    # One printed form goes on with `/<date>/<region>/…` (spec cloud-vod-auth §3).
    access_key = found["credential"].partition("/")[0]
    if access_key != request.headers.get(dialect.key_name):
        raise AuthenticationError("access key mismatch")
    timestamp = request.headers.get(dialect.time_name, "")
    check_time(unix_s(timestamp), now_s)
    as_sent, *decoded = (
        string_to_sign(dialect, timestamp, canonical_request(request, names, query))
        for query in query_readings(request)
    )
    return SignatureClaim(
        access_key=access_key,
        proof=to_bytes(found["signature"].lower()),
        seal=seal_hmac,
        messages=(as_sent,),
        loose_messages=tuple(decoded),
    )


def _check_name(access_key: str) -> None:
    """Refuse what is no name, before a database is asked for it: some refuse a NUL with an error."""
    if len(access_key) > MAX_NAME_CHARACTERS or not access_key.isprintable():
        raise AuthenticationError("malformed authorization")


def _read_basic(request: SignedRequest, credentials: str, now_s: int) -> SignatureClaim:
    """Read user and proof of an API key; the proof covers the date alone, neither path nor body."""
    user, _, password = _basic_pair(credentials).partition(":")
    if not user or not password:
        raise AuthenticationError("malformed authorization")
    dates = [request.headers[name] for name in ("x-cnc-date", "date") if name in request.headers]
    dated = [(text, stated_s) for text in dates if (stated_s := date_s(text)) is not None]
    in_time = tuple(text.encode() for text, stated_s in dated if abs(now_s - stated_s) <= WINDOW_S)
    if not in_time:
        check_time(dated[0][1] if dated else None, now_s)
    return SignatureClaim(
        access_key=user, proof=to_bytes(password), seal=seal_basic, messages=in_time, covers_request=False
    )


def _basic_pair(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode()
    except ValueError as error:
        raise AuthenticationError("malformed authorization") from error


def _seal_bearer(secret: str, _: bytes) -> bytes:
    return hashlib.sha256(to_bytes(secret)).digest()


# One line per scheme: the word, in lower case, and who reads what it claims.
_SCHEMES: dict[str, Callable[[SignedRequest, str, int], SignatureClaim]] = {
    **{dialect.word.lower(): partial(_read_hmac, dialect=dialect) for dialect in DIALECTS},
    BASIC.lower(): _read_basic,
}
