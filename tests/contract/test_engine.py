"""What vodpull relies on the durable engine for, on real databases and real kills: an upgrade must not lose any."""

from __future__ import annotations

import inspect
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from dbos import DBOS, DBOSClient
from dbos import _core as dbos_core
from dbos import _scheduler as dbos_scheduler
from dbos import _sys_db as dbos_system
from dbos import _sys_db_postgres as dbos_postgres
from dbos import _workflow_commands as dbos_jobs
from dbos._queue import queue_thread, queue_worker_thread
from dbos._serialization import DBOSPortableJSONSerializer
from dbos._sys_db import SystemDatabase, db_retry

from tests.contract.engine_worker import CHILDREN, PARENTS, child_call, parent_call, patient_call
from tests.services import preloaded
from tests.services.postgres import Postgres
from tests.services.preloaded import Forked
from tests.services.tables import copy_of_tables
from tests.waiting import until
from vodpull.database.connection import open_database
from vodpull.database.full_disk import outlast_full_disk
from vodpull.errors import AlreadyRunning
from vodpull.workflows.engine.engine import DELAYED_POLL_S, ENGINE_VERSION, TERMINAL, Call, Engine
from vodpull.workflows.engine.executor_ids import claim_executor_id
from vodpull.workflows.engine.slot_claims import ACCOUNT_PLACE

pytestmark = pytest.mark.waits


