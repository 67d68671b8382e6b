"""Of which requests the bodies are streamed: those that bring a file reach the application as they come. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import Scope

from vodpull.api.cloudvod.file_upload.router import TRANSFER_PREFIXES
from vodpull.api.http.error_replies import UPLOADS_PREFIX


def is_streamed(scope: Scope, *, others: Sequence[str] = ()) -> bool:
    """
    Tell whether a request brings a file; `others`: paths below which somebody else takes files.

    Whoever signs instead of showing a secret sends small pieces of it: the signature covers the whole body.
    """
    path: str = scope["path"]
    if path.startswith(UPLOADS_PREFIX):
        return any(name == b"authorization" and value[:7].lower() == b"bearer " for name, value in scope["headers"])
    return path.startswith((*TRANSFER_PREFIXES, *others))
