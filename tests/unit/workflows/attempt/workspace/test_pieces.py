from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.unit.media.conftest import AUDIO, VIDEO

from vodpull.media import EncodePlan, MediaInfo, plan_encode, plan_ladder
from vodpull.workflows.attempt.workspace.pieces import Planned, chunk_name, read_plan, write_plan


def plan(*, duration_s: float = 100.0) -> EncodePlan:
    info = MediaInfo(
        container="mov,mp4,m4a,3gp,3g2,mj2",
        duration_s=duration_s,
        size_bytes=10_000_000,
        bitrate_bps=800_000,
        start_time_s=0.0,
        video=replace(VIDEO, duration_s=duration_s),
        audio=(replace(AUDIO, duration_s=duration_s),),
    )
    return plan_encode(info, plan_ladder(info))


def test_a_plan_that_was_written_is_read_once(tmp_path: Path) -> None:
    write_plan(plan(), tmp_path)
    assert read_plan(tmp_path).plan == plan()
    assert read_plan(tmp_path) is read_plan(tmp_path)


def test_names_tell_plans_apart() -> None:
    short, long = plan(duration_s=100), plan(duration_s=200)
    assert Planned(plan=short).tracks_name != Planned(plan=long).tracks_name
    assert Planned(plan=short).chunk_names[-1] not in Planned(plan=long).chunk_names


def test_a_chunk_has_the_same_name_in_every_plan_that_makes_it_the_same_way() -> None:
    short, long = plan(duration_s=100), plan(duration_s=200)
    assert Planned(plan=short).chunk_names[0] == chunk_name(long, long.chunks[0])
