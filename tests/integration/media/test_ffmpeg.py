from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import until

from vodpull.errors import ConfigurationError, EncodeFailed, EncodeInterrupted, EncodeStalled, StorageFull
from vodpull.media import Toolbox, ToolProgress, builtin_templates, describe, find_toolbox, needed_tools
from vodpull.media.confined import launcher
from vodpull.media.inspect.run_child import ask_pyav
from vodpull.media.tools import out_of_memory
from vodpull.media.tools.ffmpeg_options import global_flags
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import Finished, check
from vodpull.media.tools.run import _orders, run, spent_s
from vodpull.media.tools.sandbox import CONFINED, confined

LIMITS = RunLimits(wall_s=60)
# Runs for hours unless it is ended.
ENDLESS = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=30", "-f", "null", "-")


def script(code: str, folder: Path) -> dict[str, Path]:
    """Write a script that the launcher runs, and return it by its name for the sandbox."""
    path = folder / "code.py"
    path.write_text(f"def main(argv):\n{textwrap.indent(code, '    ')}\n")
    return {path.name: path}


async def python(code: str, toolbox: Toolbox, limits: RunLimits = LIMITS, **settings: Any) -> Finished:
    with tempfile.TemporaryDirectory() as folder:
        reads = script(code, Path(folder))
        return await run(("python", "/in/code.py"), toolbox=toolbox, reads=reads, limits=limits, **settings)


def alive(marker: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it may end while we look; a dead one has no command line
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            if marker in command and process.name != str(os.getpid()):
                found.append(process.name)
    return found


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_the_tools_are_found_and_described(toolbox: Toolbox) -> None:
    report = describe(toolbox)
    assert report.version.lstrip("n")[0].isdigit()
    assert {tool for template in builtin_templates() for tool in needed_tools(template)} <= report.has
    assert {"libx265", "libvpx-vp9", "libopus", "libvmaf", "loudnorm"} <= report.has
    assert "nothing" not in report.has


@pytest.mark.parametrize("path", ["/nonexistent/ffmpeg", "/bin/true"])
def test_a_program_that_is_not_ffmpeg_is_refused_at_start(path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"FFMPEG|FFmpeg"):
        find_toolbox(path, sandbox="off")


def test_a_required_sandbox_that_is_missing_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ConfigurationError, match="bwrap"):
        find_toolbox("", sandbox="require")
    assert find_toolbox("", sandbox="auto").sandbox == "limits"


def test_scripts_are_compiled_before_children_read_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    compiled = [Path(cache_from_source(str(path))) for path in CONFINED.rglob("*.py")]
    compiled[0].unlink(missing_ok=True)
    find_toolbox("", sandbox="off")
    assert [path.name for path in compiled if not path.exists()] == []


async def test_the_sandbox_hides_network_and_files(toolbox: Toolbox, tmp_path: Path) -> None:
    if toolbox.sandbox != "bwrap":
        pytest.skip("no sandbox here")
    (tmp_path / "secret").write_text("x")
    code = (
        "import os, socket\n"
        f"print([os.path.exists(p) for p in ('/etc/passwd', '/etc/shadow', '/root/.profile', {str(tmp_path)!r})])\n"
        "print([name for _, name in socket.if_nameindex()], dict(os.environ))\n"
        "try: open('/new', 'w')\nexcept OSError: print('read-only')"
    )
    lines = (await python(code, toolbox)).stdout.decode().splitlines()
    assert lines[0] == "[False, False, False, False]"
    assert lines[1].startswith("['lo'] {")
    assert lines[1].endswith("{'MALLOC_ARENA_MAX': '8'}") or "PATH" not in lines[1]
    assert lines[2] == "read-only"


async def test_only_the_one_folder_is_written(either_toolbox: Toolbox, tmp_path: Path) -> None:
    finished = await python("open('made', 'w').write('x')", either_toolbox, writes=tmp_path)
    assert finished.returncode == 0
    assert (tmp_path / "made").read_text() == "x"


async def test_processor_time_and_memory_are_measured(either_toolbox: Toolbox) -> None:
    code = "x = bytearray(50_000_000)\nimport time\nwhile time.process_time() < 0.3: pass"
    before_s = spent_s()
    finished = await python(code, either_toolbox)
    assert finished.cpu_s >= 0.3
    assert spent_s() - before_s == pytest.approx(finished.cpu_s)
    assert finished.peak_memory_bytes > 50_000_000


