"""The measuring child as it shares out its work; what it counts is shown with real renditions."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vodpull.media.confined import run_script
from vodpull.media.tools.sandbox import LAUNCHER

# Answers like PyAV for a file without streams, and crashes like a decoder.
PYAV = """
import contextlib, os, signal, types

class FFmpegError(Exception): ...

logging = types.SimpleNamespace(set_level=lambda level: None)

@contextlib.contextmanager
def open(file, **options):
    content = file.read(9)
    if content == b"damaged":
        raise FFmpegError
    if content == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    yield types.SimpleNamespace(streams=[], demux=lambda: [])
"""


def measured(folder: Path, *contents: str) -> subprocess.CompletedProcess[bytes]:
    """Run the script on files with these contents."""
    (folder / "av").mkdir()
    (folder / "av" / "__init__.py").write_text(PYAV)
    for number, content in enumerate(contents):
        (folder / f"{number}.mp4").write_text(content)
    whole = {"folder": "", "segments": 0, "strict": True}
    subjects = [{**whole, "init": f"{number}.mp4"} for number in range(len(contents))]
    orders = json.dumps({"options": {}, "segment": "%d", "subjects": subjects})
    words = ["segments", orders, str(folder / "av"), "--", str(folder)]
    command = [sys.executable, "-I", "-S", str(LAUNCHER), "nice=0", str(run_script.__file__), *words]
    return subprocess.run(command, check=False, capture_output=True)


def test_each_subject_has_its_own_answer(tmp_path: Path) -> None:
    answers = json.loads(measured(tmp_path, "a", "damaged", *"bcdefg").stdout)["subjects"]
    good = {"tracks": [], "undecodable": 0}
    assert answers == [good, {"error": "FFmpegError"}, *[good] * 6]


@pytest.mark.parametrize("contents", [("crash", *"abcdefg"), (*"abcdefg", "crash")])
def test_a_crash_ends_it_wherever_it_happens(tmp_path: Path, contents: tuple[str, ...]) -> None:
    ended = measured(tmp_path, *contents)
    assert (ended.returncode, ended.stdout) == (128 + signal.SIGSEGV, b"")
