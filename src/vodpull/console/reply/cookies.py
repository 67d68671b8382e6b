"""How the console gives cookies: to itself alone, unreadable for scripts and for other sites' forms."""

from __future__ import annotations

from starlette.responses import Response

from vodpull.console.request.visit import Visit


def set_cookie(response: Response, visit: Visit, *, name: str, value: str, life_s: int) -> None:
    """Give the browser a cookie for the console alone, unreadable for scripts and other sites' forms."""
    response.set_cookie(
        name,
        value,
        max_age=life_s,
        path=visit.root or "/",
        httponly=True,
        samesite="lax",
        secure=visit.request.url.scheme == "https",
    )
