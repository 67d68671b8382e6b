"""A worker process with toy workflows, for the engine's contract tests: every step leaves marks in a file."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from dbos._sys_db import SystemDatabase

from vodpull.database.connection import open_database
from vodpull.database.migrate import migrate
from vodpull.exit_codes import EXIT_AGAIN
from vodpull.workflows.engine import wakeups
from vodpull.workflows.engine.engine import Call, Engine, JsonObject
from vodpull.workflows.engine.executor_ids import claim_executor_id
from vodpull.workflows.engine.heartbeats import BeatLimits, Heartbeat
from vodpull.workflows.engine.slot_claims import Queue

PARENTS = Queue(name="parents", slots=100)
CHILDREN = Queue(name="children", slots=4, by_account=True)
LIMITS = BeatLimits(beat_s=0.5, death_s=3.0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", default="hosta")
    parser.add_argument("--slots", type=int, default=CHILDREN.slots, help="children that this process runs at once")
    parser.add_argument("--grace", type=float, default=0.0, help="seconds to let steps end after SIGTERM")
    parser.add_argument("--death", type=float, default=LIMITS.death_s, help="seconds of silence after which it is dead")
    parser.add_argument("--extra-step", action="store_true", help="the next release: a step more, behind a patch")
    parser.add_argument("--deaf", action="store_true", help="never look for work or ends, only be told of them")
    parser.add_argument("--lose-claim", action="store_true", help="never hear of what is claimed first")
    options = parser.parse_args()
    if options.deaf:
        vars(wakeups).update(LOOK_S=1e6, SOON_S=1e6, WAIT_LOOK_S=1e6, IDLE_LOOK_S=1e6, UNRUNG_S=1e6)
    if options.lose_claim:
        lose_first_claim()
    database = open_database(options.database)
    migrate(database)
    executor_id = claim_executor_id(database, lock_folder=options.folder, host=options.host)
    engine = Engine(database)
    Toys(engine, options.folder / "marks", extra_step=options.extra_step).register()
    engine.launch([PARENTS, replace(CHILDREN, slots=options.slots)], executor_id=executor_id.name)
    limits = replace(LIMITS, death_s=options.death)
    heartbeat = Heartbeat(database, executor_id, engine=engine, on_lost=lambda: os._exit(EXIT_AGAIN), limits=limits)
    heartbeat.start()
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    told.wait()
    engine.drain(grace_s=options.grace)
    engine.shutdown()
    heartbeat.stop()


def lose_first_claim() -> None:
    """Commit the first claim and lose the answer, as when the database goes down in that moment."""
    claim = SystemDatabase.start_queued_workflows
    lost: list[str] = []

    def start_queued_workflows(*arguments: Any, **options: Any) -> Any:
        claimed, reason = claim(*arguments, **options)
        if claimed and not lost:
            lost.extend(claimed)
            return [], reason
        return claimed, reason

    SystemDatabase.start_queued_workflows = start_queued_workflows  # type: ignore[method-assign]


class Toys:
    """Workflows that show what the engine does with them."""

    def __init__(self, engine: Engine, marks: Path, *, extra_step: bool) -> None:
        self._engine = engine
        self._marks = marks
        self._extra_step = extra_step

    def register(self) -> None:
        self._engine.register("parent", self.parent, max_recoveries=1000)
        self._engine.register("child", self.child, max_recoveries=20, queue=CHILDREN)
        self._engine.register("patient", self.patient, max_recoveries=20, queue=CHILDREN)
        self._engine.register("poison_parent", self.poison_parent, max_recoveries=1000)
        self._engine.register("poison", self.poison, max_recoveries=2)

    async def parent(self, argument: JsonObject) -> Any:
        """Two steps, then children one after the other, then a last step."""
        for name in ("first", "second"):
            await self._engine.step(name, self._work, argument["id"], name, 0.1)
        if self._extra_step and await self._engine.patched("extra-step"):
            await self._engine.step("extra", self._work, argument["id"], "extra", 0.0)
        results = []
        for number in range(argument["children"]):
            call = child_call(argument["id"], number, account=argument["account"], sleep_s=argument["sleep_s"])
            results.append(await self._engine.run_child(call))
        await self._engine.step("last", self._work, argument["id"], "last", 0.0)
        return results

    async def child(self, argument: JsonObject) -> Any:
        name = f"child{argument['number']}"
        return await self._engine.step("work", self._work, argument["id"], name, argument["sleep_s"])

    async def patient(self, argument: JsonObject) -> None:
        await self._engine.step("work", self._wait_aside, argument["id"])

    async def _wait_aside(self, job: str) -> None:
        """Wait for a file of the job's name, without the slot."""
        async with self._engine.standing_aside():
            self._mark("aside", job, "patient")
            while not self._marks.with_name(job).exists():
                await asyncio.sleep(0.02)
        await self._work(job, "patient", 0.3)

    async def poison_parent(self, argument: JsonObject) -> Any:
        try:
            await self._engine.run_child(poison_call(argument["id"]))
        except Exception as error:
            return getattr(error, "code", type(error).__name__)
        return "survived"

    async def poison(self, argument: JsonObject) -> None:
        await self._engine.step("die", self._die, argument["id"])

    async def _die(self, job: str) -> None:
        self._mark("start", job, "poison")
        os.kill(os.getpid(), signal.SIGKILL)

    async def _work(self, job: str, name: str, sleep_s: float) -> str:
        self._mark("start", job, name)
        try:
            await asyncio.sleep(sleep_s)
        except asyncio.CancelledError:
            self._mark("cancelled", job, name)
            raise
        self._mark("end", job, name)
        return name

    def _mark(self, what: str, job: str, name: str) -> None:
        with self._marks.open("a") as file:
            file.write(f"{what} {job} {name} {os.getpid()}\n")


def parent_call(job: str, *, children: int = 6, sleep_s: float = 0.5, account: str = "a") -> Call:
    argument = {"id": job, "children": children, "sleep_s": sleep_s, "account": account}
    return Call(workflow="parent", queue=PARENTS, workflow_id=job, argument=argument)


def child_call(job: str, number: int, *, account: str = "a", sleep_s: float = 0.2) -> Call:
    argument = {"id": job, "number": number, "sleep_s": sleep_s}
    return Call(workflow="child", queue=CHILDREN, workflow_id=f"{job}-{number}", argument=argument, account_id=account)


def patient_call(job: str) -> Call:
    return Call(workflow="patient", queue=CHILDREN, workflow_id=job, argument={"id": job}, account_id="a")


def poison_call(job: str) -> Call:
    return Call(workflow="poison", queue=CHILDREN, workflow_id=f"{job}-poison", argument={"id": job}, account_id="a")


if __name__ == "__main__":
    main()
