"""What `vodpull upload` says while it sends, and what one file that cannot be sent does to the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.progress import Progress

from vodpull.cli.library.uploads import send_each
from vodpull.cli.terminal.upload_bar import SILENT_S, UploadPace
from vodpull.cli.terminal.upload_progress import Tenths
from vodpull.client import OnProgress
from vodpull.errors import ParameterError


def test_what_one_file_is_refused_for_is_told_and_the_others_are_sent(capsys: pytest.CaptureFixture[str]) -> None:
    def send(file: Path, _: OnProgress | None) -> str:
        if file.name == "b.mp4":
            raise ParameterError("the file is empty", field="path", remedy="Choose another one.")
        if file.name == "c.mp4":
            raise PermissionError(13, "Permission denied")
        return "v"

    files = [Path("a.mp4"), Path("b.mp4"), Path("c.mp4"), Path("a.mp4")]
    made, code = send_each(files, send, becomes="video", as_json=True)
    assert (made, code) == ([(files[0], "v"), (files[3], "v")], 1)
    told = capsys.readouterr().err
    assert "Error (parameter_error): b.mp4: the file is empty\nFix: Choose another one." in told
    assert "c.mp4: the file cannot be read: Permission denied" in told


def test_without_a_terminal_each_tenth_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    tell = Tenths("a\x1b.mp4")
    for done in (0, 5, 10, 19, 95, 100):
        tell(done, 100)
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == ["0%", "10%", "90%", "100%"]


def test_the_pace_says_for_how_long_nothing_was_heard() -> None:
    now_s = 0.0
    progress = Progress(get_time=lambda: now_s)
    row = progress.add_task("a", total=100_000_000, moved_at=0.0)
    for now_s in (1.0, 2.0, 3.0):
        progress.update(row, completed=int(now_s) * 10_000_000, moved_at=now_s)
    [task] = progress.tasks
    assert UploadPace().render(task).plain == "10.0 MB/s  0:07 left"
    now_s += SILENT_S + 2
    assert UploadPace().render(task).plain == "no answer for 12 s"
