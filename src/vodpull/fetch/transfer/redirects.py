"""
Which answers send a request on to another address, where to, and when an address that was told is over.

How many redirects one request follows at most is a limit of `limits.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import yarl

from vodpull.errors import OriginFailed, UrlForbidden
from vodpull.fetch.transfer.answers.answer import Answer

_REDIRECTS = {301, 302, 303, 307, 308}
# How a link says that its time or its number of answers is over.
_STALE = {401, 403, 404, 410}


def is_redirect(answer: Answer) -> bool:
    """Tell whether an answer only names another address (RFC 9110, section 15.4)."""
    return answer.status in _REDIRECTS


def is_stale(answer: Answer) -> bool:
    """Tell whether an address that a redirect led to before serves no longer: the first one is asked again."""
    return answer.status in _STALE


def next_hop(answer: Answer, *, resolve: Callable[[yarl.URL, str], yarl.URL]) -> yarl.URL:
    """
    Return where a redirect leads to.

    Args:
        answer: The redirect.
        resolve: Returns the checked URL of a reference at a base.

    Raises:
        OriginFailed: It names no target.
        UrlForbidden: It leads from https to http.
    """
    location = answer.headers.get("Location")
    if location is None:
        raise OriginFailed(f"{answer.url.host}: the redirect names no target")
    url = resolve(answer.url, _text_of(location))
    if (answer.url.scheme, url.scheme) == ("https", "http"):
        raise UrlForbidden(f"{answer.url.host}: the redirect leads from https to http")
    return url


def _text_of(location: str) -> str:
    """Return a Location as text: its bytes are UTF-8, or else sent back as they are, quoted."""
    raw = location.encode("utf-8", "surrogateescape")  # bytes outside ASCII arrive as surrogates
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in raw)  # noqa: PLR2004 - end of ASCII
