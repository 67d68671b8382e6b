"""Fixtures of every ring: where the clips are, and how a missing service is treated."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest
import structlog

from tests.films import SHELF
from tests.services.missing import missing
from tests.services.postgres import Postgres, running_postgres
from tests.services.s3 import running_s3

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Give all processes of this run one folder for the films that tests make, and log errors as the service does."""
    *before, _ = structlog.get_config()["processors"]
    # The library itself colours the source around each frame, which takes half a second.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before, plain])
    if SHELF not in os.environ:
        os.environ[SHELF] = tempfile.mkdtemp(prefix="vodpull-films-")
        config.add_cleanup(partial(shutil.rmtree, os.environ[SHELF], ignore_errors=True))


def pytest_collection() -> None:
    """Collect tests without looking for garbage: there is none, and thousands of tests are looked through each time."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the modules that wait evenly among the others, so that there is always one that computes."""
    modules = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
    rings = [list(ring) for _, ring in groupby(modules, key=lambda tests: _ring(tests[0].path))]
    items[:] = [item for ring in rings for tests in _spread(ring) for item in tests]


def _ring(path: Path) -> str:
    folder = path.relative_to(ROOT).parts[1]
    return "integration" if folder == "contract" else folder


def _spread(modules: list[list[pytest.Item]]) -> list[list[pytest.Item]]:
    places: dict[bool, list[list[pytest.Item]]] = {True: [], False: []}
    for tests in modules:
        places[tests[0].get_closest_marker("waits") is not None].append(tests)
    placed = [(number / len(alike), tests) for alike in places.values() for number, tests in enumerate(alike)]
    return [tests for _, tests in sorted(placed, key=lambda each: each[0])]


def find_clips() -> Path:
    """Return where the collection of clips should be."""
    return Path(os.environ.get("VODPULL_TEST_MEDIA") or ROOT.parent / "shared" / "media")


@pytest.fixture(scope="session")
def clips() -> Path:
    """Return the folder of real clips with its MANIFEST.json."""
    folder = find_clips()
    if not (folder / "MANIFEST.json").is_file():
        missing(f"the clip collection {folder}")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run one PostgreSQL server for the whole session."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Return the kind of the database, once each."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> str:
    """Return the URL of an empty database, once of each kind."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'vodpull.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.driver_url()


@pytest.fixture(scope="session")
def s3_environment() -> Iterator[dict[str, str]]:
    """Run one S3 server for the whole session; the variables that lead there."""
    with running_s3() as environment:
        yield environment
