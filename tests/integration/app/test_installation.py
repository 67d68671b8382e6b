"""A set-up that cannot work is refused at the start, told by the doctor, and changed by neither."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.services.postgres import Postgres
from tests.services.s3 import BUCKET
from typer.testing import CliRunner

from vodpull import media, storage
from vodpull.accounts.access_keys import Accounts
from vodpull.accounts.master_key_match import check_master_key
from vodpull.accounts.sealed_secrets import Vault
from vodpull.app.commands import doctor
from vodpull.app.commands.doctor import diagnose
from vodpull.app.installation import open_accounts, require_installation
from vodpull.app.service import running_service
from vodpull.app.start_checks import check_postgresql, prove_store
from vodpull.cli.main import app
from vodpull.database import tables
from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate
from vodpull.errors import ConfigurationError, StorageError
from vodpull.settings import Settings, load_settings


def settings_of(folder: Path, **values: Any) -> Settings:
    return load_settings(data_dir=folder / "data", **values)


def failures(settings: Settings) -> dict[str, str]:
    return {found.subject: found.text for found in diagnose(settings) if not found.ok}


@contextmanager
def refused(field: str) -> Iterator[None]:
    with pytest.raises(ConfigurationError) as caught:
        yield
    assert caught.value.field == field
    assert caught.value.remedy != ConfigurationError.remedy, "the fix fits the fault"


def start(settings: Settings, *, role: Any = "all") -> None:
    with running_service(settings, role=role):
        pass


@pytest.fixture(scope="module", autouse=True)
def _tools_are_asked_once() -> Iterator[None]:
    """FFmpeg and the fonts of this machine are the same for every test."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((media, "find_toolbox"), (media, "describe"), (doctor, "_fonts")):
            patch.setattr(module, name, functools.cache(getattr(module, name)))
        yield


@pytest.fixture
def s3(s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3_environment.items():
        monkeypatch.setenv(name, value)


def test_a_bucket_that_does_not_exist_is_refused(tmp_path: Path, s3: None) -> None:
    settings = settings_of(tmp_path, storage_url="s3://no-such-bucket/prefix")
    assert "no such bucket" in failures(settings)["storage"]
    with refused("VODPULL_STORAGE_URL"):
        start(settings)


async def test_a_store_without_its_bucket_does_not_count_as_ready(tmp_path: Path, s3: None) -> None:
    assert not await storage.store_answers(storage.open_store("s3://no-such-bucket/prefix"))
    assert await storage.store_answers(storage.open_store(f"s3://{BUCKET}/{tmp_path.name}"))
    folder = storage.open_store((tmp_path / "store").as_uri())
    assert await storage.store_answers(folder)
    (tmp_path / "store").rmdir()
    assert not await storage.store_answers(folder)


@pytest.mark.parametrize("kind", ["folder", "s3", "memory"])
async def test_a_proof_leaves_nothing(tmp_path: Path, s3: None, kind: str) -> None:
    urls = {"folder": (tmp_path / "store").as_uri(), "s3": f"s3://{BUCKET}/{tmp_path.name}", "memory": "memory:///"}
    store = storage.open_store(urls[kind])
    await storage.prove_store(store)
    assert await store.list_keys("") == []


@pytest.mark.parametrize("broken", ["put_bytes", "get_bytes", "list_keys", "delete_below"])
async def test_each_thing_that_a_store_refuses_is_told(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    store = storage.open_store("memory:///")

    async def refuse(*_: object) -> None:
        raise StorageError("not for you")

    monkeypatch.setattr(store, broken, refuse)
    with pytest.raises(StorageError, match=r"an object cannot be \w+: not for you"):
        await storage.prove_store(store)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "work").write_text("a file where a folder must be")
    settings = settings_of(tmp_path, storage_url=(tmp_path / "store").as_uri())
    assert "storage" in failures(settings)
    with refused("VODPULL_STORAGE_URL"):
        prove_store(settings, storage.open_store(settings.storage()))


def test_another_master_key_is_refused(tmp_path: Path) -> None:
    first = settings_of(tmp_path, master_key="the master key of the first")
    open_accounts(first).create_key("alice")
    other = settings_of(tmp_path, master_key="the master key of another")
    assert "another master key" in failures(other)["secrets"]
    with refused("VODPULL_MASTER_KEY"):
        open_accounts(other)
    without = settings_of(tmp_path)
    assert "secrets" in failures(without)
    with refused("VODPULL_MASTER_KEY"):
        open_accounts(without)
    assert not (tmp_path / "data" / "master.key").exists(), "a second key is not made"
    assert failures(first) == {}


def test_secrets_of_a_time_without_fingerprints_tell_their_key(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'vodpull.db'}")
    migrate(database)
    vault = Vault("the master key of the first")
    Accounts(database, vault).create_key("alice")
    with pytest.raises(ConfigurationError):
        check_master_key(database, Vault("the master key of another"))
    check_master_key(database, vault)
    with database.connect() as connection:
        [row] = connection.execute(sa.select(tables.installation)).all()
    assert "master key of" not in row.value
    database.dispose()


@pytest.mark.parametrize("url", ["", "inside", "memory:///"])
@pytest.mark.parametrize("role", ["all", "worker"])
def test_what_only_this_machine_has_is_no_store_beside_postgresql(
    tmp_path: Path, postgres: Postgres, url: str, role: str
) -> None:
    inside = (tmp_path / "data" / "elsewhere").as_uri()
    settings = settings_of(tmp_path, database_url=postgres.url(), storage_url=inside if url == "inside" else url)
    assert "on this machine only" in failures(settings)["database"]
    with refused("VODPULL_STORAGE_URL"):
        start(settings, role=role)


def test_the_version_and_the_connections_of_postgresql_are_told(tmp_path: Path, postgres: Postgres) -> None:
    shared = (tmp_path / "shared").as_uri()
    settings = settings_of(tmp_path, database_url=postgres.url(), storage_url=shared)
    texts = [found.text for found in diagnose(settings)]
    assert any("connections are free" in text for text in texts)
    database = open_database(settings.database())
    check_postgresql(database)
    with database.connect() as connection:
        assert not sa.inspect(connection).get_table_names(), "the doctor makes no tables"
    database.dispose()


def test_a_default_template_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, default_template="arb")
    assert "VODPULL_DEFAULT_TEMPLATE is 'arb'" in failures(settings)["settings"]
    with refused("VODPULL_DEFAULT_TEMPLATE"):
        start(settings)


