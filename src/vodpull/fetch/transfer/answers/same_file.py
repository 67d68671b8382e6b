"""Whether an answer continues the file that was begun, or the origin has another one by now (RFC 9110 §13, §14)."""

from __future__ import annotations

import re

import yarl

from vodpull.errors import OriginFailed, SourceChanged
from vodpull.fetch.partfile.byte_ranges import Span
from vodpull.fetch.partfile.journal import FileIdentity
from vodpull.fetch.transfer.answers.answer import Answer
from vodpull.fetch.transfer.answers.answer_checks import check_encoding, check_status
from vodpull.http_dates import read_date_s

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")
# Seconds between a file's last change and the answer after which Last-Modified can tell two versions apart
# (RFC 9110, 8.8.2.2: it counts whole seconds).
_SETTLED_S = 1


def identity_of(response: Answer, *, source: str) -> FileIdentity | None:
    """Return what a whole answer's body is, None if no later answer could be known to continue it."""
    size_bytes, validator = response.content_length, validator_of(response)
    if not size_bytes or not validator or response.headers.get("Accept-Ranges", "").strip().lower() == "none":
        return None
    return FileIdentity(
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


def check_range(response: Answer, identity: FileIdentity, span: Span) -> None:
    """Raise the catalogue's error unless the answer is the span, of those bytes, that was asked for."""
    if response.status == 416:  # noqa: PLR2004 - HTTP's range not satisfiable; it was when the file was first seen
        raise SourceChanged(f"{response.url.host}: the file is shorter than it was before")
    check_status(response)
    check_encoding(response)
    if response.status != 206:  # noqa: PLR2004 - HTTP's partial content
        raise SourceChanged(f"{response.url.host}: the origin sent the whole file where a range was asked for")
    check_continues(response, identity, span)


def check_continues(response: Answer, identity: FileIdentity, span: Span) -> None:
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


def plain(url: yarl.URL) -> str:
    """Return a URL without its query, which may carry a signature."""
    return str(url.with_query(None))
