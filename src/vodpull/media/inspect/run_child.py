"""
How a script of `confined` is run: with PyAV, in the sandbox, on hostile bytes; its answer is JSON.

What each of them is asked and what its answer means, say `ask_probe.py`, `ask_survey.py`, `ask_segments.py`,
`mend_clock.py` and `ask_partial.py` beside this one, `encode/extract_texts.py`, and of comparisons
`verify/compare.py`. How any program is started, FFmpeg too: `tools/run.py`.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from vodpull.errors import EncodeFailed
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import check_alive
from vodpull.media.tools.run import run
from vodpull.media.tools.sandbox import CONFINED, Toolbox

# Headers and the last seconds are read, whatever the length; a network disk may be slow.
PROBE_LIMITS = RunLimits(wall_s=300, cpu_s=120, address_space_bytes=8 * 1024**3, file_size_bytes=0)


async def ask_pyav(
    script: str,
    orders: Mapping[str, Any],
    *subjects: tuple[str, Path],
    toolbox: Toolbox,
    limits: RunLimits = PROBE_LIMITS,
    writes: Path | None = None,
    shared: Sequence[ModuleType] = (),
) -> dict[str, Any]:
    """
    Run one of the scripts of `confined` on files or folders, each with its name, and return its JSON answer.

    `script` is its name, without the room that it lies in. It may write into `writes`. `shared` are modules of the
    service that it imports by name, as it does with all other scripts.

    Raises:
        EncodeFailed: the child crashed, or its answer is none.
        EncodeInterrupted: somebody killed it.
    """
    modules = {each.name: each for each in map(_file_of, shared)}
    finished = await run(
        script_argv(script, orders, shared=modules, files=[name for name, _ in subjects]),
        toolbox=toolbox,
        reads={**script_folders(), **modules, **dict(subjects)},
        writes=writes,
        limits=limits,
    )
    check_alive(finished, "measuring the file")
    if finished.returncode < 0:
        raise EncodeFailed(f"the media crashed the decoder (signal {-finished.returncode})")
    try:
        answer = json.loads(finished.stdout)
    except ValueError as error:
        raise EncodeFailed(f"the probe gave no answer (code {finished.returncode})") from error
    if not isinstance(answer, dict):
        raise EncodeFailed("the probe gave no answer")
    return answer


def script_argv(
    script: str, orders: Mapping[str, Any], *, shared: Iterable[str], files: Iterable[str]
) -> tuple[str, ...]:
    """Return the command that runs a script, as `confined/run_script.py` says; all names are those of what it reads."""
    runner, modules = "/in/scripts/run_script.py", (f"/in/{name}" for name in shared)
    looked_into = (f"/in/{name}" for name in files)
    return ("python", "-I", "-S", runner, script, json.dumps(orders), "/in/av", *modules, "--", *looked_into)


def script_folders() -> dict[str, Path]:
    """Return what each script reads: all scripts, PyAV's package, and beside it the libraries that its wheel brings."""
    spec = importlib.util.find_spec("av")
    if spec is None or spec.origin is None:
        raise EncodeFailed("PyAV is not installed")
    package = Path(spec.origin).parent
    libraries = package.with_name("av.libs")
    return {"scripts": CONFINED, "av": package, **({"av.libs": libraries} if libraries.is_dir() else {})}


def _file_of(module: ModuleType) -> Path:
    return Path(str(module.__file__))
