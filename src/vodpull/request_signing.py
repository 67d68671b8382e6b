"""
The text that a signed request stands for, and its signature: one rule for those who sign and those who check.

Whose key made it, and whether it is too old: `api/http/keys/signatures.py`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cached_property
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit

from vodpull.errors import ParameterError

CNC = "CNC-HMAC-SHA256"
WS3 = "WS3-HMAC-SHA256"
BASIC = "Basic"


@dataclass(frozen=True, kw_only=True)
class SignedRequest:
    """The parts of an HTTP request that signatures cover, as they arrived."""

    method: str
    path: str
    """Request target before `?`, still encoded."""
    query: str
    """Request target after `?`, still encoded; empty when there is none."""
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A client's side of an access key."""

    access_key: str
    secret: str = field(repr=False)
    scheme: str = CNC
    """`CNC`, `WS3` or `BASIC`."""
    nonce: str = ""
    """Signed along, except by BASIC: two equal requests of one second then stay two."""


def sign(
    method: str,
    url: str,
    body: bytes,
    *,
    key: SigningKey,
    now_s: float,
    content_type: str = "application/json",
) -> dict[str, str]:
    """
    Return the headers that a client sends with a request, `Host` and `Content-Type` included.

    The URL must go out as given here: a client library that encodes it anew breaks the signature.

    Raises:
        ParameterError: there is no such scheme.
    """
    target = urlsplit(url)
    headers = {"Host": _host(target), "Content-Type": content_type, "Accept": "application/json"}
    if key.scheme == BASIC:
        return headers | _sign_basic(key, now_s)
    dialect = next((known for known in DIALECTS if known.word == key.scheme), None)
    if dialect is None:
        raise ParameterError(f"scheme is none of {CNC}, {WS3} and {BASIC}", field="scheme")
    headers |= {NONCE_HEADER: key.nonce} if key.nonce else {}
    names = (*MANDATORY_HEADERS, *([NONCE_HEADER] if key.nonce else []))
    request = SignedRequest(
        method=method.upper(),
        path=target.path or "/",
        query=target.query,
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
    )
    canonical = canonical_request(request, names, query_readings(request)[-1])
    timestamp = str(int(now_s))
    signature = seal_hmac(key.secret, string_to_sign(dialect, timestamp, canonical)).decode()
    authorization = f"{dialect.word} Credential={key.access_key}, SignedHeaders={';'.join(names)}, "
    return (
        headers
        | dialect.extra_headers
        | {
            dialect.key_header: key.access_key,
            dialect.time_header: timestamp,
            "Authorization": f"{authorization}Signature={signature}",
        }
    )


def _sign_basic(key: SigningKey, now_s: float) -> dict[str, str]:
    date = formatdate(int(now_s), usegmt=True)
    pair = f"{key.access_key}:{seal_basic(key.secret, date.encode()).decode()}"
    authorization = f"{BASIC} {base64.b64encode(pair.encode()).decode()}"
    return {"Date": date, "x-cnc-auth-method": "BASIC", "Authorization": authorization}


def _host(target: SplitResult) -> str:
    """Return what HTTP clients put into `Host`: the port only when it is not the scheme's own."""
    host = target.netloc.rpartition("@")[2]
    default_port = {"http": ":80", "https": ":443"}.get(target.scheme, "")
    return host.removesuffix(default_port) if default_port else host


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The words of one HMAC-SHA256 scheme; the algorithm is the same."""

    word: str
    key_header: str
    time_header: str
    extra_headers: dict[str, str] = field(default_factory=dict)
    """What the scheme's own clients send besides; not checked."""

    @cached_property
    def key_name(self) -> str:
        """The header of the access key as it is looked up."""
        return self.key_header.lower()

    @cached_property
    def time_name(self) -> str:
        """The header of the time as it is looked up."""
        return self.time_header.lower()


DIALECTS = (
    Dialect(
        word=CNC,
        key_header="x-cnc-accessKey",
        time_header="x-cnc-timestamp",
        extra_headers={"x-cnc-auth-method": "AKSK"},
    ),
    Dialect(word=WS3, key_header="X-WS-AccessKey", time_header="X-WS-Timestamp"),
)

MANDATORY_HEADERS = ("content-type", "host")

NONCE_HEADER = "x-vodpull-nonce"
"""Any text; behind the mandatory ones in the order of the alphabet, as signed headers are."""


def query_readings(request: SignedRequest) -> list[str]:
    """
    Return the texts that clients sign for a query: first as sent, last as the Python SDK decodes it.

    A POST signs no query. Of the others some keep `+` and some read it as a space (spec cloud-vod-auth §2.4).
    """
    if request.method == "POST":
        return [""]
    return [request.query, unquote_plus(request.query), unquote(request.query)]


def canonical_request(request: SignedRequest, names: Sequence[str], query: str) -> bytes:
    """Return a request as every client writes it before it signs (spec cloud-vod-auth §2.2, steps 1 to 7)."""
    headers = "".join(f"{name}:{request.headers.get(name, '').lower()}\n" for name in names)
    # No client signs the body of a GET, and nobody reads it.
    payload = b"" if request.method == "GET" else request.body
    lines = (request.method, request.path, query, headers, ";".join(names), hashlib.sha256(payload).hexdigest())
    return to_bytes("\n".join(lines))


def string_to_sign(dialect: Dialect, timestamp: str, canonical: bytes) -> bytes:
    """Return the text that the signature covers (step 8)."""
    return f"{dialect.word}\n{timestamp}\n{hashlib.sha256(canonical).hexdigest()}".encode()


def seal_hmac(secret: str, message: bytes) -> bytes:
    """Return the proof of the HMAC-SHA256 schemes."""
    return hmac.digest(secret.encode(), message, "sha256").hex().encode()


def seal_basic(secret: str, message: bytes) -> bytes:
    """Return the proof of BASIC, whose message is the date."""
    return base64.b64encode(hmac.digest(secret.encode(), message, "sha1"))


def to_bytes(text: str) -> bytes:
    """Encode text of a stranger: what is not Unicode may not match, but must not fail either."""
    return text.encode("utf-8", "surrogatepass")
