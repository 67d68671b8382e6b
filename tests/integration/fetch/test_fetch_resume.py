"""Broken, killed and shared transfers: the bytes that are here are not asked for again, and never mixed."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.fetch.conftest import md5_of
from tests.origin import Origin, Scripted

from vodpull.errors import (
    BodyIncomplete,
    FetchError,
    Md5Mismatch,
    OriginFailed,
    OriginMissing,
    OriginTimeout,
    StorageUnavailable,
)
from vodpull.fetch import AddressGuard, Downloaded, FetchLimits, HostLimits, download
from vodpull.fetch.partfile import partfile
from vodpull.fetch.partfile.journal import journal_of

pytestmark = pytest.mark.waits

CONTENT = os.urandom(16 << 20)

# Thirty faults that a file may meet: where the connection ends, how, and what the next requests meet.
FAULTS = [
    *(("reset@1",), ("reset@50",), ("reset@99",), ("short@1",), ("short@50",), ("short@99",)),
    *(("stall@1",), ("stall@50",), ("stall@99",), ("500",), ("502", "503"), ("503", "500", "429")),
    *(("reset@50", "reset@50"), ("reset@50", "500", "reset@50"), ("reset@30", "short@30", "stall@30")),
    *(("stall@50", "500"), ("short@10", "503", "503"), ("reset@1", "reset@1", "reset@1"), ("429", "reset@90")),
    *(("reset@99", "reset@99"), ("short@99", "short@99"), ("stall@99", "reset@1"), ("500", "stall@10", "500")),
    *(("reset@60", "408"), ("reset@25",) * 8, ("short@25",) * 8, ("500", "reset@75", "500", "500", "short@75")),
    *(("reset@5", "500") * 3, ("stall@20", "stall@20"), ("short@80", "stall@80", "reset@80")),
]


@functools.cache
class Bench:
    """One scripted file and one target, and `download` with everything filled in."""

    def __init__(self, origin: Origin, folder: Path, limits: FetchLimits) -> None:
        self.origin = origin
        self.target = folder / "source"
        self.guard = AddressGuard(trusted_origins=[origin.origin])
        self.limits = replace(limits, max_bytes=1 << 30, stall_timeout_s=0.5, attempts=5)

    def script(self, *faults: str, content: bytes = CONTENT) -> Scripted:
        return self.origin.script("v.mp4", content, faults)

    async def download(
        self, path: str = "scripted/v.mp4", *, md5: str = "", host_limits: HostLimits | None = None
    ) -> Downloaded:
        return await download(
            self.origin.url(path),
            self.target,
            guard=self.guard,
            limits=self.limits,
            on_progress=lambda *_: None,
            expected_md5=md5,
            host_limits=host_limits,
        )

    def left(self) -> list[str]:
        return sorted(path.name for path in self.target.parent.iterdir())


@pytest.fixture
def bench(origin: Origin, tmp_path: Path, limits: FetchLimits) -> Bench:
    return Bench(origin, tmp_path, limits)


def test_there_are_thirty_scripts() -> None:
    assert len(FAULTS) == 30


async def test_of_thirty_faults_few_bytes_come_twice_and_every_file_is_right(bench: Bench) -> None:
    sent_bytes, received, told = 0, 0, list[int]()
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    bench.limits = replace(bench.limits, on_received=told.append)
    for faults in FAULTS:
        file = bench.script(*faults)
        arrived = await bench.download(md5=md5_of(CONTENT))
        assert arrived.sha256 == sha256
        assert bench.target.read_bytes() == CONTENT
        assert file.faults == []
        sent_bytes += file.sent_bytes
        received += arrived.received_bytes
    assert sum(told) == received >= len(CONTENT) * len(FAULTS), "whoever asks is told of every byte that comes"
    assert bench.left() == ["source"]
    assert sent_bytes <= 1.1 * len(CONTENT) * len(FAULTS)


@pytest.mark.parametrize("faults", [("reset@50", "ignored"), ("short@50", "wrong"), ("short@50", "wrong", "wrong")])
async def test_an_origin_that_gives_another_range_is_asked_for_the_whole(bench: Bench, faults: tuple[str, ...]) -> None:
    file = bench.script(*faults)
    arrived = await bench.download()
    assert bench.target.read_bytes() == CONTENT
    assert arrived.size_bytes == len(CONTENT)
    assert file.ranges[0] == ""
    assert file.ranges[1] != ""


@pytest.mark.parametrize("faults", [("reset@50", "changed"), ("short@99", "500", "changed"), ("stall@10", "changed")])
async def test_a_file_that_changes_in_the_middle_is_fetched_anew(bench: Bench, faults: tuple[str, ...]) -> None:
    bench.script(*faults)
    arrived = await bench.download()
    assert bench.target.read_bytes() == CONTENT[::-1]
    assert arrived.md5 == md5_of(CONTENT[::-1])


async def test_a_file_that_got_shorter_is_fetched_anew(bench: Bench) -> None:
    file = bench.script("reset@90")
    running = asyncio.create_task(bench.download())
    async with asyncio.timeout(60):
        while not file.ranges or file.faults:
            await asyncio.sleep(0)
    file.replace(b"short")
    await running
    assert bench.target.read_bytes() == b"short"


async def test_without_a_validator_it_starts_again(bench: Bench) -> None:
    file = bench.script("reset@50")
    file.etag = ""
    await bench.download()
    assert bench.target.read_bytes() == CONTENT
    assert file.ranges == ["", ""]


@pytest.mark.parametrize(("modified", "continues"), [("Thu, 01 Jan 2026 00:00:00 GMT", True), ("soon", False)])
async def test_an_unchanged_last_modified_is_enough(bench: Bench, modified: str, *, continues: bool) -> None:
    file = bench.script("short@50")
    file.etag, file.last_modified = "", modified
    await bench.download()
    assert bench.target.read_bytes() == CONTENT
    assert (file.ranges[1] != "") is continues


async def test_tries_that_bring_something_do_not_count(bench: Bench) -> None:
    bench.limits = replace(bench.limits, attempts=2)
    bench.script(*["short@20"] * 5)
    assert (await bench.download()).size_bytes == len(CONTENT)


async def test_tries_in_vain_do_count(bench: Bench) -> None:
    file = bench.script("reset@50", *["500"] * 9)
    with pytest.raises(OriginFailed):
        await bench.download()
    assert len(file.ranges) == bench.limits.attempts


@pytest.mark.parametrize(
    ("fault", "error"), [("short@50", BodyIncomplete), ("stall@50", OriginTimeout), ("500", OriginFailed)]
)
async def test_the_next_call_goes_on_where_an_error_that_may_pass_ended_it(
    bench: Bench, fault: str, error: type[FetchError]
) -> None:
    bench.limits = replace(bench.limits, attempts=1)
    file = bench.script("short@50", fault)
    for kind in (BodyIncomplete, error):
        with pytest.raises(kind):
            await bench.download()
        assert bench.left() == ["source.journal", "source.part"]
    arrived = await bench.download(md5=md5_of(CONTENT))
    assert arrived.received_bytes <= 0.65 * len(CONTENT)
    assert file.ranges[2].startswith("bytes=")
    assert bench.left() == ["source"]


async def test_an_error_that_is_final_removes_what_was_kept(bench: Bench) -> None:
    bench.limits = replace(bench.limits, attempts=1)
    bench.script("short@50", "404")
    with pytest.raises(BodyIncomplete):
        await bench.download()
    with pytest.raises(OriginMissing):
        await bench.download()
    assert bench.left() == []


async def test_the_bytes_of_another_url_are_not_continued(bench: Bench) -> None:
    bench.limits = replace(bench.limits, attempts=1)
    file = bench.script("short@50")
    with pytest.raises(BodyIncomplete):
        await bench.download()
    await bench.download("scripted/v.mp4?version=2")
    assert file.ranges == ["", ""]


async def test_a_file_that_only_lacks_its_name_is_not_asked_for_again(bench: Bench) -> None:
    bench.limits = replace(bench.limits, attempts=1)
    file = bench.script("short@99")
    with pytest.raises(BodyIncomplete):
        await bench.download()
    journal, part = journal_of(bench.target), bench.target.with_name("source.part")
    part.write_bytes(CONTENT)
    journal.write_text(journal.read_text().replace(f"[0, {len(CONTENT) * 99 // 100}]", f"[0, {len(CONTENT)}]"))
    arrived = await bench.download(md5=md5_of(CONTENT))
    assert (len(file.ranges), arrived.received_bytes, arrived.etag) == (1, 0, '"1"')


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"version": 1}', "\x00", '{"version": 1, "identity": {}, "spans": 3}']
)
async def test_a_journal_that_makes_no_sense_is_not_believed(bench: Bench, text: str) -> None:
    bench.script()
    bench.target.with_name("source.part").write_bytes(b"x" * 1000)
    journal_of(bench.target).write_text(text)
    await bench.download(md5=md5_of(CONTENT))
    assert bench.left() == ["source"]


async def test_pieces_that_do_not_fit_together_are_fetched_once_more_in_one(bench: Bench) -> None:
    file = bench.script("short@50")
    running = asyncio.create_task(bench.download(md5=md5_of(CONTENT[::-1])))
    async with asyncio.timeout(60):
        while not file.ranges:
            await asyncio.sleep(0)
    file.content = CONTENT[::-1]  # although its ETag stays: the origin lies
    await running
    assert bench.target.read_bytes() == CONTENT[::-1]
    assert file.ranges[-1] == ""


async def test_a_wrong_md5_of_a_resumed_file_is_final_after_one_more_look(bench: Bench) -> None:
    file = bench.script("short@50")
    with pytest.raises(Md5Mismatch):
        await bench.download(md5="0" * 32)
    assert len(file.ranges) == 3
    assert bench.left() == []


async def test_a_stop_within_a_second_keeps_what_is_here_for_the_next_start(bench: Bench) -> None:
    bench.limits = replace(bench.limits, stall_timeout_s=60)
    bench.script("stall@50")
    running = asyncio.create_task(bench.download())
    part = bench.target.with_name("source.part")
    async with asyncio.timeout(60):
        while not part.exists() or part.stat().st_size < 0.4 * len(CONTENT):
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 1)
    assert bench.left() == ["source.journal", "source.part"]
    arrived = await bench.download(md5=md5_of(CONTENT))
    assert arrived.received_bytes <= 0.65 * len(CONTENT)
    assert bench.left() == ["source"]


async def test_a_stop_that_is_told_again_and_again_leaves_a_journal_that_is_true(bench: Bench) -> None:
    file = bench.script("short@25", "stall@50")
    bench.limits = replace(bench.limits, attempts=1, stall_timeout_s=60)
    with pytest.raises(BodyIncomplete):
        await bench.download()
    running = asyncio.create_task(bench.download())
    async with asyncio.timeout(60):
        while file.sent_bytes < len(CONTENT) // 2:
            await asyncio.sleep(0.01)
    while not running.done():
        running.cancel()
        await asyncio.sleep(0)
    arrived = await bench.download(md5=md5_of(CONTENT))
    assert arrived.received_bytes <= 0.76 * len(CONTENT)


async def test_of_two_downloads_of_one_target_the_second_waits_for_the_first(bench: Bench) -> None:
    bench.origin.put("v", CONTENT[: 4 << 20])
    md5 = md5_of(CONTENT[: 4 << 20])
    both = [bench.download("throttled?rate=4000000&file=v", md5=md5) for _ in range(2)]
    first, second = await asyncio.gather(*both)
    assert first.md5 == second.md5
    assert bench.origin.max_at_once == 1
    assert bench.left() == ["source"]


async def begin_elsewhere(bench: Bench, *, rate: int) -> asyncio.subprocess.Process:
    """Begin a download in a process of its own, and return when it has noted how far it is: after two seconds."""
    words = (bench.origin.origin, str(bench.target), str(rate))
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, *words)
    async with asyncio.timeout(120):
        while not journal_of(bench.target).exists():
            assert child.returncode is None
            await asyncio.sleep(0.01)
    return child


async def test_a_second_process_leaves_the_first_ones_file_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partfile, "_TURN_PATIENCE_S", 0.1)
    bench.origin.put("v", CONTENT)
    child = await begin_elsewhere(bench, rate=4_000_000)
    child.send_signal(signal.SIGSTOP)  # as a process that was paused, and whose work others take over
    with pytest.raises(StorageUnavailable, match="another process"):
        await bench.download("throttled?rate=8000000&file=v")
    child.send_signal(signal.SIGCONT)
    assert await asyncio.wait_for(child.wait(), 120) == 0
    assert bench.target.read_bytes() == CONTENT
    assert bench.left() == ["source"]


KILLED = """
import asyncio, sys
from pathlib import Path
from vodpull.fetch import AddressGuard, FetchLimits, download
origin, target, rate = sys.argv[1:]
guard = AddressGuard(trusted_origins=[origin])
asyncio.run(download(f"{origin}/throttled?rate={rate}&file=v", Path(target), guard=guard,
    limits=FetchLimits(max_bytes=1 << 30, max_connections=int(2)), on_progress=lambda *_: None))
