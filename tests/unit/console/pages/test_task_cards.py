from __future__ import annotations

from dataclasses import replace

import pytest
from tests.stored import ORIGINAL

from vodpull.console.pages.task_cards import job_card, task_card, timeline
from vodpull.jobs.model import Asset, Batch, BatchView, Job
from vodpull.jobs.states_and_codes import Clarity, ServerType, Stage, VideoOrigin
from vodpull.jobs.status.listing import StageTime

NOW_MS = 1_700_000_000_000

JOB = Job(
    job_id="j",
    batch_id="b",
    position=0,
    file_name="a.mp4",
    source_url="https://h.test/a.mp4",
    md5="",
    video_id="v",
    directory="d",
    stage=Stage.FETCH,
    stage_at_ms=NOW_MS - 4000,
    bytes_done=2_000_000,
    bytes_total=8_000_000,
    percent=25.0,
)


def at(stage: Stage, ms: int, attempt: int = 1) -> StageTime:
    return StageTime(attempt=attempt, stage=stage, at_ms=NOW_MS + ms)


def view(*stages: Stage) -> BatchView:
    batch = Batch(batch_id="b", account_id="a", trans_no="t", template="abr")
    return BatchView(batch=batch, jobs=tuple(replace(JOB, position=n, stage=stage) for n, stage in enumerate(stages)))


def test_a_fetch_has_speed_and_a_guess_for_its_end() -> None:
    card = job_card(JOB, [], now_ms=NOW_MS)
    assert (card.speed_bytes_per_s, card.eta_s) == (500_000, 12)


@pytest.mark.parametrize(
    ("origin", "word", "speed"),
    [(VideoOrigin.PULLED, "fetch", 500_000), (VideoOrigin.CLIPPED, "cut", None), (VideoOrigin.JOINED, "join", None)],
)
def test_a_clip_and_a_join_are_made_and_not_fetched(origin: VideoOrigin, word: str, speed: float | None) -> None:
    job = replace(JOB, origin=origin)
    card = job_card(job, [at(Stage.FETCH, 0)], now_ms=NOW_MS)
    assert (card.doing, card.speed_bytes_per_s, card.has_progress) == (word, speed, True)
    assert [bar.word for bar in card.bars] == ["waiting", word]
    assert job_card(replace(job, stage=Stage.STORE), [], now_ms=NOW_MS).doing == "store"


def test_what_is_final_has_neither() -> None:
    card = job_card(replace(JOB, stage=Stage.DONE, percent=100.0), [], now_ms=NOW_MS)
    assert (card.speed_bytes_per_s, card.eta_s, card.has_progress) == (None, None, False)


def test_the_timeline_ends_when_the_job_did() -> None:
    times = [at(Stage.FETCH, 0), at(Stage.PROBE, 1000), at(Stage.ENCODE, 2000), at(Stage.DONE, 10_000)]
    job = replace(JOB, stage=Stage.DONE, created_at_ms=NOW_MS - 10_000, finished_at_ms=NOW_MS + 10_000)
    bars = timeline(job, times, now_ms=NOW_MS + 99_000)
    assert [(bar.word, bar.start_percent, bar.width_percent, bar.duration_s) for bar in bars] == [
        (Stage.WAITING, 0, 50, 10),
        (Stage.FETCH, 50, 5, 1),
        (Stage.PROBE, 55, 5, 1),
        (Stage.ENCODE, 60, 40, 8),
    ]
    assert not any(bar.is_current for bar in bars)


def test_the_stage_under_way_lasts_until_now_and_earlier_attempts_do_not_count() -> None:
    times = [at(Stage.FETCH, -9000), at(Stage.FAILED, -8000), at(Stage.FETCH, 0, 2), at(Stage.PROBE, 500, 2)]
    bars = timeline(replace(JOB, attempt=2, stage=Stage.PROBE), times, now_ms=NOW_MS + 2000)
    assert [(bar.word, bar.duration_s, bar.is_current) for bar in bars] == [
        (Stage.FETCH, 0.5, False),
        (Stage.PROBE, 1.5, True),
    ]


def test_the_wait_of_a_retry_is_known_until_its_work_begins() -> None:
    job = replace(JOB, attempt=2, stage=Stage.WAITING, stage_at_ms=NOW_MS)
    [bar] = timeline(job, [at(Stage.FETCH, -9000), at(Stage.FAILED, -8000)], now_ms=NOW_MS + 3000)
    assert (bar.word, bar.duration_s, bar.is_current) == (Stage.WAITING, 3, True)


def test_rungs_advance_together_and_show_their_quality() -> None:
    made: dict[str, object] = {"clarity": 3, "name": "SD", "chosen": True, "reason": "yes", "vmaf": 93.5}
    decisions = (made, made | {"chosen": False, "vmaf": None})
    card = job_card(replace(JOB, stage=Stage.ENCODE, decisions=decisions), [], now_ms=NOW_MS)
    assert [(rung.percent, rung.vmaf) for rung in card.ladder] == [(25.0, 93.5), (None, None)]
    assert card.has_vmaf


def test_the_ladder_joins_the_plan_with_what_was_made() -> None:
    rendition = replace(ORIGINAL, clarity=Clarity.SD, server_type=ServerType.PC)
    decisions = (
        {"clarity": 4, "name": "HD", "chosen": False, "reason": "no"},
        {"clarity": 3, "name": "SD", "chosen": True, "reason": "yes", "max_bitrate_bps": 1_400_000},
    )
    asset = Asset(video_id="v", duration_s=5.0, files=(rendition,))
    high, standard = job_card(replace(JOB, asset=asset, decisions=decisions), [], now_ms=NOW_MS).ladder
    assert (high.chosen, high.made, high.max_bitrate_bps) == (False, None, None)
    assert (standard.chosen, standard.made, standard.max_bitrate_bps) == (True, rendition, 1_400_000)


def test_the_list_shows_what_moves_first_and_counts_the_rest() -> None:
    card = task_card(view(*[Stage.DONE] * 7, Stage.WAITING, Stage.FAILED, Stage.ENCODE), now_ms=NOW_MS)
    assert [shown.job.stage for shown in card.shown][:4] == [Stage.ENCODE, Stage.WAITING, Stage.FAILED, Stage.DONE]
    assert (card.hidden, card.done, card.failed, card.over, card.state) == (4, 7, 1, 8, "running")


def test_a_task_is_as_its_jobs_ended() -> None:
    states = [task_card(view(*stages), now_ms=NOW_MS).state for stages in (
        (Stage.DONE,), (Stage.DONE, Stage.CANCELLED), (Stage.CANCELLED, Stage.FAILED)
    )]  # fmt: skip
    assert states == ["done", "cancelled", "failed"]
