"""Connections of the HTTP service: uvicorn, and the limits on size, time and number; no endpoints."""

from vodpull.app.server.connections import Connections
from vodpull.app.server.limits import Limits, Refusal
from vodpull.app.server.server import Server, Tls

__all__ = ["Connections", "Limits", "Refusal", "Server", "Tls"]
