"""The running service: builds the parts, joins them, and takes them down again."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
import structlog
from limits import parse
from starlette.responses import RedirectResponse

from vodpull import fetch, media, storage
from vodpull.accounts.hashing import WAITING
from vodpull.accounts.keys import Accounts, NewKey
from vodpull.accounts.operators import Operators
from vodpull.api.http.access import Access
from vodpull.api.http.auth import SigningKey, sign
from vodpull.api.http.bodies import MAX_BODY_BYTES, MAX_HELD_BYTES, MAX_OF_ADDRESS_BYTES
from vodpull.api.http.context import ApiContext
from vodpull.api.http.metrics import MetricsDoor
from vodpull.api.http.waiters import MAX_OF_KEY, Waiters
from vodpull.api.routes import create_api, create_health
from vodpull.app.facts import describe_system
from vodpull.app.folder import make_data_dir
from vodpull.app.local_key import LOCAL_ACCOUNT, keep_local_key
from vodpull.app.metrics import Metrics
from vodpull.app.outgoing import notify_guard, source_guard
from vodpull.app.server import Connections, Limits
from vodpull.app.setup import (
    check_default_template,
    check_postgresql,
    check_shared,
    file_urls,
    open_vault,
    prove_store,
    tell_unknown,
    wire_zone,
)
from vodpull.app.tracing import open_tracer
from vodpull.clock import now_ms, now_s
from vodpull.console import CONSOLE_PATH, ConsoleContext, create_console
from vodpull.console.entry import ATTEMPTS, ATTEMPTS_OF_ALL
from vodpull.database.connection import migrate, open_database
from vodpull.errors import ConfigurationError
from vodpull.jobs.census import take_census
from vodpull.jobs.deliveries import Deliveries
from vodpull.jobs.events import Events
from vodpull.jobs.history import History, read_history
from vodpull.jobs.idempotency import is_first
from vodpull.jobs.listing import Listing
from vodpull.jobs.removals import Retention
from vodpull.jobs.retries import SourceRetries
from vodpull.jobs.status_reader import open_status_reader
from vodpull.jobs.store import Store
from vodpull.jobs.templates import load_templates
from vodpull.settings import Settings
from vodpull.videos.callbacks import Callbacks
from vodpull.videos.categories import Categories
from vodpull.videos.gate import BlockedVideos
from vodpull.videos.library import Library
from vodpull.videos.volume import StorageDays
from vodpull.workflows.attempt.admission import Admission, Thresholds
from vodpull.workflows.attempt.context import Context
from vodpull.workflows.attempt.meters import Tracer, Watch
from vodpull.workflows.delivery.inspector import Inspector
from vodpull.workflows.delivery.outbox import Manner, Outbox
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.executors import BeatLimits, Heartbeat, claim_executor_id
from vodpull.workflows.engine.queue_lengths import measure_queues
from vodpull.workflows.engine.queues import Queues
from vodpull.workflows.ingest import register_workflows
from vodpull.workflows.requests.control import Control
from vodpull.workflows.requests.deletion import Disposal, Sweep
from vodpull.workflows.requests.encoding import Encoding
from vodpull.workflows.requests.intake import Intake, Terms
from vodpull.workflows.requests.leftovers import Leftovers
from vodpull.workflows.requests.removal import VideoRemoval
from vodpull.workflows.steps import Steps
from vodpull.workflows.upkeep.archive import Archive
from vodpull.workflows.upkeep.schedule import Chores, Schedule

if TYPE_CHECKING:
    from fastapi import FastAPI

Role = Literal["all", "api", "worker"]
"""`all`: everything in one process; `api` accepts and shows work, `worker` does it, any number of each."""

LIMITS = {
    "body_bytes": MAX_BODY_BYTES,
    "held_body_bytes": MAX_HELD_BYTES,
    "held_body_bytes_of_address": MAX_OF_ADDRESS_BYTES,
    "streams_of_key": MAX_OF_KEY,
    "sign_ins_of_address": parse(ATTEMPTS).amount,
    "sign_ins": parse(ATTEMPTS_OF_ALL).amount,
    "passwords_at_once": 1 + WAITING,
}
"""What is allowed above the connection, for `/metrics`."""

EXIT_LOST = 75
"""Exit code when this process counts as dead to others: a supervisor starts it again (EX_TEMPFAIL)."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a running process serves over HTTP."""

    web: FastAPI
    """The application; of a worker health and metrics only."""
    connections: Connections
    """Who may connect."""


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
    if role != "all" and database.dialect.name == "sqlite":
        remedy = "Set VODPULL_DATABASE_URL=postgresql://… for several processes, or leave --role away for one."
        raise ConfigurationError(f"--role {role} needs PostgreSQL", field="VODPULL_DATABASE_URL", remedy=remedy)
    try:
        check_shared(settings, database)
        migrate(database)
        check_postgresql(database)
        with open_tracer(settings.otlp_endpoint, process=f"{socket.gethostname()}-{os.getpid()}") as tracer:
            parts = _Parts(settings, database, role=role, tracer=tracer)
            with parts.attached() if role == "api" else parts.working():
                web = create_health(parts.is_ready, parts.metrics_door()) if role == "worker" else parts.web()
                yield Service(web=web, connections=parts.connections)
    finally:
        database.dispose()


