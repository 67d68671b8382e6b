from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console
from tests.batches import batch_of, job_of

from vodpull.cli.tasks import succeeded
from vodpull.cli.terminal import batch_progress
from vodpull.client import Batch, JobError, NextTry

ERROR = JobError(
    code="md5_mismatch",
    message="expected a",
    fault="client",
    retryable=False,
    remedy="",
    stage="fetch",
    origin_status=None,
)


def state(stage: str, **fields: Any) -> Batch:
    return batch_of(job_of(stage=stage, **fields))


def test_each_change_of_stage_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    last = batch_progress.follow([state("fetch"), state("fetch"), state("encode"), state("done")])
    assert last == state("done")
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == ["fetch", "encode", "done"]


def test_a_hostile_name_stays_one_short_line(capsys: pytest.CaptureFixture[str]) -> None:
    batch_progress.follow([state("done", file_name="[red]x[/]\n\x1b[2J" + "a" * 300)])
    [line] = capsys.readouterr().err.splitlines()
    assert "[red]x[/]" in line
    assert "\x1b" not in line
    assert len(line) < 60


def test_a_failed_job_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    batch_progress.follow([state("failed", error=ERROR)])
    assert "md5_mismatch: expected a" in capsys.readouterr().err


def test_each_wait_for_a_next_try_is_a_line_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    waits = [NextTry(at_ms=60_000 * minute, tries=minute, error=ERROR) for minute in (1, 2)]
    batch_progress.follow([state("waiting", next_try=wait) for wait in (waits[0], waits[0], waits[1])])
    first, second = capsys.readouterr().err.splitlines()
    assert ":01:00; md5_mismatch" in first
    assert ":02:00; md5_mismatch" in second


def test_a_terminal_shows_bars_speed_and_the_sum(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        batch_progress, "console", Console(stderr=True, force_terminal=True, width=120, height=24, markup=False)
    )
    fetching = job_of(stage="fetch", percent=40.0, bytes_done=8_000_000, speed_bytes_per_s=2e6, eta_s=6.0)
    done = replace(fetching, position=1, stage="done", percent=100.0)
    batch_progress.follow([batch_of(fetching, done)])
    shown = capsys.readouterr().err
    assert "8.0 MB  2.0 MB/s  6 s left" in shown
    assert "1 of 2" in shown


def test_a_small_terminal_shows_first_what_is_under_way() -> None:
    stages = ["done", "failed", "waiting", "encode", "fetch", "done"]
    jobs = [job_of(stage=stage, position=position) for position, stage in enumerate(stages)]
    assert batch_progress.rows_shown(jobs, 3) == {3, 4, 1}
    assert batch_progress.rows_shown(jobs, 5) == {3, 4, 1, 2, 0}
    assert batch_progress.rows_shown(jobs, 0) == {3}


@pytest.mark.parametrize(("pull", "cmd", "good"), [(2, 2, True), (2, 3, False), (3, 3, False)])
def test_success_means_every_status(pull: int, cmd: int, good: bool) -> None:
    reply: Any = {"data": {"status": 2, "items": [{"pullStatus": pull, "cmdStatus": cmd}]}}
    assert succeeded(reply) is good


def test_a_bar_never_runs_backwards() -> None:
    way = [("waiting", 0), ("fetch", 0), ("fetch", 100), ("probe", 0), ("store", 50), ("encode", 3), ("encode", 99)]
    way += [("package", 0), ("publish", 10), ("done", 100)]
    done = [batch_progress.way_done(job_of(stage=stage, percent=float(percent))) for stage, percent in way]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 100)


def test_work_that_is_done_again_does_not_move_the_bar_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        batch_progress, "console", Console(stderr=True, force_terminal=True, width=120, height=24, markup=False)
    )
    batch_progress.follow([state("fetch", percent=90.0), state("fetch", percent=10.0), state("failed", error=ERROR)])
    shown = capsys.readouterr().err
    assert " 36%" in shown
    assert " 4%" not in shown
