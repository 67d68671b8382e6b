"""A console on a real database, joined as the service joins it; work is accepted and stays where it is put."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.cookiejar import Cookie
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.testclient import TestClient
from tests.quick_hashes import quick_hashes
from tests.stored import ASSET

from vodpull.accounts.access_keys import Accounts, LiveKey, NewKey
from vodpull.accounts.audit_log import AuditLog
from vodpull.accounts.people.operators import Operators
from vodpull.accounts.people.sessions import Sessions
from vodpull.accounts.people.two_factor import TwoFactor
from vodpull.accounts.playback_keys import PlaybackKeys
from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms, now_s
from vodpull.console import ConsoleContext, SystemFacts, create_console
from vodpull.database.commit_watch import following
from vodpull.database.connection import open_database
from vodpull.database.ids import new_id
from vodpull.errors import UploadTooLarge
from vodpull.fetch import AddressGuard, FetchLimits, HostLimits, NoStores
from vodpull.imports.import_rows import ImportRows
from vodpull.imports.kind_checks import LibraryKind
from vodpull.imports.listers.cloudvod import CloudVodLister
from vodpull.jobs.deletions import Deletions
from vodpull.jobs.figures.census import take_census
from vodpull.jobs.figures.history import read_history
from vodpull.jobs.model import Batch, BatchView, Job
from vodpull.jobs.notices.deliveries import Deliveries
from vodpull.jobs.notices.events import Events
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.status.listing import Listing
from vodpull.jobs.store.content_keys import ContentKeys
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.template_registry import TEMPLATES
from vodpull.materials.materials import Materials
from vodpull.media import find_toolbox
from vodpull.request_signing import SigningKey, sign
from vodpull.storage import open_store
from vodpull.videos.callback_addresses import Callbacks
from vodpull.videos.category_tree import Categories
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.library import Library
from vodpull.videos.playback.handed_out_tokens import Signer
from vodpull.videos.playback.public_or_signed import PlaybackPolicy
from vodpull.videos.video import Video
from vodpull.workflows.attempt.captions.stored_caption_files import CaptionFiles
from vodpull.workflows.attempt.encrypted_segments import ClearFiles
from vodpull.workflows.attempt.extras.small_downloads import SideFiles
from vodpull.workflows.delivery.built_in_receiver import Inspector
from vodpull.workflows.delivery.job_news import JobNews
from vodpull.workflows.delivery.outbox import Outbox
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queue_lengths import measure_queues
from vodpull.workflows.engine.queues import Queues
from vodpull.workflows.importing.orders import Imports
from vodpull.workflows.requests.added_captions import Captioning
from vodpull.workflows.requests.batch_deletion import BatchDeletion
from vodpull.workflows.requests.cancel_and_retry import Control
from vodpull.workflows.requests.clips_and_joins import Editing
from vodpull.workflows.requests.encode_again import Encoding
from vodpull.workflows.requests.intake import Intake, Terms
from vodpull.workflows.requests.stills_on_demand import Stills
from vodpull.workflows.requests.video_deletion import VideoDeletion

PASSWORD = "correct horse battery"
HOSTILE = "<img src=x onerror=alert(1)>\u202egpj.exe שלום"

FACTS = SystemFacts(
    version="0.1.0",
    python="3.11",
    ffmpeg="9.0.2",
    sandbox="bwrap",
    database="SQLite /data/vodpull.db",
    storage_url="file:///data/media",
    data_dir="/data",
    disk_free_bytes=10**9,
    disk_total_bytes=10**11,
    min_free_bytes=2 * 10**9,
    fetch_slots=8,
    encode_slots=2,
)


@dataclass(frozen=True, kw_only=True)
class Console:
    """The application, its parts, and a browser that is not logged in."""

    context: ConsoleContext
    app: Starlette
    browser: TestClient

    def finish(self, ref: JobRef, outcome: Outcome) -> None:
        """Make a job final, with its news."""
        self.context.control._news.finish_job(ref, outcome)

    def csrf(self, path: str = "/console/login") -> str:
        """Return the form token of a page, as a visitor's browser has it."""
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.browser.get(path).text)
        assert found is not None
        return found[1]

    def post(self, path: str, *, part: bool = False, **form: Any) -> Any:
        """Send a form of a page, or of a part of one."""
        headers = {"HX-Request": "true"} if part else {}
        files = {"file": form.pop("file")} if "file" in form else None
        data = {"csrf": self.csrf("/console/keys"), **form}
        return self.browser.post(f"/console/{path}", data=data, files=files, headers=headers)

    def add_videos(self, *names: str) -> list[Job]:
        """Put videos there, none of them encoded."""
        view, store = self.add_batch(*names), self.context.store
        for job in view.jobs:
            store.record_pulled(JobRef.of(job), ASSET, encodes=False)
            with store.transaction() as connection:
                store.finish_job(connection, JobRef.of(job), Outcome(asset=ASSET))
        return list(view.jobs)

    def video(self, job: Job) -> Video:
        """Return the video of a job."""
        return self.context.library.find(job.video_id, account_id=None)

    def add_batch(
        self,
        *names: str,
        stage: Stage = Stage.WAITING,
        url: str = "https://h.test/a",
        notify_url: str = "https://receiver.test/hook",
        access_key: str = "AK",
    ) -> BatchView:
        """Insert a batch of the console's account, without starting its work."""
        created_ms = int(now_s() * 1000)
        batch = Batch(
            batch_id=new_id(created_ms),
            account_id=self.context.accounts.account_named("local"),
            trans_no=f"own-{names[0]}"[:32],
            template="abr",
            created_at_ms=created_ms,
            notify_url=notify_url,
        )
        jobs = tuple(
            Job(
                job_id=new_id(created_ms),
                batch_id=batch.batch_id,
                position=position,
                file_name=name,
                source_url=url,
                md5="",
                video_id=new_id(created_ms),
                directory=new_id(created_ms),
                stage=stage,
                stage_at_ms=created_ms,
                created_at_ms=created_ms,
            )
            for position, name in enumerate(names)
        )
        view = BatchView(batch=batch, jobs=jobs)
        with self.context.store.transaction() as connection:
            self.context.store.add_batch(connection, view, access_key=access_key)
        return view


