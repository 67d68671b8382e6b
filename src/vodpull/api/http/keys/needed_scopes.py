"""Which scope of an access key a call needs. Pure."""

from __future__ import annotations

import re

from vodpull.accounts.scopes import Scope

_READS = re.compile(r"get(?!.*UploadToken$)\w+|\w+Query", re.ASCII)
_SUBMITS = re.compile(r"pullVideo|videoClip|videoConcat|get\w*UploadToken", re.ASCII)


def wire_scope(path: str) -> Scope:
    """Return what a call of the wire contract needs, by the last word of its path."""
    name = path.rstrip("/").rpartition("/")[2]
    if _SUBMITS.fullmatch(name):
        return Scope.SUBMIT
    return Scope.READ if _READS.fullmatch(name) else Scope.MANAGE


_OWN_SUBMITS = re.compile(r"/api/v1/(batches|uploads(/.*)?|joins|videos/[^/]+/clips|imports(/[^/]+/(entries|start))?)")
_OWN_PLAYBACK = re.compile(r"/api/v1/(playback-keys(/.*)?|videos/[^/]+/playback)")


def own_scope(method: str, path: str) -> Scope:
    """Return what a call of `/api/v1` needs."""
    if path == "/api/v1/audit":
        return Scope.MANAGE  # it tells of other keys
    if _OWN_PLAYBACK.fullmatch(path):
        return Scope.PLAYBACK
    if _OWN_SUBMITS.fullmatch(path) and (method != "GET" or path.startswith("/api/v1/uploads")):
        return Scope.SUBMIT
    return Scope.READ if method in {"GET", "HEAD"} else Scope.MANAGE
