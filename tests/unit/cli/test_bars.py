from __future__ import annotations

from typing import Any

import pytest

from vodpull.cli import bars
from vodpull.cli.main import succeeded


def state(stage: str, *, name: str = "clip.mp4", error: dict[str, Any] | None = None) -> dict[str, Any]:
    job = {"job_id": "1", "file_name": name, "stage": stage, "percent": 0.0, "bytes_done": 0, "error": error}
    return {"is_final": stage in {"done", "failed"}, "jobs": [job]}


def test_each_change_of_stage_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    last = bars.follow([state("fetch"), state("fetch"), state("encode"), state("done")])
    assert last == state("done")
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == ["fetch", "encode", "done"]


def test_a_hostile_name_stays_one_short_line(capsys: pytest.CaptureFixture[str]) -> None:
    bars.follow([state("done", name="[red]x[/]\n\x1b[2J" + "a" * 300)])
    [line] = capsys.readouterr().err.splitlines()
    assert "[red]x[/]" in line
    assert "\x1b" not in line
    assert len(line) < 60


def test_a_failed_job_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    bars.follow([state("failed", error={"code": "md5_mismatch", "message": "expected a"})])
    assert "md5_mismatch: expected a" in capsys.readouterr().err


@pytest.mark.parametrize(("pull", "cmd", "good"), [(2, 2, True), (2, 3, False), (3, 3, False)])
def test_success_means_every_status(pull: int, cmd: int, good: bool) -> None:
    assert succeeded({"data": {"status": 2, "items": [{"pullStatus": pull, "cmdStatus": cmd}]}}) is good