def mounted(app: Starlette) -> Starlette:
    """Return the pages where the service has them."""
    return Starlette(routes=[Mount("/console", app)])


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """A database of which an operator has chosen the password, and what the browser has been given."""

    file: Path
    cookies: tuple[Cookie, ...]


@pytest.fixture(scope="session")
def empty_file(sqlite_with_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a database with the engine's tables, too, and with the console's account."""
    file = shutil.copyfile(sqlite_with_tables, tmp_path_factory.mktemp("console") / "empty.db")
    with _opened(file):
        return file


@pytest.fixture(scope="session")
def set_up(empty_file: Path) -> SetUp:
    """Go through the first run once: to hash a password is most of what a test of one page would take."""
    file = shutil.copyfile(empty_file, empty_file.with_name("set-up.db"))
    with quick_hashes(), _opened(file) as console:  # this comes before what is quick for a module
        _choose_password(console)
        return SetUp(file=file, cookies=tuple(console.browser.cookies.jar))


@contextmanager
def _opened(file: Path) -> Iterator[Console]:
    database = open_database(f"sqlite:///{file}")
    with running_console(database) as console:
        yield console
    database.dispose()


@contextmanager
def running_console(database: sa.Engine) -> Iterator[Console]:
    """Join a console, and take it down again."""
    engine = Engine(database)
    engine.attach()
    context = make_context(database, engine)
    if not context.accounts.list_keys():
        context.accounts.create_key("local")
    app = create_console(context)
    with TestClient(mounted(app), base_url="http://console.test") as browser:
        yield Console(context=context, app=app, browser=browser)
    engine.shutdown()


@pytest.fixture
def sqlite_file(request: pytest.FixtureRequest, empty_file: Path) -> Path:
    """Return the file of which a test gets a copy."""
    if "operator" not in request.fixturenames:
        return empty_file
    made: SetUp = request.getfixturevalue("set_up")
    return made.file


@pytest.fixture
def console(database: sa.Engine) -> Iterator[Console]:
    with running_console(database) as console:
        yield console


@pytest.fixture
def operator(console: Console, set_up: SetUp) -> Console:
    """The console with a password, and its browser logged in."""
    if console.context.store.engine.dialect.name == "postgresql":
        _choose_password(console)
        return console
    for cookie in set_up.cookies:
        console.browser.cookies.jar.set_cookie(cookie)
    return console


def _choose_password(console: Console) -> None:
    token = console.context.operators.new_setup_token()
    csrf = console.csrf(f"/console/setup?token={token}")
    form = {"csrf": csrf, "token": token, "password": PASSWORD, "again": PASSWORD}
    assert console.browser.post("/console/setup", data=form).status_code == 200


OBJECTS = open_store("memory://")
KINDS = {
    "cloud-vod": LibraryKind(
        open=cast("Any", CloudVodLister),
        place=frozenset({"url", "access_key"}),
        optional=frozenset({"zone"}),
        secret=frozenset({"secret_key"}),
    )
}
SIDE_FILES = SideFiles(
    guard=AddressGuard(),
    limits=FetchLimits(max_bytes=0),
    host_limits=HostLimits(),
    stores_of=lambda _account_id: NoStores(),
    folder=Path("nowhere"),
)


def make_context(database: sa.Engine, engine: Engine) -> ConsoleContext:
    vault = Vault("a master key for tests")
    store, accounts = Store(database), Accounts(database, vault)
    playback_keys, keys = PlaybackKeys(database, vault), ContentKeys(database, vault)
    signer = Signer(playback_keys, PlaybackPolicy("public", TEMPLATES))
    domains = ("media.example.test",)
    urls = FileUrls(public_url="", domains=domains, sign=signer.handed_out)
    queues = Queues.of(fetch_slots=1, encode_slots=1)
    outbox = Outbox(store, accounts, engine=engine, queues=queues)
    news = JobNews(store, accounts, outbox, engine=engine, queues=queues)
    control = Control(store, news, engine=engine, queues=queues)
    batch_deletion = BatchDeletion(Deletions(database), control, open_store("memory://"))
    library = Library(database)
    intake = Intake(store, engine, queues, terms=Terms(templates=TEMPLATES, check_url=lambda _: None))
    names = [queue.name for queue in queues.all()]
    return ConsoleContext(
        operators=Operators(database),
        sessions=Sessions(database),
        two_factor=TwoFactor(database, vault),
        audit=AuditLog(database),
        accounts=accounts,
        store=store,
        listing=Listing(database),
        deliveries=Deliveries(database),
        intake=intake,
        control=control,
        batch_deletion=batch_deletion,
        outbox=outbox,
        library=library,
        categories=Categories(database),
        events=Events(database),
        encoding=Encoding(store, engine, queues, templates=TEMPLATES),
        imports=Imports(ImportRows(database), intake, engine=engine, queues=queues, kinds=KINDS, vault=vault),
        materials=Materials(database),
        editing=Editing(store, engine, queues, intake=intake, is_signed=signer.is_signed),
        receive=_receive,
        max_upload_bytes=10**12,
        captioning=Captioning(store, CaptionFiles(database, OBJECTS), side_files=SIDE_FILES),
        video_deletion=VideoDeletion(
            library, store, batch_deletion=batch_deletion, outbox=outbox, objects=open_store("memory://")
        ),
        callbacks=Callbacks(database),
        check_url=AddressGuard().check_url,
        urls=urls,
        own_urls=replace(urls, sign=signer.of_operator),
        signer=signer,
        playback_keys=playback_keys,
        publish_domains=domains,
        inspector=Inspector(Deliveries(database), accounts),
        system_facts=lambda: FACTS,
        census=partial(take_census, database, queues=partial(measure_queues, database, names), alive_s=30.0),
        history=lambda slice_s, slices: read_history(database, until_ms=now_ms(), slice_s=slice_s, slices=slices),
        follow=partial(following, database),
        sign=_sign,
        account="local",
        templates=("abr", "original"),
        default_template="abr",
        stills=Stills(library, ClearFiles(OBJECTS, keys), find_toolbox=lambda: find_toolbox("", sandbox="auto")),
    )


async def _receive(request: Request, key: LiveKey) -> Response:
    """Tell what would be received, in whose name."""
    size = len(await request.body())
    if size > 100:
        raise UploadTooLarge("the file is larger than 100 bytes")
    return PlainTextResponse(f"{request.method} {size} {key.access_key}")


def _sign(url: str, body: bytes, key: NewKey) -> dict[str, str]:
    return sign("POST", url, body, key=SigningKey(access_key=key.access_key, secret=key.secret_key), now_s=now_s())