"""


async def test_a_killed_process_is_continued(bench: Bench) -> None:
    bench.origin.put("v", CONTENT * 2)
    child = await begin_elsewhere(bench, rate=8_000_000)
    child.send_signal(signal.SIGKILL)
    await child.wait()
    assert not bench.target.exists()
    arrived = await bench.download("throttled?rate=8000000&file=v", md5=md5_of(CONTENT * 2))
    assert arrived.received_bytes < 2 * len(CONTENT) - 8_000_000
    assert bench.left() == ["source"]


async def test_connections_that_are_throttled_one_by_one_are_joined(bench: Bench) -> None:
    bench.origin.put("v", CONTENT)
    arrived = await bench.download("throttled?rate=2000000&file=v", md5=md5_of(CONTENT))
    assert arrived.connections > 2
    assert arrived.received_bytes <= 1.1 * len(CONTENT)
    assert bench.target.read_bytes() == CONTENT


async def test_one_connection_stays_one_if_the_limits_say_so(bench: Bench) -> None:
    bench.limits = replace(bench.limits, max_connections=1)
    bench.origin.put("v", CONTENT[: 10 << 20])
    arrived = await bench.download("throttled?rate=8000000&file=v")
    assert (arrived.connections, bench.origin.connections) == (1, 1)


async def test_a_gate_keeps_one_file_from_taking_every_connection(bench: Bench) -> None:
    bench.origin.put("v", CONTENT)
    host_limits = HostLimits(connections_per_host=3, requests_per_s=1000)
    arrived = await bench.download("throttled?rate=3000000&file=v", md5=md5_of(CONTENT), host_limits=host_limits)
    assert arrived.connections == 3
    assert bench.origin.max_at_once == 3


async def test_a_gate_makes_downloads_take_turns(bench: Bench) -> None:
    host_limits = HostLimits(connections_per_host=2, requests_per_s=1000)
    targets = [bench.target.with_name(str(number)) for number in range(6)]
    await asyncio.gather(
        *(
            download(
                bench.origin.url("slow?pause=0.01&piece=100000"),
                target,
                guard=bench.guard,
                limits=bench.limits,
                on_progress=lambda *_: None,
                host_limits=host_limits,
            )
            for target in targets
        )
    )
    assert bench.origin.max_at_once == 2
    assert all(target.exists() for target in targets)


async def test_a_connection_that_is_refused_harms_nobody(bench: Bench) -> None:
    bench.origin.put("v", CONTENT)
    arrived = await bench.download("throttled?rate=6000000&file=v&refuses=1", md5=md5_of(CONTENT))
    assert bench.origin.requests["/throttled range"] >= 1
    assert arrived.received_bytes <= 1.1 * len(CONTENT)
