"""The installed command with real neighbours: an origin that serves the clips, and a receiver of notifications."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.origin import Origin, run_origin_in_thread
from tests.services.receiver import Receiver, running_receiver
from tests.services.vodpull import Vodpull


@pytest.fixture(scope="session")
def origin(clips: Path) -> Iterator[Origin]:
    with run_origin_in_thread(clips) as origin:
        yield origin


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[Vodpull]:
    """One service on its embedded defaults for the tests of a module; each works on tasks of its own."""
    service = Vodpull(tmp_path_factory.mktemp("embedded") / "data", origin=origin.origin)
    service.start()
    yield service
    service.stop()
