from __future__ import annotations

import pytest
from tests.batches import batch_of, job_of

from vodpull.cli.terminal.outcome_lines import length_text, outcome_line, print_outcome, size_text
from vodpull.client import File, JobError

SERVER = "http://127.0.0.1:8080"
ORIGINAL = File(
    clarity=1,
    width_px=1,
    height_px=1,
    bitrate_bps=1,
    size_bytes=1_234_567,
    path="p/o.mp4",
    url=f"{SERVER}/media/p/o.mp4",
)
ERROR = JobError(
    code="origin_missing",
    message="HTTP 404",
    fault="source",
    retryable=False,
    remedy="Check the URL.",
    stage="fetch",
    origin_status=404,
)


def test_a_good_item_says_state_size_length_and_what_to_play() -> None:
    job = job_of(
        stage="done",
        files=(ORIGINAL,),
        duration_s=83.2,
        is_playable=True,
        playlist="p/v.m3u8",
        playlist_url="/media/p/v.m3u8",
    )
    assert outcome_line(job, SERVER) == f"done       clip.mp4  1.2 MB  1:23  {SERVER}/media/p/v.m3u8"


def test_an_original_alone_is_shown_as_the_file() -> None:
    assert outcome_line(job_of(stage="done", files=(ORIGINAL,)), SERVER).endswith(f"  {SERVER}/media/p/o.mp4")


def test_a_failed_item_says_why_and_what_to_do() -> None:
    line = outcome_line(job_of(stage="failed", error=ERROR), SERVER)
    assert line == "failed     clip.mp4  origin_missing: HTTP 404  Fix: Check the URL."


def test_an_item_under_way_says_how_far_it_is() -> None:
    assert outcome_line(job_of(stage="encode", percent=41.6), SERVER) == "encode     clip.mp4  42%"


def test_hostile_names_stay_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_outcome(batch_of(job_of(file_name="a\n\x1b[2Jb")), SERVER)
    [line] = capsys.readouterr().out.splitlines()
    assert "\x1b" not in line


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1.5e6, "1.5 MB"), (2e15, "2000.0 TB")]
)
def test_sizes_are_shown_in_the_unit_that_suits_them(size: float, text: str) -> None:
    assert size_text(int(size)) == text


@pytest.mark.parametrize(("duration_s", "text"), [(0.4, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3661, "1:01:01")])
def test_lengths_are_shown_as_a_player_does(duration_s: float, text: str) -> None:
    assert length_text(duration_s) == text
