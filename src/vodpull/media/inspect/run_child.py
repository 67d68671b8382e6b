"""
How a script of `confined` is run: with PyAV, in the sandbox, on hostile bytes; its answer is JSON.

What each of them is asked and what its answer means, say `ask_probe.py`, `ask_survey.py`, `ask_segments.py`,
`mend_clock.py` and `ask_partial.py` beside this one, `encode/extract_texts.py`, and of comparisons
`verify/compare.py`. How any program is started, FFmpeg too: `tools/run.py`.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from vodpull.errors import EncodeFailed
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.outcome import Finished, check_alive, failed
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
    finished = await run_script(script, orders, *subjects, toolbox=toolbox, limits=limits, writes=writes, shared=shared)
    check_alive(finished, "measuring the file")
    if finished.returncode < 0:
        raise failed(finished, f"the media crashed the decoder (signal {-finished.returncode})")
    try:
        answer = json.loads(finished.stdout)
    except ValueError as error:
        raise failed(finished, f"the probe gave no answer (code {finished.returncode})") from error
    if not isinstance(answer, dict):
        raise failed(finished, "the probe gave no answer")
    return answer


async def run_script(
    script: str,
    orders: Mapping[str, Any],
    *subjects: tuple[str, Path],
    toolbox: Toolbox,
    limits: RunLimits,
    writes: Path | None = None,
    shared: Sequence[ModuleType] = (),
) -> Finished:
    """
    Run a script as `ask_pyav` does, and return how it ended, whatever it printed.

    Raises:
        EncodeStalled: a time limit was reached.
    """
    modules = {each.name: each for each in (Path(str(module.__file__)) for module in shared)}
    shown, looked_into = ([f"/in/{name}" for name in names] for names in (modules, (name for name, _ in subjects)))
    return await run(
        ("python", "/in/scripts/run_script.py", script, json.dumps(orders), "/in/av", *shown, "--", *looked_into),
        toolbox=toolbox,
        reads={**_read_by_all(), **modules, **dict(subjects)},
        writes=writes,
        limits=limits,
    )


def _read_by_all() -> dict[str, Path]:
    """Return what each script reads: all scripts, PyAV's package, and beside it the libraries that its wheel brings."""
    spec = importlib.util.find_spec("av")
    if spec is None or spec.origin is None:
        raise EncodeFailed("PyAV is not installed")
    package = Path(spec.origin).parent
    libraries = package.with_name("av.libs")
    return {"scripts": CONFINED, "av": package, **({"av.libs": libraries} if libraries.is_dir() else {})}
