"""The whole HTTP application of a running service, on each kind of database, with rows that are put there."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from httpx2 import Response
from starlette.testclient import TestClient
from tests.stored import accepted, add_video, finish

from vodpull.accounts.access_keys import Accounts, NewKey
from vodpull.app.installation import open_vault
from vodpull.app.service import running_service
from vodpull.database.connection import open_database
from vodpull.jobs.model import BatchView, Job
from vodpull.jobs.store.content_keys import ContentKeys
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.store import Store
from vodpull.settings import load_settings
from vodpull.storage import open_store
from vodpull.storage.object_store import ObstoreObjects

DOMAIN = "media.example.test"


@dataclass(frozen=True, kw_only=True)
class Served:
    """A service without work, and two accounts."""

    database: sa.Engine
    accounts: Accounts
    browser: TestClient
    key: NewKey
    stranger: NewKey
    objects: ObstoreObjects
    content_keys: ContentKeys

    def call(self, method: str, path: str, *, key: NewKey | None = None, **fields: Any) -> Response:
        """Call `/api/v1` as the owner, or as somebody else."""
        who = key or self.key
        bearer = {"Authorization": f"Bearer {who.access_key}.{who.secret_key}"}
        reply: Response = self.browser.request(method, f"/api/v1{path}", headers=bearer, **fields)
        return reply

    def video(self, *, key: NewKey | None = None, **fields: Any) -> Job:
        """Put a video there whose job is done; `fields` are those of its asset."""
        view, store = self.batch(key=key), Store(self.database)
        job = add_video(store, view, **fields)
        finish(store, job, Outcome(asset=store.find_job(job.job_id)[1].asset))
        return job

    def batch(self, *, key: NewKey | None = None) -> BatchView:
        """Put a batch of one job there."""
        return accepted(self.database, key or self.key, accounts=self.accounts)


@pytest.fixture(scope="module")
def served(url_with_tables: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    settings = load_settings(
        data_dir=folder / "data",
        database_url=url_with_tables,
        storage_url=(folder / "store").as_uri(),
        master_key=base64.b64encode(b"k" * 32).decode(),
        publish_domains=(DOMAIN,),
        rate_limit="",
        default_template="original",
    )
    database = open_database(settings.database())
    with (
        running_service(settings, role="api" if "postgres" in url_with_tables else "all") as service,
        TestClient(service.web, raise_server_exceptions=False) as browser,
    ):
        vault = open_vault(settings, database)
        accounts = Accounts(database, vault)
        yield Served(
            database=database,
            accounts=accounts,
            browser=browser,
            key=accounts.create_key("acme"),
            stranger=accounts.create_key("stranger"),
            objects=open_store((folder / "store").as_uri()),
            content_keys=ContentKeys(database, vault),
        )
    database.dispose()
