"""Whatever a client does in whatever order, nothing accepted is lost, and every attempt ends once: Hypothesis."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.origin import Origin
from tests.services.vodpull import Vodpull

CLIP = "flower_faststart.mp4"

PATHS = {"good": CLIP, "missing": "status/404", "slow": "never"}
"""Kinds of sources; every other one is refused for its address."""

OUTCOMES = {"good": ("done", None), "missing": ("failed", "origin_missing"), "refused": ("failed", "url_forbidden")}
"""How an attempt of each kind ends that nobody cancelled: stage and code."""

FINAL = {"done", "failed", "cancelled"}

EVENTS = {"done": "job.done", "failed": "job.failed", "cancelled": "job.cancelled"}

KINDS = st.lists(st.sampled_from(["good", "missing", "refused", "slow"]), min_size=1, max_size=4)

POSITIONS = st.one_of(st.none(), st.integers(0, 3))
"""None: the whole batch."""


class Client(RuleBasedStateMachine):
    """A client of one service; it remembers what it was told and compares."""

    service: ClassVar[Vodpull]
    origin: ClassVar[Origin]
    accepted: ClassVar[list[str]] = []
    """Batches of every run, oldest first."""

    batches = Bundle("batches")

    def __init__(self) -> None:
        super().__init__()
        self.kinds: dict[str, list[str]] = {}
        self.ends: dict[tuple[str, int, int], str] = {}
        """Final stage by batch, position and attempt."""
        self.events: dict[str, dict[str, Any]] = {}

    @rule(target=batches, kinds=KINDS)
    def pull(self, kinds: list[str]) -> str:
        """Submit by the wire contract."""
        items = [{"fetchUrl": self.url(kind)} for kind in kinds]
        # Of its own each time: what is signed alike in the same second is the same request.
        trans_no = f"pull {len(self.accepted)}"
        return self.keep(self.service.pull(items, workflowId="original", transNo=trans_no), kinds)

    @rule(target=batches, kinds=KINDS)
    def create(self, kinds: list[str]) -> str:
        """Submit by our own API."""
        batch = self.service.create(*map(self.url, kinds), template="original")
        return self.keep(batch["batch_id"], kinds)

    @rule(batch_id=batches)
    def query(self, batch_id: str) -> None:
        check_wire(self.service.query(batch_id), len(self.kinds[batch_id]))

    @rule(batch_id=batches)
    def read(self, batch_id: str) -> None:
        self.look(self.service.state(batch_id))

    @rule(batch_id=batches, position=POSITIONS)
    def cancel(self, batch_id: str, position: int | None) -> None:
        reply = self.change("cancel", batch_id, position)
        if reply in {200, 409}:
            state = self.service.state(batch_id)
            assert all(job["stage"] in FINAL for job in chosen(state, position)), "nothing of it is under way now"

    @rule(batch_id=batches, position=POSITIONS)
    def retry(self, batch_id: str, position: int | None) -> None:
        before = {job["position"]: job["attempt"] for job in self.service.state(batch_id)["jobs"]}
        reply = self.change("retry", batch_id, position)
        after = {job["position"]: job["attempt"] for job in self.service.state(batch_id)["jobs"]}
        grown = [after[number] - before[number] for number in before]
        assert set(grown) <= {0, 1}
        assert (sum(grown) > 0) == (reply == 200)

    @rule()
    def poll_events(self) -> None:
        """Read the news and acknowledge it."""
        page = self.service.api("GET", "/events").json()["events"]
        for event in page:
            assert self.events.setdefault(event["event_id"], event) == event, "an event never changes"
        ids = [event["event_id"] for event in page]
        assert self.service.api("POST", "/events/ack", json={"event_ids": ids}).json() == {"acknowledged": len(ids)}

    def teardown(self) -> None:
        for batch_id in self.kinds:
            if "slow" in self.kinds[batch_id]:
                self.change("cancel", batch_id, None)
        for batch_id in self.kinds:
            self.finish(batch_id)
        listed = self.service.api("GET", "/batches", params={"limit": 100}).json()["batches"]
        newest = [batch["batch_id"] for batch in listed]
        assert newest == self.accepted[::-1][: len(newest)], "no batch is lost, and none is there that nobody made"

    def finish(self, batch_id: str) -> None:
        """Wait for the end of a batch and compare all of it."""
        state = self.service.wait_final(batch_id)
        self.look(state)
        check_wire(self.service.query(batch_id), len(self.kinds[batch_id]))
        for kind, job in zip(self.kinds[batch_id], state["jobs"], strict=True):
            ended = job["stage"], job["error"] and job["error"]["code"]
            assert ended in {OUTCOMES.get(kind), ("cancelled", "cancelled")}, (kind, job, self.service.log()[-3000:])
        self.poll_until_quiet(batch_id)
        self.compare_events(state)

    def compare_events(self, state: dict[str, Any]) -> None:
        told = [event for event in self.events.values() if event["batch_id"] == state["batch_id"]]
        events = [event for event in told if not event["kind"].startswith("video.")]
        by_job = Counter(event["position"] for event in events)
        for job in state["jobs"]:
            assert by_job[job["position"]] == job["attempt"], "one for each final state"
            kinds = [event["kind"] for event in events if event["position"] == job["position"]]
            assert EVENTS[job["stage"]] in kinds
        assert by_job[None] >= 1, "and one for the batch"

    def poll_until_quiet(self, batch_id: str) -> None:
        deadline_s = time.monotonic() + 30
        while self.service.api("GET", "/events", params={"limit": 1}).json()["events"]:
            assert time.monotonic() < deadline_s, batch_id
            self.poll_events()

    def look(self, state: dict[str, Any]) -> None:
        """Check that a batch contradicts nothing that was seen of it before."""
        assert [job["url"] for job in state["jobs"]] == list(map(self.url, self.kinds[state["batch_id"]]))
        assert state["is_final"] == all(job["stage"] in FINAL for job in state["jobs"])
        for job in state["jobs"]:
            if job["stage"] in FINAL:
                attempt = state["batch_id"], job["position"], job["attempt"]
                assert self.ends.setdefault(attempt, job["stage"]) == job["stage"], "an attempt ends once"

    def change(self, verb: str, batch_id: str, position: int | None) -> int:
        where = "" if position is None else f"/jobs/{position}"
        reply = self.service.api("POST", f"/batches/{batch_id}{where}/{verb}")
        there = position is None or position < len(self.kinds[batch_id])
        assert reply.status_code in ({200, 409} if there else {404}), reply.text
        if reply.status_code == 200:
            self.look(reply.json())
        return reply.status_code

    def keep(self, batch_id: str, kinds: list[str]) -> str:
        self.kinds[batch_id] = kinds
        self.accepted.append(batch_id)
        return batch_id

    def url(self, kind: str) -> str:
        return self.origin.url(PATHS[kind]) if kind in PATHS else "http://127.0.0.1/refused.mp4"


def chosen(state: dict[str, Any], position: int | None) -> list[dict[str, Any]]:
    return [job for job in state["jobs"] if position in {None, job["position"]}]


def check_wire(data: dict[str, Any], size: int) -> None:
    """Check the states of a reply against each other (spec cloud-vod-fetch §5.2)."""
    pairs = [(item["pullStatus"], item["cmdStatus"]) for item in data["items"]]
    assert len(pairs) == size
    assert set(pairs) <= {(1, 1), (2, 1), (2, 2), (2, 3), (3, 3)}
    assert data["status"] == (1 if any(1 in pair for pair in pairs) else 2)
    for item in data["items"]:
        assert ("videoInfo" in item) == (item["pullStatus"] == 2)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[type[Client]]:
    service = Vodpull(tmp_path_factory.mktemp("stateful") / "data", origin=origin.origin)
    service.start()
    Client.service, Client.origin = service, origin
    yield Client
    service.stop()


@pytest.mark.slow
def test_no_order_of_calls_loses_or_repeats_anything(machine: type[Client]) -> None:
    chosen_settings = settings(
        max_examples=12,
        stateful_step_count=15,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen_settings)
    assert "request failed" not in machine.service.log()
    assert "failed unexpectedly" not in machine.service.log()