@pytest.mark.parametrize(
    ("code", "limits", "message"),
    [
        ("open('big', 'wb').write(b'x' * 2_000_000)", RunLimits(wall_s=30, file_size_bytes=1_000_000), "larger file"),
        ("while True: pass", RunLimits(wall_s=30, cpu_s=1), "processor time"),
        ("import os; os.kill(os.getpid(), 11)", LIMITS, "signal 11"),
        ("import os; os._exit(3)", LIMITS, "code 3"),
    ],
)
async def test_what_ends_a_process_is_named(
    either_toolbox: Toolbox, tmp_path: Path, code: str, limits: RunLimits, message: str
) -> None:
    # Python ignores the signal of the file-size limit, FFmpeg does not.
    code = f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n{code}"
    with pytest.raises(EncodeFailed, match=message):
        check(await python(code, either_toolbox, limits, writes=tmp_path), "testing")


async def test_the_last_words_go_with_the_error(either_toolbox: Toolbox) -> None:
    code = "import sys\nprint('x' * 9000, 'last\\0 words', file=sys.stderr)\nimport os; os._exit(3)"
    with pytest.raises(EncodeFailed) as caught:
        check(await python(code, either_toolbox), "testing")
    assert caught.value.log_tail.endswith("x last words\n")
    assert len(caught.value.log_tail) <= 4096


async def test_so_do_those_of_a_script_that_gives_no_answer(either_toolbox: Toolbox) -> None:
    with pytest.raises(EncodeFailed, match=r"no answer \(code 1\)") as caught:
        await ask_pyav("no_such_script", {}, toolbox=either_toolbox)
    assert "No module named 'no_such_script'" in caught.value.log_tail


async def test_memory_is_limited(either_toolbox: Toolbox) -> None:
    finished = await python("bytearray(10**9)", either_toolbox, RunLimits(wall_s=30, address_space_bytes=500_000_000))
    assert "MemoryError" in finished.stderr_tail


async def test_nobody_but_the_launcher_has_the_pipe_of_its_report(either_toolbox: Toolbox) -> None:
    code = "import os\nfor number in range(256):\n  try: os.fstat(number); print(number)\n  except OSError: pass"
    finished = await python(code, either_toolbox)
    assert finished.stdout.split() == [b"0", b"1", b"2"]


async def test_a_full_disk_is_storage_full(either_toolbox: Toolbox) -> None:
    argv = (*global_flags(), "-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-f", "rawvideo", "file:/dev/full")
    finished = await run(argv, toolbox=either_toolbox, reads={}, limits=LIMITS, on_progress=lambda _: None)
    with pytest.raises(StorageFull):
        check(finished, "testing")


async def test_output_floods_are_cut(either_toolbox: Toolbox) -> None:
    code = "import sys\nfor _ in range(400): print('o' * 10_000); print('e' * 10_000, file=sys.stderr)\nprint('last')"
    finished = await python(code, either_toolbox)
    assert len(finished.stdout) == 1024 * 1024
    assert len(finished.stderr_tail) == 8192


async def test_progress_is_reported(either_toolbox: Toolbox) -> None:
    seen: list[ToolProgress] = []
    argv = (*global_flags(), "-f", "lavfi", "-i", "testsrc2=s=64x64:r=30:d=2", "-f", "null", "-")
    await run(argv, toolbox=either_toolbox, reads={}, limits=LIMITS, on_progress=seen.append)
    assert (seen[-1].frames, seen[-1].out_time_s) == (60, 2.0)


async def test_cancelling_ends_every_process(either_toolbox: Toolbox, tmp_path: Path) -> None:
    started = asyncio.Event()
    marker = f"comment={tmp_path}"
    argv = (*global_flags(), *ENDLESS[:-3], "-metadata", marker, *ENDLESS[-3:])
    work = asyncio.ensure_future(
        run(argv, toolbox=either_toolbox, reads={}, limits=LIMITS, on_progress=lambda _: started.set())
    )
    await asyncio.wait_for(started.wait(), 60)
    assert alive(marker)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not alive(marker)


@pytest.mark.parametrize("turns", range(6))
async def test_cancelling_again_and_again_from_the_start_leaves_nothing_open(
    either_toolbox: Toolbox, tmp_path: Path, turns: int
) -> None:
    marker, opened = f"comment={tmp_path}", open_files()
    argv = (*global_flags(), *ENDLESS[:-3], "-metadata", marker, *ENDLESS[-3:])
    work = asyncio.ensure_future(run(argv, toolbox=either_toolbox, reads={}, limits=LIMITS))
    for _ in range(turns):
        await asyncio.sleep(0)
    while not work.done():  # ended by the wall limit at the latest
        work.cancel()
        await asyncio.sleep(0)
    assert work.cancelled()
    assert not alive(marker)
    assert open_files() <= opened


