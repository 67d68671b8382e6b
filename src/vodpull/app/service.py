"""The running service: builds the parts, joins them, and takes them down again."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from vodpull import fetch, media, storage
from vodpull.api.access import Access
from vodpull.api.context import ApiContext
from vodpull.api.routes import create_api
from vodpull.errors import ObjectMissing, StorageError
from vodpull.jobs.accounts import Accounts, NewKey, Vault
from vodpull.jobs.database import migrate, open_database
from vodpull.jobs.deliveries import Deliveries
from vodpull.jobs.events import Events
from vodpull.jobs.listing import Listing
from vodpull.jobs.store import Store
from vodpull.settings import Settings
from vodpull.workflows.admission import Admission, Thresholds
from vodpull.workflows.caretaker import Caretaker
from vodpull.workflows.control import Control
from vodpull.workflows.engine import ENGINE_VERSION, Engine
from vodpull.workflows.executors import ExecutorId, Heartbeat, claim_executor_id
from vodpull.workflows.ingest import register_workflows
from vodpull.workflows.intake import Intake
from vodpull.workflows.outbox import Outbox
from vodpull.workflows.queues import Queues
from vodpull.workflows.steps import Capabilities, Steps

if TYPE_CHECKING:
    from fastapi import FastAPI

LOCAL_ACCOUNT = "local"
"""Owner of the key that the data folder keeps for the commands on the same machine."""

EXIT_LOST = 75
"""Exit code when this process counts as dead to others: a supervisor starts it again (EX_TEMPFAIL)."""

log = structlog.get_logger(__name__)


def configure_logging(log_format: str) -> None:
    """Write one line an event to stderr: for people, or as JSON."""
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def open_accounts(settings: Settings) -> Accounts:
    """Return the accounts of an installation; makes its database and master key when they are not there yet."""
    database = open_database(settings.database())
    migrate(database)
    return Accounts(database, _vault(settings))


def local_key(settings: Settings) -> NewKey | None:
    """Return the key that the data folder keeps for commands on the same machine; None before the first start."""
    path = settings.data_dir / "local-key.json"
    return NewKey(**json.loads(path.read_text())) if path.exists() else None


@dataclass(frozen=True, kw_only=True)
class Service:
    """A running service, without its HTTP server."""

    api: FastAPI
    toolbox: media.Toolbox
    executor_id: str


@contextmanager
def running_service(settings: Settings) -> Iterator[Service]:
    """
    Run the engine with all its parts until the block ends.

    Call it from a thread without an event loop: the engine then runs the workflows on a loop of its own, where a slow
    reply of the API cannot hold them up.

    Raises:
        ConfigurationError: a setting cannot be used.
        AlreadyRunning: another process uses the data folder.
    """
    toolbox = media.find_toolbox(settings.ffmpeg_path, sandbox=settings.sandbox)
    if toolbox.sandbox != "bwrap":
        log.warning(
            "sandbox is weak: bubblewrap does not work here, only resource limits", fix="apt install bubblewrap"
        )
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.database())
    executor_id: ExecutorId | None = None
    try:
        migrate(database)
        executor_id = claim_executor_id(database, lock_folder=settings.data_dir)
        with _engine_running(settings, database, toolbox=toolbox, executor_id=executor_id.name) as api:
            yield Service(api=api, toolbox=toolbox, executor_id=executor_id.name)
    finally:
        if executor_id is not None:
            executor_id.release()
        database.dispose()


@contextmanager
def _engine_running(
    settings: Settings, database: sa.Engine, *, toolbox: media.Toolbox, executor_id: str
) -> Iterator[FastAPI]:
    store = Store(database)
    accounts = Accounts(database, _vault(settings))
    _keep_local_key(settings, accounts)
    objects = storage.open_store(settings.storage())
    guard = fetch.AddressGuard(trusted_origins=settings.trusted_origins, allow_networks=settings.allow_networks)
    work_folder = settings.data_dir.resolve() / "work"
    engine = Engine(database, executor_id=executor_id)
    queues = Queues.of(fetch_slots=settings.fetch_slots, encode_slots=settings.encode_slots)
    outbox = Outbox(store, accounts, engine=engine, queues=queues)
    capabilities = Capabilities(
        store=store,
        objects=objects,
        guard=guard,
        toolbox=toolbox,
        work_folder=work_folder,
        admission=Admission(
            settings.data_dir,
            Thresholds(min_free_bytes=settings.min_free_bytes, max_backlog=settings.max_backlog),
            backlog=store.count_waiting_for_encoder,
        ),
        fetch_limits=fetch.FetchLimits(max_bytes=settings.max_source_bytes),
        max_duration_s=settings.max_duration_s,
    )
    register_workflows(engine, queues, Steps(capabilities, outbox))
    heartbeat = Heartbeat(
        database, executor_id, engine=engine, version=ENGINE_VERSION, on_lost=_leave_if_shared(database)
    )
    caretaker = Caretaker(store, engine, work_folder=work_folder)
    try:
        engine.launch(queues.all())
        heartbeat.start()
        caretaker.start()
        yield create_api(
            ApiContext(
                access=Access(accounts.find_live, rate_limit=settings.rate_limit),
                intake=_intake(settings, store, engine=engine, queues=queues, guard=guard),
                control=Control(store, outbox, engine=engine, queues=queues),
                outbox=outbox,
                store=store,
                listing=Listing(database),
                events=Events(database),
                deliveries=Deliveries(database),
                objects=objects,
                is_ready=partial(_readiness, settings, database, objects),
                language=settings.language,
                compat=settings.compat,
            )
        )
    finally:
        caretaker.stop()
        engine.shutdown()
        heartbeat.stop()


def _intake(settings: Settings, store: Store, *, engine: Engine, queues: Queues, guard: fetch.AddressGuard) -> Intake:
    return Intake(
        store,
        engine,
        queues,
        check_url=guard.check_url,
        default_template=settings.default_template,
        unique_trans_no="trans-no-strict" in settings.compat,
    )


def _vault(settings: Settings) -> Vault:
    given = settings.master_key.get_secret_value()
    return Vault(given) if given else Vault.of_file(settings.data_dir / "master.key")


def _keep_local_key(settings: Settings, accounts: Accounts) -> None:
    path = settings.data_dir / "local-key.json"
    if path.exists():
        return
    made = accounts.create_key(LOCAL_ACCOUNT)
    partial_path = path.with_suffix(".part")
    partial_path.touch(mode=0o600)
    partial_path.write_text(json.dumps({"access_key": made.access_key, "secret_key": made.secret_key}))
    partial_path.rename(path)


async def _readiness(settings: Settings, database: sa.Engine, objects: storage.ObjectStore) -> dict[str, bool]:
    return {
        "database": await asyncio.to_thread(database_answers, database),
        "storage": await store_answers(objects),
        "disk": shutil.disk_usage(settings.data_dir).free > settings.min_free_bytes,
    }


def database_answers(database: sa.Engine) -> bool:
    """Return True when a query comes back."""
    try:
        with database.connect() as connection:
            connection.execute(sa.select(1))
    except sa.exc.SQLAlchemyError:
        return False
    return True


async def store_answers(objects: storage.ObjectStore) -> bool:
    """Return True when the object store says something sensible about a key that is not there."""
    try:
        await objects.head("pullvideo/.ready")
    except ObjectMissing:
        return True
    except StorageError:
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
