"""Which publish domains a call may name. What is served on them: `api/http/stored/publish_domain_paths.py`. Pure."""

from __future__ import annotations

from vodpull.api.cloudvod.library.refusals import DOMAIN_UNKNOWN, Refusal, Refused
from vodpull.videos.file_urls import FileUrls


def known_domain(asked: str, urls: FileUrls, *, refusal: Refusal = DOMAIN_UNKNOWN) -> str:
    """
    Return a publish domain as it is kept: empty for the name that every file has where there are no publish domains.

    Raises:
        Refused: it is none of the installation's.
    """
    if asked in urls.domains:
        return asked
    if asked != urls.host():
        raise Refused(refusal)
    return ""