class Bench:
    """One database, its marks, and the workers that were started on it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.database = open_database(url)
        self._client: DBOSClient | None = None
        self._workers: list[Forked] = []

    @property
    def client(self) -> DBOSClient:
        if self._client is None:
            self._client = DBOSClient(system_database_engine=self.database, serializer=DBOSPortableJSONSerializer())
        return self._client

    def worker(self, *, host: str = "hosta", extra: tuple[str, ...] = ()) -> Forked:
        words = ["--database", self.url, "--folder", str(self.folder), "--host", host, *extra]
        log = self.folder / f"worker-{len(self._workers)}.log"
        unmeasured = preloaded.unmeasured(os.environ)  # nearly all are killed, which coverage learns nothing from
        with log.open("wb") as output:
            worker = preloaded.start(
                "tests.contract.engine_worker", words, environment=unmeasured, output=output.fileno()
            )
        self._workers.append(worker)
        # What it goes on with may end it before it says so.
        self.until(lambda: "ready\n" in log.read_text() or worker.poll() is not None)
        return worker

    def kill(self, worker: Forked) -> None:
        worker.kill()
        worker.wait(timeout=10)

    def start(self, call: Call) -> None:
        with self.database.begin() as connection:
            self.client.enqueue_in_transaction(connection, call.options(), call.argument)

    def status(self, workflow_id: str) -> str:
        found = self.client.list_workflows(workflow_ids=[workflow_id], load_input=False)
        return found[0].status if found else "none"

    def result(self, workflow_id: str, *, within_s: float = 60) -> object:
        until(lambda: self.status(workflow_id) in TERMINAL, within_s=within_s, told=lambda: self.marks(""))
        found = self.client.list_workflows(workflow_ids=[workflow_id])[0]
        return found.output if found.status == "SUCCESS" else found.status

    def marks(self, what: str, name: str = "") -> list[str]:
        file = self.folder / "marks"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line for line in lines if line.startswith(what) and name in line]

    def until(self, condition: Callable[[], object]) -> None:
        until(condition, every_s=0.05, told=lambda: self.marks(""))

    def close(self) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                os.kill(worker.pid, signal.SIGCONT)
                worker.kill()
                worker.wait(timeout=10)
        if self._client is not None:
            self._client.destroy()
        self.database.dispose()


@contextmanager
def _bench(url: str, folder: Path) -> Iterator[Bench]:
    bench = Bench(url, folder)
    try:
        yield bench
    finally:
        bench.close()


@pytest.fixture
def bench(request: pytest.FixtureRequest, database_kind: str, tmp_path: Path) -> Iterator[Bench]:
    if database_kind == "postgres":
        yield request.getfixturevalue("shared_bench")
        return
    file = tmp_path / "vodpull.db"
    copy_of_tables(file)
    with _bench(f"sqlite:///{file}", tmp_path) as bench:
        yield bench


@pytest.fixture
def shared_bench(postgres: Postgres, tmp_path: Path) -> Iterator[Bench]:
    with _bench(postgres.driver_url(postgres.with_tables), tmp_path) as bench:
        yield bench


def test_a_killed_worker_goes_on_after_its_restart_and_repeats_no_finished_step(bench: Bench) -> None:
    worker = bench.worker()
    bench.start(parent_call("job"))
    bench.until(lambda: len(bench.marks("start", "child2")) == 1)
    bench.kill(worker)
    bench.worker()
    assert bench.result("job") == [f"child{number}" for number in range(6)]
    repeated = {name for name in ("first", "second", "child0", "child1") if len(bench.marks("end", f"{name} ")) != 1}
    assert repeated == set()


def test_another_worker_takes_over_from_a_dead_one(shared_bench: Bench) -> None:
    dying = shared_bench.worker(host="hosta")
    shared_bench.start(parent_call("job", children=3))
    shared_bench.until(lambda: len(shared_bench.marks("start", "child0")) == 1)
    shared_bench.kill(dying)
    shared_bench.worker(host="hostb")
    assert shared_bench.result("job") == ["child0", "child1", "child2"]


def test_a_frozen_worker_records_nothing_after_it_wakes(shared_bench: Bench) -> None:
    frozen = shared_bench.worker(host="hosta")
    shared_bench.start(parent_call("job", children=2, sleep_s=1.0))
    shared_bench.until(lambda: len(shared_bench.marks("start", "child0")) == 1)
    os.kill(frozen.pid, signal.SIGSTOP)
    shared_bench.worker(host="hostb")
    assert shared_bench.result("job") == ["child0", "child1"]
    os.kill(frozen.pid, signal.SIGCONT)
    assert frozen.wait(timeout=30) == 75, "a worker that was silent for too long ends itself"
    assert len(shared_bench.marks("end", "last")) == 1


def test_an_executor_without_an_id_of_its_own_is_refused(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    with pytest.raises(ValueError, match="id of its own"):
        Engine(database).launch([PARENTS], executor_id="local")
    database.dispose()


def test_two_processes_never_share_an_executor_id(bench: Bench) -> None:
    first = claim_executor_id(bench.database, lock_folder=bench.folder, host="h")
    if bench.database.dialect.name == "sqlite":
        with pytest.raises(AlreadyRunning):
            claim_executor_id(bench.database, lock_folder=bench.folder, host="h")
    else:
        second = claim_executor_id(bench.database, lock_folder=bench.folder, host="h")
        assert (first.name, second.name) == ("h-0", "h-1")
        second.release()
    first.release()


def test_an_id_is_locked_again_after_a_restart_of_the_database(shared_bench: Bench, postgres: Postgres) -> None:
    first = claim_executor_id(shared_bench.database, lock_folder=shared_bench.folder, host="h")
    _restart(postgres)
    assert first.keep()
    second = claim_executor_id(shared_bench.database, lock_folder=shared_bench.folder, host="h")
    assert (first.name, second.name) == ("h-0", "h-1")
    second.release()
    first.release()


def test_an_id_that_another_process_took_during_a_restart_is_lost(shared_bench: Bench, postgres: Postgres) -> None:
    first = claim_executor_id(shared_bench.database, lock_folder=shared_bench.folder, host="h")
    _restart(postgres)
    second = claim_executor_id(shared_bench.database, lock_folder=shared_bench.folder, host="h")
    assert first.name == second.name
    assert not first.keep()
    second.release()


def _restart(postgres: Postgres) -> None:
    postgres.stop("immediate")
    postgres.start()


def test_cancelling_a_parent_interrupts_the_step_of_its_child(bench: Bench) -> None:
    bench.worker()
    bench.start(parent_call("job", sleep_s=60))
    bench.until(lambda: len(bench.marks("start", "child0")) == 1)
    bench.client.cancel_workflows(["job"], cancel_children=True)
    bench.until(lambda: len(bench.marks("cancelled", "child0")) == 1)
    assert bench.result("job") == "CANCELLED"


def test_a_job_that_kills_its_worker_is_given_up_and_its_parent_learns_of_it(bench: Bench) -> None:
    worker = bench.worker()
    bench.start(Call(workflow="poison_parent", queue=PARENTS, workflow_id="job", argument={"id": "job"}))
    for _ in range(3):
        worker.wait(timeout=60)
        worker = bench.worker()
    assert bench.result("job") == "step_abandoned"
    assert len(bench.marks("start", "poison")) == 3


def test_work_goes_on_after_the_database_was_away(shared_bench: Bench, postgres: Postgres) -> None:
    shared_bench.worker(extra=("--death", "30"))
    shared_bench.start(parent_call("job", children=3))
    shared_bench.until(lambda: len(shared_bench.marks("start", "child0")) == 1)
    _restart(postgres)
    shared_bench.database.dispose()
    shared_bench.until(lambda: len(shared_bench.marks("end", "last")) >= 1)
    assert shared_bench.result("job") == ["child0", "child1", "child2"]


def test_a_claim_whose_answer_was_lost_is_taken_back(bench: Bench) -> None:
    bench.worker(extra=("--lose-claim", "--death", "2"))
    bench.start(child_call("job", 0))
    assert bench.result("job-0") == "child0"
    assert len(bench.marks("start", "child0")) == 1


def test_the_code_version_is_ours_and_stays(bench: Bench) -> None:
    bench.worker()
    bench.start(child_call("job", 0))
    assert bench.result("job-0") == "child0"
    assert bench.client.list_workflows(workflow_ids=["job-0"])[0].app_version == ENGINE_VERSION == "1"


def test_a_patched_workflow_lets_work_in_flight_take_the_old_path(bench: Bench) -> None:
    worker = bench.worker()
    bench.start(parent_call("old", children=3))
    bench.until(lambda: len(bench.marks("start", "child0")) == 1)
    bench.kill(worker)
    bench.worker(extra=("--extra-step",))
    assert bench.result("old") == ["child0", "child1", "child2"]
    bench.start(parent_call("new", children=1))
    assert bench.result("new") == ["child0"]
    assert [line.split()[1] for line in bench.marks("end", " extra ")] == ["new"]


def test_a_call_without_account_to_a_queue_that_takes_turns_is_refused() -> None:
    call = Call(workflow="child", queue=CHILDREN, workflow_id="x", argument={})
    with pytest.raises(ValueError, match="must name its account"):
        call.options()


def test_two_accounts_take_turns(bench: Bench) -> None:
    for number in range(24):
        bench.start(child_call("many", number, account="a"))
    for number in range(2):
        bench.start(child_call("few", number, account="b"))
    bench.worker()
    bench.until(lambda: len(bench.marks("end", "few")) == 2)
    assert len(bench.marks("end", "many")) < 20, "the small account does not wait for the large one's queue"


def test_each_process_keeps_its_own_number_of_slots(shared_bench: Bench) -> None:
    small = shared_bench.worker(host="hosta", extra=("--slots", "1"))
    large = shared_bench.worker(host="hostb", extra=("--slots", "3"))
    for number in range(16):
        shared_bench.start(child_call("job", number, sleep_s=0.5))
    shared_bench.until(lambda: len(shared_bench.marks("end", "child")) == 16)
    most = {worker.pid: _most_at_once(shared_bench.marks(""), worker.pid) for worker in (small, large)}
    assert most == {small.pid: 1, large.pid: 3}


def test_who_waits_gives_its_slot_back_and_takes_none_that_is_taken(bench: Bench) -> None:
    worker = bench.worker(extra=("--slots", "1"))
    for job in ("patient1", "patient2"):
        bench.start(patient_call(job))
    bench.until(lambda: len(bench.marks("aside")) == 2)
    for number in range(4):
        bench.start(child_call("job", number, sleep_s=0.3))
    bench.until(lambda: len(bench.marks("start", "child")) == 2)
    for job in ("patient1", "patient2"):
        (bench.folder / job).touch()
    bench.until(lambda: len(bench.marks("end")) == 6)
    working = [mark for mark in bench.marks("") if not mark.startswith("aside")]
    assert _most_at_once(working, worker.pid) == 1
    ended = [mark.split()[1] for mark in bench.marks("end")]
    assert ended.index("patient1") < 4, "who comes back goes before what is claimed anew"


def _most_at_once(marks: list[str], pid: int) -> int:
    running, most = 0, 0
    for mark in marks:
        if mark.endswith(f" {pid}"):
            running += 1 if mark.startswith("start") else -1
            most = max(most, running)
    return most


def test_a_drained_worker_ends_its_step_and_begins_no_other(shared_bench: Bench) -> None:
    leaving = shared_bench.worker(host="hosta", extra=("--grace", "30"))
    shared_bench.start(parent_call("job", children=2, sleep_s=1.0))
    shared_bench.until(lambda: len(shared_bench.marks("start", "child0")) == 1)
    leaving.terminate()
    assert leaving.wait(timeout=30) == 0
    assert [len(shared_bench.marks(what, "child")) for what in ("start", "end", "cancelled")] == [1, 1, 0]
    shared_bench.worker(host="hostb")
    assert shared_bench.result("job") == ["child0", "child1"]
    assert len(shared_bench.marks("start", "child0")) == 1, "what ended within the grace time is not done again"


def test_clean_up_deletes_finished_work_only(bench: Bench) -> None:
    bench.worker()
    bench.start(child_call("done", 0))
    bench.start(parent_call("running", sleep_s=60))
    bench.result("done-0")
    bench.until(lambda: len(bench.marks("start", "child0")) == 2)
    engine = Engine.__new__(Engine)
    engine._client = bench.client
    assert engine.collect_garbage(older_than_s=-60, now_s=time.time()) == 1
    assert (bench.status("done-0"), bench.status("running")) == ("none", "PENDING")


def test_a_process_hears_of_its_own_children_without_looking(shared_bench: Bench) -> None:
    shared_bench.worker(extra=("--deaf", "--slots", "1"))
    engine = Engine(shared_bench.database)
    engine.attach()
    with shared_bench.database.begin() as connection:
        engine.start(connection, parent_call("one", sleep_s=0.1, children=3))
        engine.start(connection, parent_call("two", sleep_s=0.1, children=3))
    for job in ("one", "two"):
        assert shared_bench.result(job) == ["child0", "child1", "child2"], "two parents share the one slot"
    engine.shutdown()


def test_a_parent_learns_of_a_child_that_another_process_ran(shared_bench: Bench) -> None:
    shared_bench.worker(host="hosta", extra=("--slots", "0"))
    shared_bench.start(parent_call("job", children=2, sleep_s=0.1))
    shared_bench.until(lambda: len(shared_bench.marks("end", "second")) == 1)
    shared_bench.worker(host="hostb")
    assert shared_bench.result("job") == ["child0", "child1"]
    assert len({mark.split()[-1] for mark in shared_bench.marks("end")}) == 2


def test_what_the_library_does_in_the_background_still_takes_its_rhythm_from_us() -> None:
    jobs, schedules = inspect.getsource(dbos_jobs.background_jobs_thread), inspect.getsource(dbos_scheduler)
    assert "_BACKGROUND_JOBS_INTERVAL_SEC" in jobs
    assert "time.monotonic() + _STARTUP_FAST_POLL_DURATION_SEC" in schedules
    assert "list_queues(" in inspect.getsource(queue_thread)
    assert "get_internal_queue()" in inspect.getsource(queue_thread)
    assert dbos_postgres.BACKGROUND_JOB_LOCK_IDLE_TIMEOUT_MS > 1000 * DELAYED_POLL_S


def test_the_task_of_a_workflow_ends_after_its_outcome_is_recorded_and_its_slot_is_free() -> None:
    source = inspect.getsource(dbos_core._execute_workflow_async)
    assert source.index("await result()") < source.index("entry.release()", source.index("finally"))
    assert "asyncio.create_task(\n                        _execute_workflow_async(" in inspect.getsource(dbos_core)


def test_the_figure_that_says_how_often_a_step_looks_for_its_cancel_still_exists() -> None:
    assert "asyncio.sleep(_PREEMPTIBLE_POLL_INTERVAL_SEC)" in inspect.getsource(dbos_core)


def test_the_function_that_tells_a_queue_thread_its_slots_still_exists() -> None:
    assert list(inspect.signature(SystemDatabase.get_queue).parameters)[:2] == ["self", "name"]
    source = inspect.getsource(queue_worker_thread)
    for name in ("get_queue(", "_worker_concurrency", "_partition_worker_concurrency", "_polling_interval_sec"):
        assert name in source


def test_the_functions_that_order_accounts_still_exist() -> None:
    assert list(inspect.signature(SystemDatabase.get_queue_partitions).parameters) == ["self", "queue_name"]
    claims = list(inspect.signature(SystemDatabase.start_queued_workflows).parameters)
    assert claims.index("queue_partition_key") - claims.index("queue") - 1 == ACCOUNT_PLACE
    source = inspect.getsource(queue_worker_thread)
    assert "random.shuffle(partition_keys)" in source
    assert "for key in partition_keys" in source


def test_the_function_that_tells_which_errors_of_sqlite_pass_still_exists() -> None:
    assert "retriable_sqlite_exception(e)" in inspect.getsource(db_retry)
    assert vars(dbos_system)["retriable_sqlite_exception"](Exception("database is locked"))


def test_only_a_full_disk_is_waited_out(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    outlasts = partial(outlast_full_disk, database, gives_up=lambda: False)
    assert outlasts(Exception("database or disk is full"))
    assert not outlasts(Exception("no such table"))
    database.dispose()


def test_the_way_to_recover_a_dead_executor_still_exists() -> None:
    assert callable(DBOS._recover_pending_workflows)


def test_a_process_under_the_dead_id_is_another_way_to_recover(shared_bench: Bench) -> None:
    dying = shared_bench.worker(host="hosta")
    shared_bench.start(child_call("job", 0, sleep_s=2))
    shared_bench.until(lambda: len(shared_bench.marks("start", "child0")) == 1)
    shared_bench.kill(dying)
    shared_bench.worker(host="hosta")  # same host, same slot, same id
    assert shared_bench.result("job-0", within_s=20) == "child0"


def test_the_engine_leaves_our_own_tables_alone(bench: Bench) -> None:
    bench.worker()
    names = set(sa.inspect(bench.database).get_table_names())
    assert {"batch", "job", "delivery", "executor"} <= names
