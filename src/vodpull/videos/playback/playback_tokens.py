"""
Playback tokens: JSON Web Tokens that let their bearer watch one video for a while. Pure.

A token is a JWS in compact form (RFC 7519, RFC 7515), signed with a playback key of the video's account, whose id is
`kid` in its header. Its claims: `sub` (videoId), `exp`, and as wanted `nbf`, `grace` (seconds for which segments go on
after `exp`), `net` (address prefix of the viewer), `ref` (host of the page that plays), `only` (`captions`,
`pictures`) and `original` (true: the original may be had). Times are whole Unix seconds. Claims that are not named
here are ignored. How long tokens live is decided in `playback_token_lifetimes.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

import jwt
from jwt.types import Options
from pydantic import Field, TypeAdapter, ValidationError, field_validator

from vodpull.accounts.playback_keys import Algorithm
from vodpull.caller_networks import is_in
from vodpull.videos.playback.file_kinds import FileKind
from vodpull.videos.playback.playback_token_lifetimes import GRACE_S, MAX_GRACE_S

MAX_TOKEN_CHARACTERS = 2048

MAX_KEY_ID_CHARACTERS = 64

LAST_S = 2**53
"""No time is later: JSON numbers are exact up to here."""


class TokenRefusal(StrEnum):
    """Why a token lets nobody in."""

    MALFORMED = "token_malformed"
    UNKNOWN_KEY = "token_key_unknown"
    FORGED = "token_signature_wrong"
    OTHER_VIDEO = "token_of_another_video"
    EARLY = "token_not_valid_yet"
    EXPIRED = "token_expired"
    ADDRESS = "token_address_wrong"
    REFERRER = "token_referrer_wrong"
    FILE = "token_not_for_this_file"


class TokenRefused(Exception):
    """A token says nothing that could be believed."""

    def __init__(self, reason: TokenRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class VerifyingKey:
    """What the signature of a token is checked with."""

    algorithm: Algorithm
    key: str
    """The secret, or the public key in PEM."""


@dataclass(frozen=True, kw_only=True)
class TokenSigningKey:
    """What a token is signed with."""

    key_id: str
    secret: str
    """HS256."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a token allows."""

    sub: Annotated[str, Field(strict=True, min_length=1, max_length=64)]
    """The videoId."""
    exp: Annotated[int, Field(strict=True, gt=0, le=LAST_S)]
    nbf: Annotated[int, Field(strict=True, ge=0, le=LAST_S)] = 0
    grace: Annotated[int, Field(strict=True, ge=0, le=MAX_GRACE_S)] = GRACE_S
    net: Annotated[str, Field(strict=True, max_length=64)] = ""
    ref: Annotated[str, Field(strict=True, max_length=255)] = ""
    only: Annotated[tuple[Literal["captions", "pictures"], ...], Field(max_length=2)] = ()
    original: Annotated[bool, Field(strict=True)] = False

    @field_validator("net")
    @classmethod
    def _network(cls, value: str) -> str:
        return str(ip_network(value, strict=False)) if value else ""


@dataclass(frozen=True, kw_only=True)
class FileRequest:
    """What is known of a request for a file."""

    address: str
    referrer: str
    """The header as it came; empty: none."""


_GRANT = TypeAdapter(Grant)
_TIMES_ASIDE: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_sub": False,
}


def write_token(grant: Grant, key: TokenSigningKey) -> str:
    """Return a token that allows what the grant says; what it leaves open is not in it."""
    claims = {"sub": grant.sub, "exp": grant.exp}
    wanted = {name: getattr(grant, name) for name in ("nbf", "net", "ref", "only", "original") if getattr(grant, name)}
    if grant.grace != GRACE_S:
        wanted["grace"] = grant.grace
    return jwt.encode(claims | wanted, key.secret, algorithm="HS256", headers={"kid": key.key_id})


@lru_cache(maxsize=4096)  # a player brings the same token with every file
def read_token(token: str, key: VerifyingKey) -> Grant:
    """
    Return what a token allows; its times and bounds are not judged: see `refusal`.

    Raises:
        TokenRefused: it is no token, or its signature is not this key's.
    """
    try:
        return _GRANT.validate_python(jwt.decode(token, key.key, algorithms=[key.algorithm], options=_TIMES_ASIDE))
    except jwt.InvalidSignatureError:
        raise TokenRefused(TokenRefusal.FORGED) from None
    except (jwt.InvalidTokenError, ValidationError, ValueError, TypeError, RecursionError):
        raise TokenRefused(TokenRefusal.MALFORMED) from None


def key_id_of(token: str) -> str:
    """
    Return the id of the key that a token says it was signed with.

    Raises:
        TokenRefused: it is no token.
    """
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise TokenRefused(TokenRefusal.MALFORMED)
    try:
        found = jwt.get_unverified_header(token).get("kid")
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        raise TokenRefused(TokenRefusal.MALFORMED) from None
    if not isinstance(found, str) or not 0 < len(found) <= MAX_KEY_ID_CHARACTERS:
        raise TokenRefused(TokenRefusal.MALFORMED)
    return found


def refusal(grant: Grant, *, video_id: str, kind: FileKind, visit: FileRequest, now_s: float) -> TokenRefusal | None:
    """Return why a grant does not cover a file of a video now, or None: it does."""
    grace_s = grant.grace if kind is FileKind.MEDIA else 0
    judged = (
        (grant.sub.lower() != video_id, TokenRefusal.OTHER_VIDEO),
        (now_s < grant.nbf, TokenRefusal.EARLY),
        (now_s >= grant.exp + grace_s, TokenRefusal.EXPIRED),
        (bool(grant.net) and not is_in(visit.address, [ip_network(grant.net)]), TokenRefusal.ADDRESS),
        (bool(grant.ref) and _host(visit.referrer) != grant.ref.lower(), TokenRefusal.REFERRER),
        (not may_have(grant, kind), TokenRefusal.FILE),
    )
    return next((reason for refused, reason in judged if refused), None)


def may_have(grant: Grant, kind: FileKind) -> bool:
    """Return True for files of the kinds that a grant is for."""
    if kind is FileKind.ORIGINAL:
        return grant.original
    return not grant.only or kind.value in grant.only


def _host(referrer: str) -> str:
    try:
        return (urlsplit(referrer).hostname or "").lower()
    except ValueError:
        return ""