async def test_the_wall_limit_ends_a_process(either_toolbox: Toolbox) -> None:
    with pytest.raises(EncodeStalled, match="ended after"):
        await python("import time; time.sleep(60)", either_toolbox, RunLimits(wall_s=0.5))


async def test_no_progress_ends_a_process(either_toolbox: Toolbox) -> None:
    code = "import time; print('frame=1\\nprogress=continue', flush=True); time.sleep(60)"
    limits = RunLimits(wall_s=60, stall_s=0.5)
    with pytest.raises(EncodeStalled, match="no progress"):
        await python(code, either_toolbox, limits, on_progress=lambda _: None)


@pytest.mark.parametrize("sandbox", ["auto", "off"])
def test_a_killed_service_leaves_no_process_behind(sandbox: str, tmp_path: Path) -> None:
    marker = f"comment={tmp_path}"
    code = (
        "import asyncio\n"
        "from vodpull.media.tools.installed import find_toolbox\n"
        "from vodpull.media.tools.run import run\n"
        "from vodpull.media.tools.limits import RunLimits\n"
        "from vodpull.media.tools.ffmpeg_options import global_flags\n"
        f"argv = (*global_flags(), *{ENDLESS[:-3]!r}, '-metadata', {marker!r}, *{ENDLESS[-3:]!r})\n"
        f"box = find_toolbox('', sandbox={sandbox!r})\n"
        "say = lambda _: print('running', flush=True)\n"
        "asyncio.run(run(argv, toolbox=box, reads={}, limits=RunLimits(wall_s=60), on_progress=say))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as service:
        assert service.stdout
        assert service.stdout.readline() == b"running\n"
        assert alive(marker)
        os.kill(service.pid, signal.SIGKILL)
    until(lambda: not alive(marker))


async def test_a_program_whose_launcher_is_killed_ends_with_it(either_toolbox: Toolbox, tmp_path: Path) -> None:
    marker = f"comment={tmp_path}"
    argv = (*global_flags(), *ENDLESS[:-3], "-metadata", marker, *ENDLESS[-3:])
    running = asyncio.Event()
    work = asyncio.create_task(
        run(argv, toolbox=either_toolbox, reads={}, limits=LIMITS, on_progress=lambda _: running.set())
    )
    await asyncio.wait_for(running.wait(), 30)
    (started_by,) = [pid for pid in alive(marker) if Path(f"/proc/{pid}/exe").readlink() == either_toolbox.python]
    os.kill(int(started_by), signal.SIGKILL)
    finished = await asyncio.wait_for(work, 30)
    assert finished.returncode == -signal.SIGKILL
    assert not alive(marker)


async def test_a_program_that_was_killed_from_outside_may_be_tried_again(either_toolbox: Toolbox) -> None:
    finished = await python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", either_toolbox)
    with pytest.raises(EncodeInterrupted, match=r"killed while testing$") as caught:
        check(finished, "testing")
    assert not caught.value.starved


async def test_want_of_memory_is_named(toolbox: Toolbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = tmp_path / "vmstat"
    counters.write_text("oom_kill 3\n")
    monkeypatch.setattr(out_of_memory, "COUNTERS", counters)
    work = asyncio.create_task(python("import os, sys; sys.stdin.read(); os.kill(os.getpid(), 9)", toolbox))
    await asyncio.sleep(0)
    counters.write_text("oom_kill 4\n")
    with pytest.raises(EncodeInterrupted, match="out of memory") as caught:
        check(await work, "testing")
    assert caught.value.starved


@pytest.mark.parametrize("sandbox", ["auto", "off"])
def test_a_program_whose_service_is_gone_already_does_not_start(sandbox: str, tmp_path: Path) -> None:
    toolbox = find_toolbox("", sandbox=sandbox)  # type: ignore[arg-type]
    read_end, write_end = os.pipe()
    os.close(read_end)
    orders = _orders(LIMITS, toolbox, write_end)
    writes = tmp_path / "writes"
    writes.mkdir()
    reads = script("open('started', 'w')", tmp_path)
    command = confined(("python", "/in/code.py"), toolbox=toolbox, orders=orders, reads=reads, writes=writes)
    ended = subprocess.run(command, check=False, cwd=writes, pass_fds=(write_end,), timeout=30)
    os.close(write_end)
    assert ended.returncode == launcher.CANNOT_START
    assert list(writes.iterdir()) == []
