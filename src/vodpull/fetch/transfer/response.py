"""What an origin's answer means, judged by its status and headers alone."""

from __future__ import annotations

import re

import yarl

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
    SourceChanged,
)
from vodpull.fetch.partfile.byte_ranges import Span
from vodpull.fetch.partfile.journal import Identity
from vodpull.fetch.transfer.answer import Answer
from vodpull.wire_values import read_date_s, read_retry_after_s

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
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")
# Seconds between a file's last change and the answer after which Last-Modified can tell two versions apart
# (RFC 9110, 8.8.2.2: it counts whole seconds).
_SETTLED_S = 1


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


def identity_of(response: Answer, *, source: str) -> Identity | None:
    """Return what a whole answer's body is, None if no later answer could be known to continue it."""
    size_bytes, validator = response.content_length, validator_of(response)
    if not size_bytes or not validator or response.headers.get("Accept-Ranges", "").strip().lower() == "none":
        return None
    return Identity(
        source=source,
        final_url=plain(response.url),
        size_bytes=size_bytes,
        validator=validator,
        etag=response.headers.get("ETag", ""),
        content_type=response.headers.get("Content-Type", ""),
    )


def validator_of(response: Answer) -> str:
    """Return what proves two answers to be of the same bytes: a strong ETag, else a settled Last-Modified, else ""."""
    etag = response.headers.get("ETag", "")
    if etag.startswith('"') and etag.isascii():
        return etag
    modified = response.headers.get("Last-Modified", "")
    modified_s, date_s = read_date_s(modified), read_date_s(response.headers.get("Date", ""))
    is_strong = modified_s is not None and date_s is not None and date_s - modified_s >= _SETTLED_S
    return modified if is_strong and modified.isascii() else ""


def invites_ranges(response: Answer) -> bool:
    """Tell whether the origin says by itself that it gives ranges."""
    return response.headers.get("Accept-Ranges", "").strip().lower() == "bytes" or response.status == 206  # noqa: PLR2004


def check_range(response: Answer, identity: Identity, span: Span) -> None:
    """Raise the catalogue's error unless the answer is the span, of those bytes, that was asked for."""
    if response.status == 416:  # noqa: PLR2004 - HTTP's range not satisfiable; it was when the file was first seen
        raise SourceChanged(f"{response.url.host}: the file is shorter than it was before")
    check_status(response)
    check_encoding(response)
    if response.status != 206:  # noqa: PLR2004 - HTTP's partial content
        raise SourceChanged(f"{response.url.host}: the origin sent the whole file where a range was asked for")
    check_continues(response, identity, span)


def check_continues(response: Answer, identity: Identity, span: Span) -> None:
    """
    Make sure that a 206 carries exactly the span of exactly those bytes.

    Raises:
        SourceChanged: it belongs to another version of the file, or to another file.
        OriginFailed: it is another span than was asked for.
    """
    host = response.url.host
    etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    has_etag = identity.validator.startswith('"')
    now = etag if has_etag else modified
    # A fresh redirect may lead to another place; only a strong ETag then tells that the same file is there.
    is_elsewhere = plain(response.url) != identity.final_url and not (has_etag and etag is not None)
    if now not in {None, identity.validator} or is_elsewhere:
        raise SourceChanged(f"{host}: the file changed while it was fetched")
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if found and found[3] not in {"*", str(identity.size_bytes)}:
        raise SourceChanged(f"{host}: the file had {identity.size_bytes} bytes before, now it has {found[3]}")
    start, stop = span
    if (
        not found
        or (int(found[1]), int(found[2])) != (start, stop - 1)
        or response.content_length not in {None, stop - start}
    ):
        raise OriginFailed(f"{host}: the origin sent another range (Content-Range) than was asked for")


def retry_after_s(response: Answer) -> float | None:
    """Return the seconds that a 429 or 503 asks to wait, None if it does not say."""
    if response.status not in {429, 503}:
        return None
    return read_retry_after_s(response.headers.get("Retry-After", ""))


def plain(url: yarl.URL) -> str:
    """Return a URL without its query, which may carry a signature."""
    return str(url.with_query(None))
