"""What a fleet goes through without a human: an outage of the store, of the database, of a worker, of the network."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.campaign import faults_of_renditions
from tests.chaos.installation import LONG_CLIP, fleet, gather_sources, quick_member, running, shared_settings
from tests.chaos.wire import State, wire_to
from tests.origin import Origin, run_origin_in_thread
from tests.services.missing import missing
from tests.services.postgres import Postgres
from tests.services.vodpull import Vodpull
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.waits]

CHUNKS = 5
"""Of the long clip."""

AT_ONCE_S = 15
"""Some beats of the worker that stays, and far below the silence of a worker that vanished."""

ILL: tuple[State, ...] = ("cut", "503", "500")

LOST = 75
"""Exit code of a process that was silent for too long."""

CLAIM = (b"ENQUEUED", b"PENDING", f"{socket.gethostname()}-".encode())
"""Words of the statement by which a worker takes work out of a queue, its id among them; the commit comes after it."""

TAKEN_OVER_S = 60
"""A worker that vanished is replaced within this time."""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory, clips: Path) -> Iterator[Origin]:
    folder = gather_sources(tmp_path_factory.mktemp("origin") / "sources", [LONG_CLIP], clips=clips)
    with run_origin_in_thread(folder) as origin:
        yield origin


def test_work_waits_for_a_store_that_is_away_or_ill(
    tmp_path: Path, origin: Origin, postgres: Postgres, s3_environment: dict[str, str]
) -> None:
    with wire_to(s3_environment["AWS_ENDPOINT_URL"].removeprefix("http://")) as wire:
        s3 = s3_environment | {"AWS_ENDPOINT_URL": f"http://{wire.address}"}
        with fleet(tmp_path, origin.origin, postgres=postgres, s3_environment=s3, workers=1) as members:
            api, worker = members
            task_id = api.pull([{"fetchUrl": origin.url(LONG_CLIP)}])
            until(lambda: encoded(worker), every_s=0.1)
            for state in ILL:
                wire.become(state)
                expect_wait(worker)
            assert api.query(task_id)["status"] == 1, "waiting is no failure"
            wire.become("slow")
            expect_done_once(api, task_id, members)


def test_work_goes_on_after_a_restart_of_the_database(
    tmp_path: Path, origin: Origin, postgres: Postgres, s3_environment: dict[str, str]
) -> None:
    with fleet(tmp_path, origin.origin, postgres=postgres, s3_environment=s3_environment, workers=1) as members:
        api, worker = members
        task_id = api.pull([{"fetchUrl": origin.url(LONG_CLIP)}])
        until(lambda: encoded(worker), every_s=0.1)
        postgres.stop("immediate")
        postgres.start()
        # Until it has found the database again, it answers that it is away (503).
        until(lambda: "data" in api.call("pullVideoQuery", {"taskId": task_id}))
        expect_done_once(api, task_id, members)
        assert "job failed" not in worker.log()


def test_a_worker_that_is_told_to_end_hands_over_at_once(
    tmp_path: Path, origin: Origin, postgres: Postgres, s3_environment: dict[str, str]
) -> None:
    with fleet(tmp_path, origin.origin, postgres=postgres, s3_environment=s3_environment, workers=2) as members:
        api, leaving, staying = members
        task_id = api.pull([{"fetchUrl": origin.url(LONG_CLIP)}])
        until(lambda: encodes(leaving), every_s=0.1)
        os.kill(leaving.pid, signal.SIGTERM)
        assert leaving.wait_end(within_s=30) == 0
        until(lambda: "taking back its work" in staying.log(), within_s=AT_ONCE_S)
        expect_done_once(api, task_id, members)


def test_a_frozen_worker_is_replaced_and_ends_itself_when_it_wakes(
    tmp_path: Path, origin: Origin, postgres: Postgres, s3_environment: dict[str, str]
) -> None:
    with fleet(tmp_path, origin.origin, postgres=postgres, s3_environment=s3_environment, workers=2) as members:
        api, *workers = members
        task_id = api.pull([{"fetchUrl": origin.url(LONG_CLIP)}])
        until(lambda: any(encodes(worker) for worker in workers), every_s=0.1)
        frozen = next((worker for worker in workers if encodes(worker)), workers[0])
        other = workers[1 - workers.index(frozen)]
        os.kill(frozen.pid, signal.SIGSTOP)
        until(lambda: "taking back its work" in other.log(), within_s=TAKEN_OVER_S)
        expect_done(api, task_id)
        os.kill(frozen.pid, signal.SIGCONT)
        assert frozen.wait_end(within_s=30) == LOST
        assert finals(api) == [task_id]


def test_a_worker_behind_a_cut_link_is_replaced_and_ends_itself(
    tmp_path: Path, link: str, origin: Origin, postgres: Postgres, s3_environment: dict[str, str]
) -> None:
    """Two network namespaces: in one of them is nothing but a worker. The link is cut in the middle of a claim."""
    database_url = postgres.url(postgres.with_tables)
    with (
        wire_to(f"127.0.0.1:{postgres.port}", host=link) as database,
        wire_to(s3_environment["AWS_ENDPOINT_URL"].removeprefix("http://"), host=link) as store,
        wire_to(origin.origin.removeprefix("http://"), host=link) as clips,
    ):
        shared = shared_settings(
            database_url.replace(f"127.0.0.1:{postgres.port}", database.address),
            s3_environment | {"AWS_ENDPOINT_URL": f"http://{store.address}"},
            prefix=tmp_path.name,
        )
        trusted = f"http://{clips.address}"
        api = quick_member(tmp_path / "api", "api", trusted, shared)
        near = quick_member(tmp_path / "near", "worker", trusted, shared)
        far = Far(tmp_path / "far", origin=trusted, **shared)
        far.encode_quickly()
        with running([api, far]):
            task_id = api.pull([{"fetchUrl": f"{trusted}/{LONG_CLIP}"}])
            until(lambda: encodes(far), every_s=0.1)
            is_cut = threading.Event()

            def cut() -> None:
                ip("link", "set", LINK, "down")
                is_cut.set()

            database.before(CLAIM, cut)
            assert is_cut.wait(timeout=120)
            with running([near]):
                assert far.wait_end(within_s=TAKEN_OVER_S) == LOST
                expect_done(api, task_id)
                ip("link", "set", LINK, "up")
                far.start()
                assert finals(api) == [task_id]


NAMESPACE, LINK, INNER_LINK = "vodpull-test", "vodpull-out", "vodpull-in"


@pytest.fixture
def link() -> Iterator[str]:
    """Link this network namespace with a new one and return the address of this end."""
    if os.getuid() != 0:
        missing("the right to make a network namespace (root)")
    here, there = "10.213.77.1", "10.213.77.2"
    ip("netns", "add", NAMESPACE)
    try:
        ip("link", "add", LINK, "type", "veth", "peer", "name", INNER_LINK, "netns", NAMESPACE)
        ip("address", "add", f"{here}/30", "dev", LINK)
        ip("-n", NAMESPACE, "address", "add", f"{there}/30", "dev", INNER_LINK)
        for words in (
            ["set", LINK, "up"],
            ["-n", NAMESPACE, "set", INNER_LINK, "up"],
            ["-n", NAMESPACE, "set", "lo", "up"],
        ):
            ip(*words[:-3], "link", *words[-3:])
        yield here
    finally:
        ip("netns", "delete", NAMESPACE)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, timeout=10)


class Far(Vodpull):
    """A worker in the other network namespace."""

    def __init__(self, data_dir: Path, *, origin: str, **settings: str) -> None:
        super().__init__(data_dir, origin=origin, **settings)
        self.role = "worker"
        self.wrapper = ("ip", "netns", "exec", NAMESPACE)

    def _answers(self) -> bool:
        return "storage" in self.log()


def encodes(worker: Vodpull) -> bool:
    """Return True while FFmpeg works for this worker."""
    return any("libx264" in line for line in worker.descendants())


def encoded(*workers: Vodpull) -> list[str]:
    """Return the chunks that workers say they have encoded."""
    return [number for worker in workers for number in re.findall(r"chunk encoded.* chunk=(\d+)", worker.log())]


def expect_wait(worker: Vodpull) -> None:
    """The worker finds out, from now on, that the store does not answer as it should."""
    before = worker.log().count("waiting for storage")
    until(lambda: worker.log().count("waiting for storage") > before, every_s=0.1)


def expect_done(api: Vodpull, task_id: str) -> None:
    [item] = api.wait(task_id)["items"]
    assert (item["pullStatus"], item["cmdStatus"]) == (2, 2)
    assert faults_of_renditions(api, item["videoInfo"]["videoFileList"][1:]) == []


def expect_done_once(api: Vodpull, task_id: str, members: list[Vodpull]) -> None:
    """The job ends well, and no chunk was encoded twice for it."""
    expect_done(api, task_id)
    assert sorted(encoded(*members)) == [str(number) for number in range(CHUNKS)]


def finals(api: Vodpull) -> list[str]:
    """Return the task of every final state of a job."""
    events = api.api("GET", "/events").json()["events"]
    return [event["batch_id"] for event in events if event["kind"].startswith("job.")]