def test_an_alias_of_no_template_is_refused(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, template_aliases="old=arb")
    assert "VODPULL_TEMPLATE_ALIASES names 'arb'" in failures(settings)["settings"]
    with refused("VODPULL_TEMPLATE_ALIASES"):
        start(settings)


def test_the_doctor_tells_which_publish_domains_are_known(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, publish_domains="localhost:8443, nowhere.invalid")
    domains = {found.text: bool(found.fix) for found in diagnose(settings) if found.subject == "domain"}
    assert domains == {"localhost:8443 serves stored files": False, "nowhere.invalid is not known to the DNS": True}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trusted_origins", "banana"),
        ("trusted_notify_origins", "http://nas.local/path"),
        ("allow_networks", "10.0.0.0/99"),
        ("origin_credentials", "hunter2"),
        ("source_retries", "3 bananas"),
        ("source_retries", "nonsense=1m"),
        ("default_template", "nope"),
    ],
)
def test_the_doctor_refuses_every_setting_that_a_start_refuses(tmp_path: Path, name: str, value: str) -> None:
    settings = settings_of(tmp_path, **{name: value})
    [found] = [found for found in diagnose(settings) if found.subject == "settings"]
    assert (found.ok, f"VODPULL_{name.upper()}" in found.text, "hunter2" in found.text) == (False, True, False)
    with refused(f"VODPULL_{name.upper()}"):
        start(settings)


def test_the_doctor_makes_nothing(tmp_path: Path) -> None:
    assert failures(settings_of(tmp_path)) == {}
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_migrates_nothing(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    open_accounts(settings)
    database = open_database(settings.database())
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    found = {finding.text for finding in diagnose(settings)}
    assert "sqlite answers, tables are brought to this version at the next start" in found
    with database.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0001"
    database.dispose()


COMMANDS = [
    ("keys", "list"),
    ("keys", "revoke", "AK"),
    ("keys", "rotate", "AK"),
    ("keys", "webhook-secret", "alice"),
    ("console-link",),
    ("operators", "list"),
    ("audit",),
    ("backup", "b.tgz"),
]


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder without a service, with no settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("VODPULL_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.mark.parametrize("command", [*COMMANDS, ("keys", "create", "alice")], ids=" ".join)
def test_a_command_where_no_service_is_says_so(stranger: Path, command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, list(command))
    assert isinstance(result.exception, ConfigurationError)
    assert "there is no " in str(result.exception)
    assert list(stranger.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_named_folder_without_a_service_is_told_too(
    stranger: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("VODPULL_DATA_DIR", str(stranger / "misspelt"))
    result = CliRunner().invoke(app, list(command))
    assert isinstance(result.exception, ConfigurationError)
    assert list(stranger.iterdir()) == []


@pytest.mark.parametrize("how", ["variable", "folder", "--new"])
def test_a_key_can_be_made_before_the_first_start(stranger: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "variable":
        monkeypatch.setenv("VODPULL_DATA_DIR", str(stranger / "vodpull-data"))
    if how == "folder":
        (stranger / "vodpull-data").mkdir()
    words = ["keys", "create", "alice", *(["--new"] if how == "--new" else [])]
    assert CliRunner().invoke(app, words).exit_code == 0
    require_installation(load_settings())
    assert "alice" in CliRunner().invoke(app, ["keys", "list"]).output
