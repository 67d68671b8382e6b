"""The door of the HTTP service: uvicorn, and what a connection may send, how long it may take, how many there are."""

from vodpull.app.server.connections import Connections
from vodpull.app.server.limits import Limits, Refusal
from vodpull.app.server.server import Server, Tls

__all__ = ["Connections", "Limits", "Refusal", "Server", "Tls"]