class _Parts:
    """Everything that a process is made of, joined."""

    def __init__(self, settings: Settings, database: sa.Engine, *, role: Role, tracer: Tracer) -> None:
        self._settings = settings
        self._database = database
        self._store = Store(database)
        self._vault = open_vault(settings, database)
        self._accounts = Accounts(database, self._vault)
        self._objects = storage.open_store(settings.storage())
        prove_store(settings, self._objects)
        self._guard = source_guard(settings)
        self._notify_guard = notify_guard(settings)
        self._host_limits = fetch.HostLimits(
            connections_per_host=settings.host_connections, requests_per_s=settings.host_requests_per_s
        )
        self._templates = load_templates(settings.data_dir / "templates", settings.template_aliases)
        check_default_template(settings, self._templates)
        self._engine = Engine(database)
        self._queues = Queues.of(fetch_slots=settings.fetch_slots, encode_slots=settings.encode_slots)
        self._census = partial(
            take_census,
            database,
            queues=partial(measure_queues, database, [queue.name for queue in self._queues.all()]),
            alive_s=BeatLimits().death_s,
        )
        self._metrics = Metrics(
            self._census,
            data_dir=settings.data_dir,
            min_free_bytes=settings.min_free_bytes,
            role=role,
        )
        self.connections = Connections(
            Limits.of_process(connections=settings.max_connections, fetch_slots=settings.fetch_slots),
            trusted=(ip_network(proxy, strict=False) for proxy in settings.trusted_proxies),
            on_refused=self._metrics.refused,
        )
        self._metrics.watch_door(self.connections)
        self._metrics.limits(LIMITS)
        self._watch = Watch(meters=self._metrics, tracer=tracer)
        self._outbox = Outbox(
            self._store,
            self._accounts,
            engine=self._engine,
            queues=self._queues,
            watch=self._watch,
            manner=Manner(only_200="notify-200-only" in settings.compat, urls=file_urls(settings)),
        )
        self._control = Control(self._store, self._outbox, engine=self._engine, queues=self._queues)
        self._retention = Retention(database)
        self._disposal = Disposal(self._retention, self._control, self._objects)
        self._library = Library(database)
        self._storage_days = StorageDays(database, zone=wire_zone(settings))
        self._removal = VideoRemoval(
            self._library, self._store, disposal=self._disposal, outbox=self._outbox, objects=self._objects
        )

    def metrics_door(self) -> MetricsDoor:
        """Return what stands behind `/metrics`."""
        return MetricsDoor(render=self._metrics.render, token=self._settings.metrics_token.get_secret_value())

    def web(self) -> FastAPI:
        """Return the HTTP application: the APIs, and the console below its own path."""
        keep_local_key(self._settings.data_dir, self._accounts)
        context = self._api_context()
        web = create_api(context)
        web.mount(CONSOLE_PATH, create_console(self._console_context(context)))
        web.add_route("/", lambda _: RedirectResponse(f"{CONSOLE_PATH}/"), include_in_schema=False)
        return web

    def _console_context(self, api: ApiContext) -> ConsoleContext:
        return ConsoleContext(
            operators=Operators(self._database),
            accounts=self._accounts,
            store=api.store,
            listing=api.listing,
            deliveries=api.deliveries,
            intake=api.intake,
            control=api.control,
            disposal=api.disposal,
            outbox=api.outbox,
            library=api.library,
            categories=api.categories,
            events=api.events,
            encoding=api.encoding,
            removal=api.removal,
            publish_domains=api.publish_domains,
            inspector=Inspector(api.deliveries, self._accounts),
            system_facts=partial(describe_system, self._settings),
            census=self._census,
            history=self._history,
            sign=_sign,
            account=LOCAL_ACCOUNT,
            templates=tuple(sorted(self._templates)),
            default_template=self._settings.default_template,
            public_url=self._settings.public_url,
        )

    def _history(self, slice_s: int, slices: int) -> History:
        return read_history(self._database, until_ms=now_ms(), slice_s=slice_s, slices=slices)

    def _api_context(self) -> ApiContext:
        return ApiContext(
            access=Access(
                self._accounts.find_live,
                rate_limit=self._settings.rate_limit,
                is_first=partial(is_first, self._database),
            ),
            intake=self._intake(),
            control=self._control,
            disposal=self._disposal,
            outbox=self._outbox,
            store=self._store,
            status=open_status_reader(self._database, self._vault),
            listing=Listing(self._database),
            events=Events(self._database),
            deliveries=Deliveries(self._database),
            account_name=self._accounts.name_of,
            library=self._library,
            storage_days=self._storage_days,
            removal=self._removal,
            categories=Categories(self._database),
            encoding=Encoding(self._store, self._engine, self._queues),
            callbacks=Callbacks(self._database),
            templates=self._templates,
            default_template=self._settings.default_template,
            check_url=self._notify_guard.check_url,
            objects=self._objects,
            gate=BlockedVideos(self._library.blocked_folders),
            publish_domains=self._settings.publish_domains,
            is_ready=self.is_ready,
            metrics=self.metrics_door(),
            on_reply=self._metrics.replied,
            waiters=Waiters(),
            public_url=self._settings.public_url,
            language=self._settings.language,
            compat=self._settings.compat,
            wire_zone=wire_zone(self._settings),
        )

    async def is_ready(self) -> dict[str, bool]:
        """Return which parts work."""
        return {
            "database": await asyncio.to_thread(database_answers, self._database),
            "storage": await storage.store_answers(self._objects),
            "disk": shutil.disk_usage(self._settings.data_dir).free > self._settings.min_free_bytes,
        }

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Only accept and show work."""
        self._engine.attach()
        try:
            yield
        finally:
            self._engine.shutdown()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Do work, under an executor id of this process's own."""
        steps = Steps(self._context(), self._outbox)
        executor_id = claim_executor_id(self._database, lock_folder=self._settings.data_dir)
        heartbeat = Heartbeat(
            self._database,
            executor_id,
            engine=self._engine,
            on_lost=_leave_if_shared(self._database),
            on_census=self._host_limits.share,
        )
        schedule = Schedule(self._store, self._engine, work_folder=self._work_folder(), chores=self._chores())
        register_workflows(self._engine, self._queues, steps)
        try:
            self._engine.launch(self._queues.all(), executor_id=executor_id.name)
            heartbeat.start()
            schedule.start()
            yield
        finally:
            self._engine.drain(grace_s=self._settings.grace_s)
            schedule.stop()
            self._engine.shutdown()
            heartbeat.stop()
            executor_id.release()

    def _context(self) -> Context:
        settings = self._settings
        return Context(
            store=self._store,
            objects=self._objects,
            is_shared=self._database.dialect.name != "sqlite",
            guard=self._guard,
            notify_guard=self._notify_guard,
            host_limits=self._host_limits,
            toolbox=_toolbox(settings),
            work_folder=self._work_folder(),
            admission=Admission(
                settings.data_dir,
                Thresholds(min_free_bytes=settings.min_free_bytes, max_backlog=settings.max_backlog),
                backlog=self._store.count_waiting_for_encoder,
                standing_aside=self._engine.standing_aside,
            ),
            templates=self._templates,
            fetch_limits=fetch.FetchLimits(
                max_bytes=settings.max_source_bytes,
                min_rate_bytes_per_s=settings.min_source_bytes_per_s,
                max_segments=settings.max_segments,
                max_playlist_bytes=settings.max_playlist_bytes,
            ),
            source_retries=SourceRetries.parse(settings.source_retries),
            max_duration_s=settings.max_duration_s,
            watch=self._watch,
            encode_slots=settings.encode_slots,
            standing_aside=self._engine.standing_aside,
        )

    def _work_folder(self) -> Path:
        return self._settings.data_dir.resolve() / "work"

    def _intake(self) -> Intake:
        terms = Terms(
            templates=self._templates,
            check_url=self._notify_guard.check_url,
            default_template=self._settings.default_template,
            unique_trans_no="trans-no-strict" in self._settings.compat,
            quota_bytes=self._settings.account_quota_bytes,
        )
        return Intake(self._store, self._engine, self._queues, terms=terms)

    def _chores(self) -> Chores:
        return Chores(
            retention=self._retention,
            leftovers=Leftovers(self._retention, self._objects),
            removal=self._removal,
            days=self._storage_days,
            archive=Archive(self._database, self._vault, self._objects),
            disposal=self._disposal,
            sweep=Sweep(self._retention, self._objects, uploads=self._objects, is_over=self._store.work_is_over),
            keep_days=self._settings.retention_days,
        )


def _sign(url: str, body: bytes, key: NewKey) -> dict[str, str]:
    return sign("POST", url, body, key=SigningKey(access_key=key.access_key, secret=key.secret_key), now_s=now_s())


def _toolbox(settings: Settings) -> media.Toolbox:
    toolbox = media.find_toolbox(settings.ffmpeg_path, sandbox=settings.sandbox)
    if toolbox.sandbox != "bwrap":
        fix = "apt install bubblewrap"
        log.warning("sandbox is weak: bubblewrap does not work here, only resource limits", fix=fix)
    return toolbox


def database_answers(database: sa.Engine) -> bool:
    """Return True when a query comes back."""
    try:
        with database.connect() as connection:
            connection.execute(sa.select(1))
    except sa.exc.SQLAlchemyError:
        return False
    return True


def _leave_if_shared(database: sa.Engine) -> Callable[[], None]:
    """
    Return what a process does that could not beat for too long.

    On a shared database others took its work over, so it must end at once; its child processes die with it. On SQLite
    nobody else can be there, and a laptop that slept simply goes on.
    """
    if database.dialect.name == "sqlite":
        return lambda: log.warning("this process was paused; going on")
    return lambda: os._exit(EXIT_LOST)
