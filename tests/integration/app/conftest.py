"""A service that runs in the test's own process, on a database whose rows the test may write."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.pngs import png
from tests.services.postgres import Postgres
from tests.wire import Wire

from vodpull.accounts.access_keys import Accounts
from vodpull.app.data_folder import make_data_dir
from vodpull.app.installation import open_vault
from vodpull.app.service import running_service
from vodpull.database.connection import open_database
from vodpull.settings import load_settings
from vodpull.storage import open_store


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def wire(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """Give a client of a service that only accepts work, on PostgreSQL, and of one that does it, on SQLite."""
    folder = tmp_path_factory.mktemp("wire")
    shared = request.param == "postgres"
    server: Postgres | None = request.getfixturevalue("postgres") if shared else None
    settings = load_settings(
        data_dir=folder / "data",
        database_url=server.url(server.with_tables) if server else "",
        storage_url=(folder / "store").as_uri(),
        master_key=base64.b64encode(b"k" * 32).decode(),
        publish_domains=("media.example.test",),
        template_aliases=("旧模板=mp4", "0123456789abcdef0123456789abcdef=abr"),
        rate_limit="",
        language="en",
    )
    make_data_dir(settings.data_dir)
    if not shared:
        shutil.copyfile(request.getfixturevalue("sqlite_with_tables"), settings.data_dir / "vodpull.db")
    marks = settings.data_dir / "templates" / "watermarks"
    marks.mkdir(parents=True)
    (marks / "logo.png").write_bytes(png(30, 20))
    (marks / "角标.toml").write_text('file = "logo.png"\n')
    (marks / "素材.toml").write_text(f'material = "{"0c" * 16}"\n')
    database = open_database(settings.database())
    accounts = Accounts(database, open_vault(settings, database))
    key = accounts.create_key("demo-account")
    with (
        running_service(settings, role="api" if shared else "all") as service,
        TestClient(service.web, base_url="https://vod.example.test", raise_server_exceptions=False) as browser,
    ):
        objects = open_store((folder / "store").as_uri())
        yield Wire(browser=browser, database=database, accounts=accounts, key=key, objects=objects)
    database.dispose()


@pytest.fixture(autouse=True)
def _no_videos(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave no video and no category to the next test of the same service."""
    used: Wire | None = request.getfixturevalue("wire") if "wire" in request.fixturenames else None
    yield
    if used is not None:
        used.forget_videos()
