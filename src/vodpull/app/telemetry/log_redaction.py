"""What of a log line is hidden: secrets, wherever they stand, and characters that could forge or repaint a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from structlog.typing import EventDict, WrappedLogger

HIDDEN = "***"

MAX_DEPTH = 5
"""Values nested deeper than this are hidden whole."""


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Return a log event without secrets and without characters that could forge or repaint a line."""
    return {name: value if name.startswith("_") else _cleaned(name, value) for name, value in event.items()}


# As part of a field's name, however it is written: `X-Amz-Signature`, `notify_secret`, `secretKey`.
_SECRET_NAME = re.compile(r"authori[sz]ation|secret|passw|token|signature|cookie|credential|master.?key", re.IGNORECASE)


def _cleaned(name: str, value: Any, depth: int = 0) -> Any:
    if isinstance(value, bool | int | float | None):
        return value
    if _SECRET_NAME.search(name) or depth > MAX_DEPTH:
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): _cleaned(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned("", item, depth + 1) for item in value]
    return without_secrets(value.decode(errors="replace") if isinstance(value, bytes) else str(value))


def without_secrets(text: str) -> str:
    """Return a text without what may be secret in it: better a word too few than one too many."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


# Each begins where a word does and takes it whole: tried from every letter of a long word, a name that a stranger chose
# would hold the service for minutes.
_SECRETS = (
    # A whole authorization: the word of a scheme and what follows it on the line.
    (
        re.compile(r"\b(Bearer|Basic|Digest|(?:CNC|WS3|AWS4)-HMAC-SHA256)[ \t]+[^\r\n'\"]+", re.IGNORECASE),
        rf"\1 {HIDDEN}",
    ),
    # user:password@ of a URL, up to the last @ before its path.
    (re.compile(r"(?<![a-z0-9+.-])([a-z0-9+.-]*+://)[^\s/?#'\"]*@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    # A query, of a URL or of a bare path, with its fragment.
    (re.compile(r"\?[^\s'\"<>?]*=[^\s'\"<>]*"), f"?{HIDDEN}"),
    # name=value and name: value, where the name says that it is one.
    (
        re.compile(
            r"(?<![\w.-])(?=[\w.-]*(?:authori[sz]ation|secret|passw|token|signature|cookie|credential))"
            r"([\w.-]++['\"]?+\s*+[=:]\s*+)"
            r"(?:'[^']*'|\"[^\"]*\"|[^\s,;&]+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), HIDDEN),
)

# All but tab and line feed (tracebacks have them), and what turns the direction of writing.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
