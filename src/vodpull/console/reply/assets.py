"""The files that pages load, from the package alone: our own, and the vendored libraries."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

# Closed list: nothing else of the package is readable over HTTP.
_FILES = {
    "console.css": ("static", "text/css"),
    "console.js": ("static", "text/javascript"),
    "player.js": ("static", "text/javascript"),
    "charts.js": ("static", "text/javascript"),
    "uploads.js": ("static", "text/javascript"),
    "icon.svg": ("static", "image/svg+xml"),
    "htmx.js": ("vendor", "text/javascript"),
    "htmx-sse.js": ("vendor", "text/javascript"),
    "tus.js": ("vendor", "text/javascript"),
    "uplot.js": ("vendor", "text/javascript"),
    "uplot.css": ("vendor", "text/css"),
    "shaka-player.js": ("vendor", "text/javascript"),
    "shaka-player.css": ("vendor", "text/css"),
}

_VERSIONED = "public, max-age=31536000, immutable"
_PLAIN = "public, max-age=300"


def asset_version(name: str) -> str:
    """Return the part of an asset's URL that changes with its content."""
    return hashlib.sha256(_content(name)).hexdigest()[:12]


def asset_size_bytes(name: str) -> int:
    """Return what a browser has to load of an asset, compressed."""
    return len(_compressed(name))


async def read_asset(request: Request) -> Response:
    """Return one file; whoever asks with the right version may keep it for good."""
    name = request.path_params["name"]
    if name not in _FILES:
        return Response("not found\n", status_code=404, media_type="text/plain")
    headers = {"Vary": "Accept-Encoding"}
    headers["Cache-Control"] = _VERSIONED if request.query_params.get("v") == asset_version(name) else _PLAIN
    body = _content(name)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = _compressed(name)
    return Response(body, headers=headers, media_type=_FILES[name][1])


@cache
def _content(name: str) -> bytes:
    return (files("vodpull.console") / _FILES[name][0] / name).read_bytes()


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(_content(name), mtime=0)
