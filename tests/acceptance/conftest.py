"""The installed command with real neighbours: an origin that serves the clips, and a receiver of notifications."""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.origin import Origin, run_origin_in_thread
from tests.services.receiver import Receiver, running_receiver
from tests.services.vodpull import Vodpull


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure coverage of what a service runs, not of the test beside it: to be traced costs all Python a third."""
    # Pytest asks this hook about every test.
    if not item.path.is_relative_to(Path(__file__).parent) or item.get_closest_marker("in_process"):
        return (yield)
    here, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(here)
        threading.settrace(of_threads)


@pytest.fixture(scope="session")
def shared_origin(clips: Path) -> Iterator[Origin]:
    with run_origin_in_thread(clips) as origin:
        yield origin


@pytest.fixture(scope="module")
def origin(shared_origin: Origin) -> Iterator[Origin]:
    """Serve the clips, and what a module adds to them until its end."""
    yield shared_origin
    shared_origin.forget()


@pytest.fixture(scope="module")
def hook() -> Iterator[Receiver]:
    """One receiver for the tests of a module, whose services may post to it from their start."""
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="package")  # also one that idles takes a processor's hundredth
def service(tmp_path_factory: pytest.TempPathFactory, shared_origin: Origin) -> Iterator[Vodpull]:
    """One service on its embedded defaults for all modules; each test works on tasks of its own."""
    yield from _started(tmp_path_factory.mktemp("embedded") / "data", shared_origin)


@pytest.fixture(scope="module")
def quiet_service(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[Vodpull]:
    """One like it for the tests of a module that look at the process itself."""
    yield from _started(tmp_path_factory.mktemp("quiet") / "data", origin)


def _started(data_dir: Path, origin: Origin) -> Iterator[Vodpull]:
    service = Vodpull(data_dir, origin=origin.origin)
    service.loads_anew = service.makes_tables = True
    service.encode_quickly()
    service.start()
    yield service
    service.stop()
