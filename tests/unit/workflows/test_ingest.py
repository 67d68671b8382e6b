"""In which order a job's children are waited for, and that none is left running."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from vodpull.errors import StepAbandoned
from vodpull.jobs.store.job_refs import JobRef
from vodpull.workflows.engine.engine import Call, Child, JsonObject
from vodpull.workflows.engine.queues import Owner, Queues
from vodpull.workflows.ingest import Workflows

REF, OWNER = JobRef(job_id="j", attempt=1), Owner(account_id="a", priority=1)


class Ledger:
    """An engine that only keeps what was asked of it; `ends` says how each child ends."""

    def __init__(self, ends: dict[str, JsonObject | Exception], *, is_old: bool = False) -> None:
        self.ends, self.is_old = ends, is_old
        self.running: list[str] = []
        self.steps: list[str] = []

    async def spawn(self, call: Call) -> Child:
        self.running.append(call.workflow_id)
        return Child(call=call, handle=None, ending=cast("Any", None))

    async def join(self, child: Child) -> JsonObject:
        self.running.remove(child.call.workflow_id)
        end = self.ends.get(child.call.workflow_id, {})
        if isinstance(end, Exception):
            raise end
        return end

    async def patched(self, _change: str) -> bool:
        return not self.is_old

    async def step(self, name: str, act: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        self.steps.append(name)
        return await act(*arguments)

    def cancel(self, workflow_id: str) -> None:
        if workflow_id in self.running:  # one that has ended stays as it is
            self.running.remove(workflow_id)


class Previews:
    def __init__(self) -> None:
        self.shown: list[int] = []

    async def preview(self, _ref: JobRef, _info: JsonObject, chunks: int) -> JsonObject:
        self.shown.append(chunks)
        return {}


async def spread(ledger: Ledger, previews: Previews) -> JsonObject:
    queues = Queues.of(fetch_slots=1, encode_slots=1)
    flows = Workflows(cast("Any", ledger), queues, cast("Any", previews))
    return await flows._spread(REF, OWNER, {}, chunks=3)


async def test_each_chunk_is_shown_as_it_comes() -> None:
    ledger, previews = Ledger({}), Previews()
    assert await spread(ledger, previews) == {}
    assert (previews.shown, ledger.running, "stop" in ledger.steps) == ([1, 2, 3], [], False)


@pytest.mark.parametrize(("failing", "shown"), [("tracks-j-1", []), ("chunk-j-1-0", []), ("chunk-j-1-2", [1, 2])])
@pytest.mark.parametrize("is_given_up", [False, True])
async def test_whatever_fails_nothing_goes_on(failing: str, shown: list[int], *, is_given_up: bool) -> None:
    end: JsonObject | Exception = StepAbandoned("given up") if is_given_up else {"failure": {"code": "x"}}
    ledger, previews = Ledger({failing: end}), Previews()
    if is_given_up:
        with pytest.raises(StepAbandoned):
            await spread(ledger, previews)
    else:
        assert await spread(ledger, previews) == end
    assert (previews.shown, ledger.running, ledger.steps[-1]) == (shown, [], "stop")


async def test_work_in_flight_from_before_takes_the_steps_that_it_knows() -> None:
    ledger = Ledger({"chunk-j-1-0": StepAbandoned("given up")}, is_old=True)
    with pytest.raises(StepAbandoned):
        await spread(ledger, Previews())
    assert ledger.steps == []
