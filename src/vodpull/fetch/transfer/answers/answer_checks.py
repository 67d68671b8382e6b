"""Which answers of an origin are which error, by status and headers alone: 404, 429, encoded, too large."""

from __future__ import annotations

import re

from vodpull.errors import (
    BodyEmpty,
    BodyEncoded,
    BodyTooLarge,
    FetchError,
    OriginBusy,
    OriginFailed,
    OriginMissing,
    OriginRefused,
    OriginTimeout,
)
from vodpull.fetch.transfer.answers.answer import Answer
from vodpull.http_dates import read_retry_after_s

_STATUS_ERRORS: dict[int, type[FetchError]] = {
    404: OriginMissing,
    408: OriginTimeout,
    410: OriginMissing,
    429: OriginBusy,
    503: OriginBusy,
}
# Content codings that change the bytes: the registered ones, and old names of them.
_COMPRESSIONS = frozenset(
    {"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd", "dcb", "dcz", "lzma", "bzip2", "xz", "exi"}
)


def check_status(response: Answer) -> None:
    """Raise the catalogue's error for every status but 200 and 206."""
    host, status = response.url.host, response.status
    if status in {204, 205}:
        raise BodyEmpty(f"{host}: the origin answered {status}, no content")
    if status not in {200, 206}:
        is_refusal = 400 <= status < 500  # noqa: PLR2004 - HTTP's client errors
        kind = _STATUS_ERRORS.get(status, OriginRefused if is_refusal else OriginFailed)
        error = kind(f"{host}: the origin answered {status}")
        error.origin_status = status
        raise error


def check_encoding(response: Answer) -> None:
    """
    Raise BodyEncoded if the body's bytes are not those of the file.

    What is no compression (`aws-chunked`, `none`, `binary`, `utf-8`) was left by an upload and changes nothing.
    """
    encodings = ",".join(response.headers.getall("Content-Encoding", [])).lower()
    if _COMPRESSIONS.intersection(re.split(r"[\s,]+", encodings)):
        raise BodyEncoded(f"{response.url.host}: the body is encoded, so it is not the file itself")


def check_size(announced: int | None, max_bytes: int) -> None:
    """Raise BodyEmpty or BodyTooLarge for an announced size that is not worth a body."""
    if announced == 0:
        raise BodyEmpty("the body has zero bytes")
    if announced is not None and announced > max_bytes:
        raise BodyTooLarge(f"{announced} bytes are announced, {max_bytes} are allowed")


def invites_ranges(response: Answer) -> bool:
    """Tell whether the origin says by itself that it gives ranges."""
    return response.headers.get("Accept-Ranges", "").strip().lower() == "bytes" or response.status == 206  # noqa: PLR2004


def retry_after_s(response: Answer) -> float | None:
    """Return the seconds that a 429 or 503 asks to wait, None if it does not say."""
    if response.status not in {429, 503}:
        return None
    return read_retry_after_s(response.headers.get("Retry-After", ""))
