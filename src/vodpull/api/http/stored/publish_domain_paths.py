"""
Paths on domains with the stored files at the root: clients join domain and `fileUrl` (spec cloud-vod-videos §1.10).

Which domains calls may name: `cloudvod/library/known_domains.py`.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from vodpull.api.http.stored.media_keys import is_media_key


class PublishDomains:
    """Answers on the publish domains as `/media/` does elsewhere; every other path and host passes as it is."""

    def __init__(self, app: ASGIApp, *, domains: Collection[str]) -> None:
        self._app = app
        self._domains = frozenset(domain.lower().encode() for domain in domains)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, to the path that it means."""
        if scope["type"] == "http" and self._domains and is_media_key(scope["path"].lstrip("/")):
            host = next((value for name, value in scope["headers"] if name == b"host"), b"").lower()
            if host in self._domains or host.partition(b":")[0] in self._domains:
                path = f"/media/{scope['path'].lstrip('/')}"
                scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)
