"""The sources that a command line names: URLs, files of URLs, standard input; what cannot be fetched is refused."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from vodpull.errors import ConfigurationError, UrlInvalid

FIELD = "SOURCE"

_STORED = re.compile(r"(?:s3|gs|az|file)://[^/]+/.|(?![^:]*:\d+(?:/|$))[a-z][a-z0-9-]*:[^/\\]")
"""Of a store or folder that the service has by a name; `host:port` is none."""


def read_sources(words: Iterable[str]) -> list[str]:
    """
    Return the URLs that these words name: a URL, `@FILE` with one URL per line, or `-` for the same on standard input.

    Raises:
        ConfigurationError: a file cannot be read, or there is no URL at all.
        UrlInvalid: one of them can never be fetched.
    """
    urls = [check_url(url) for word in words for url in _named_by(word)]
    if not urls:
        raise ConfigurationError("there is no URL in it", field=FIELD, remedy="Give one URL per line.")
    return urls


def _named_by(word: str) -> Iterator[str]:
    if word == "-":
        yield from _lines(sys.stdin.read())
    elif word.startswith("@"):
        try:
            yield from _lines(Path(word[1:]).read_text())
        except (OSError, UnicodeDecodeError) as error:
            why = f"{word[1:]} cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}"
            raise ConfigurationError(why, field=FIELD, remedy="Name a text file with one URL per line.") from error
    else:
        yield word


def _lines(text: str) -> Iterator[str]:
    """Give the lines that say something; `#` begins a remark."""
    yield from (line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))


def check_url(url: str) -> str:
    """
    Return a URL that may be fetched.

    Raises:
        UrlInvalid: it can never be, whatever the service is set to.
    """
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if scheme in {"http", "https"}:
        if _host(url):
            return url
        raise UrlInvalid(f"{url} names no host", field=FIELD, remedy=f"Write {scheme}://host/path.")
    if _STORED.match(url):
        return url
    if scheme == "file" or (not scheme and _is_file(url)):
        raise UrlInvalid(f"{url} is a file on this machine; vodpull fetches from URLs", field=FIELD, remedy=_SERVE)
    if scheme:
        remedy = "Give an http or https URL, or `s3://name/key` of a store that the operator named."
        raise UrlInvalid(f"{url}: {scheme} cannot be fetched", field=FIELD, remedy=remedy)
    remedy = f"Write https://{url}" if re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?(/|$)", url) else "Write https://host/path."
    raise UrlInvalid(f"{url} is not a URL", field=FIELD, remedy=f"{remedy.rstrip('.')}.")


_SERVE = (
    "Put the file on a web server that the service reaches. On this machine: "
    "`python3 -m http.server --bind 127.0.0.1 9000` in its folder, `VODPULL_TRUSTED_ORIGINS=http://127.0.0.1:9000` "
    "for the service, then `vodpull pull http://127.0.0.1:9000/NAME`."
)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_file(word: str) -> bool:
    try:
        return word.startswith(("./", "../", "/", "~")) or Path(word).is_file()
    except (OSError, ValueError):
        return False
