"""
The upload token: made for one key, and judged before anything is taken. Pure.

    <key id>:<url-safe base64 of hex HMAC-SHA1(secret, policy)>:<policy: url-safe base64 of JSON>

Source: spec cloud-vod-videos §8.2. Clients split it at `:` and read the policy, so its form stays.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from vodpull.errors import UploadBucketUnknown, UploadTokenInvalid
from vodpull.wire_values import read_number

BUCKET = "vodpull"

KEY_ID = "upload-1"
"""Names the label that the secret is derived by, so that keys can be turned over."""

_SCHEME = "uptoken "
_PARTS = 3


@dataclass(frozen=True, kw_only=True)
class UploadKey:
    """What signs the tokens of an installation."""

    key_id: str = KEY_ID
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a token allows."""

    key: str
    """Of the object that the file becomes."""
    deadline_ms: int
    """Requests that begin later are refused."""
    overwrite: bool = False
    """A complete file may be replaced."""
    max_bytes: int = 0
    """0: as large as the installation takes."""


def sign_token(policy: Policy, *, key: UploadKey) -> str:
    """Return the token of a policy."""
    members = {
        "scope": f"{BUCKET}:{policy.key}",
        "deadline": str(policy.deadline_ms),
        "overwrite": int(policy.overwrite),
        "fsizeLimit": policy.max_bytes,
    }
    text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    encoded = base64.urlsafe_b64encode(text.encode()).decode()
    return f"{key.key_id}:{_signature(encoded, key)}:{encoded}"


def read_token(text: str, *, key: UploadKey, now_ms: int) -> Policy:
    """
    Return what a token allows; `UpToken` before it does not count.

    Raises:
        UploadTokenInvalid: it is not one of ours, was changed, or its time is over.
        UploadBucketUnknown: it is for another place.
    """
    text = text.strip()
    if text[: len(_SCHEME)].lower() == _SCHEME:
        text = text[len(_SCHEME) :].strip()
    parts = text.split(":")
    if len(parts) != _PARTS:
        raise UploadTokenInvalid("Token Format Invalid")
    key_id, signature, encoded = parts
    if key_id != key.key_id:
        raise UploadTokenInvalid("AK/SK Not Found")
    if not hmac.compare_digest(_signature(encoded, key).encode(), signature.encode(errors="replace")):
        raise UploadTokenInvalid("Token Invalid")
    return _policy(_members(encoded), now_ms=now_ms)


def _policy(members: dict[str, Any], *, now_ms: int) -> Policy:
    deadline_ms = _number(members.get("deadline"))
    if deadline_ms is None:
        raise UploadTokenInvalid("ExpireTime Is Null")
    if deadline_ms <= now_ms:
        raise UploadTokenInvalid("Token Invalid")
    bucket, _, key = str(members.get("scope", "")).partition(":")
    if bucket != BUCKET:
        raise UploadBucketUnknown("Bucket Not Found")
    return Policy(
        key=key,
        deadline_ms=deadline_ms,
        overwrite=_number(members.get("overwrite")) == 1,
        max_bytes=_number(members.get("fsizeLimit")) or 0,
    )


def _signature(encoded: str, key: UploadKey) -> str:
    digest = hmac.new(key.secret.encode(), encoded.encode(errors="replace"), hashlib.sha1).hexdigest()
    return base64.urlsafe_b64encode(digest.encode()).decode()


def _members(encoded: str) -> dict[str, Any]:
    try:
        members = json.loads(base64.urlsafe_b64decode(encoded))
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise UploadTokenInvalid("Token Invalid")
    return members


def _number(value: object) -> int | None:
    """Return a whole number in either form."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return read_number(str(value))
