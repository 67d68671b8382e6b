"""Whether a form is the visitor's own, or another site made their browser send it."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from starlette.requests import Request

from vodpull.errors import FormRefused


def csrf_proof(token: str) -> str:
    """Return the proof that a form came from a page of the session of this token; nobody else can make it."""
    return hmac.digest(token.encode(), b"vodpull console form", "sha256").hex()


def check_sender(request: Request, form: Mapping[str, str], *, token: str) -> None:
    """
    Make sure that a request comes from a page of this visitor: by what only such a page knows, and by its browser.

    Raises:
        FormRefused: it does not.
    """
    given = request.headers.get("x-csrf-token") or form.get("csrf", "")
    is_ours = hmac.compare_digest(given.encode(), csrf_proof(token).encode())
    if not is_ours or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise FormRefused("this form is too old, or came from another site")
