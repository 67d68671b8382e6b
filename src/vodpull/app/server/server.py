"""The server: uvicorn's, but connections are accepted here, where they are counted before anything else happens."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp

from vodpull.app.server.admitted_connections import Connections
from vodpull.app.server.fast_path import Prompt, PromptProtocol
from vodpull.app.server.guarded_protocol import BUSY

ACCEPTED_AT_ONCE = 64
"""Then what is connected gets its turn."""

PAUSE_S = 0.2
"""After which accepting is tried again when there are no descriptors."""

HANDSHAKE_S = 10.0
"""For TLS."""

EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Files to serve HTTPS with (PEM)."""

    certificate: Path
    private_key: Path


class Server(uvicorn.Server):
    """Serves an application on one bound socket, until it is told to end."""

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        *,
        connections: Connections,
        prompt: Prompt | None = None,
        tls: Tls | None = None,
        grace_s: int = 5,
    ) -> None:
        proxies = connections.trusted_literals
        super().__init__(
            uvicorn.Config(
                app,
                http=PromptProtocol,
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=bool(proxies),
                forwarded_allow_ips=proxies,
                ssl_certfile=tls.certificate if tls else None,
                ssl_keyfile=tls.private_key if tls else None,
                timeout_graceful_shutdown=grace_s,
            )
        )
        self._listener = listener
        self._open = connections
        self._prompt = prompt
        self._tasks: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup(sockets=[*(sockets or [])])
        self._listener.settimeout(0)
        self._listener.listen(self.config.backlog)
        self._spawn(self._check())
        self._accept_again()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, and end what is connected."""
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await super().shutdown(sockets)

    def _accept_again(self) -> None:
        if self._listener.fileno() >= 0:
            asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection, peer = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    raise
                log.warning("no more connections for now", reason=error.strerror)
                loop = asyncio.get_running_loop()
                loop.remove_reader(self._listener)
                loop.call_later(PAUSE_S, self._accept_again)
                return
            self._admit(connection, str(peer[0]))

    def _admit(self, connection: socket.socket, address: str) -> None:
        connection.settimeout(0)
        if not self._open.has_room_for(address):
            with connection, contextlib.suppress(OSError):
                if not self.config.is_ssl:
                    connection.send(BUSY)
            return
        protocol = PromptProtocol(
            self.config, self.server_state, self.lifespan.state, connections=self._open, prompt=self._prompt
        )
        self._open.add(protocol, address)
        self._spawn(self._connect(connection, protocol))

    async def _connect(self, connection: socket.socket, protocol: PromptProtocol) -> None:
        tls: dict[str, Any] = {}
        if self.config.is_ssl:
            tls = {"ssl": self.config.ssl, "ssl_handshake_timeout": HANDSHAKE_S}
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, connection, **tls)
        except (OSError, asyncio.CancelledError) as error:  # an SSLError is an OSError
            self._open.remove(protocol)
            connection.close()
            if isinstance(error, asyncio.CancelledError):
                raise

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(self._open.limits.check_every_s)
            for protocol in self._open:
                try:
                    protocol.check()
                except Exception:
                    log.exception("a connection could not be looked at")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
