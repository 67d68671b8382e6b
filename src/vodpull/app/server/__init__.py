"""Connections of the HTTP service: uvicorn, limits on heads, times and numbers (bodies: `request_body_limits.py`)."""

from vodpull.app.server.admitted_connections import Connections
from vodpull.app.server.connection_limits import CloseReason, Limits
from vodpull.app.server.fast_path import Prompt
from vodpull.app.server.server import Server, Tls

__all__ = ["CloseReason", "Connections", "Limits", "Prompt", "Server", "Tls"]
