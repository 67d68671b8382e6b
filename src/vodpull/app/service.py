"""The running service: builds the parts, joins them, and takes them down again."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vodpull.api.worker_application import create_health
from vodpull.app.composition import Composition, Role
from vodpull.app.data_folder import make_data_dir
from vodpull.app.server import Connections, Prompt
from vodpull.app.start_checks import check_postgresql, check_role, check_shared, tell_unknown
from vodpull.app.telemetry.optional_tracing import open_tracer
from vodpull.app.web import web_of
from vodpull.app.worker import attached, working
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate
from vodpull.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a running process serves over HTTP."""

    web: FastAPI
    """The application; of a worker health and metrics only."""
    connections: Connections
    """Who may connect."""
    prompt: Prompt | None = None
    """What is answered before the application is asked."""


@contextmanager
def running_service(settings: Settings, *, role: Role = "all") -> Iterator[Service]:
    """
    Run a process of this role until the block ends; gives what is to be served over HTTP.

    Call it from a thread without an event loop: the engine then runs the workflows on a loop of its own, where a slow
    reply of the API cannot hold them up.

    Raises:
        ConfigurationError: a setting cannot be used.
        AlreadyRunning: another process uses the data folder.
    """
    tell_unknown()
    make_data_dir(settings.data_dir)
    database = open_database(settings.database())
    try:
        check_role(role, database)
        check_shared(settings, database)
        migrate(database)
        check_postgresql(database)
        with open_tracer(settings.otlp_endpoint, process=f"{socket.gethostname()}-{os.getpid()}") as tracer:
            parts = Composition(settings, database, role=role, tracer=tracer)
            with attached(parts) if role == "api" else working(parts):
                if role == "worker":
                    health = create_health(parts.is_ready, parts.metrics_door())
                    yield Service(web=health, connections=parts.connections)
                else:
                    web, prompt = web_of(parts)
                    yield Service(web=web, prompt=prompt, connections=parts.connections)
    finally:
        database.dispose()
