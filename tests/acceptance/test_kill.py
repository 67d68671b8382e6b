"""Nothing accepted is lost, whatever is killed and whenever; finished steps stay finished; nothing is left running."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.origin import Origin
from tests.services.vodpull import Vodpull, processes_on
from tests.waiting import until

pytestmark = pytest.mark.slow

CLIPS = ("phone_h264_rot90_720p.mp4", "flower_faststart.mp4", "video_only_640x360_40s.mp4")
"""Cheap ones, as what was killed is encoded again."""

SHORT = "sample_h264_aac.flv"

LONGEST_PAUSE_S = 1.5
"""Five of half of it are as long as the clips take on two processors."""


@pytest.fixture
def fragile(tmp_path: Path, origin: Origin) -> Iterator[Vodpull]:
    service = Vodpull(tmp_path / "data", origin=origin.origin)
    service.encode_quickly()
    service.start()
    yield service
    service.stop()


def test_every_item_completes_although_everything_is_killed_five_times(
    fragile: Vodpull, origin: Origin, tmp_path: Path
) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    task_id = fragile.pull([{"fetchUrl": origin.url(clip)} for clip in CLIPS])
    for number in range(5):
        time.sleep(chance.uniform(0.0, LONGEST_PAUSE_S))  # the moment of the kill is the subject, not a wait
        if number % 2:
            fragile.kill()
        else:
            fragile.kill_worker_only()
        until(lambda: processes_on(tmp_path / "data") == [], within_s=10, every_s=0.05)
        fragile.start()
    data = fragile.wait(task_id)
    assert [(item["pullStatus"], item["cmdStatus"]) for item in data["items"]] == [(2, 2)] * 3, f"seed {seed}"
    assert [len(item["videoInfo"]["videoFileList"]) for item in data["items"]] == [4, 3, 2]
    until(lambda: list((tmp_path / "data" / "work").iterdir()) == [])  # right after the final state
    partial = [path.name for path in (tmp_path / "data" / "media").rglob("*") if path.name.endswith((".part", ".tmp"))]
    assert partial == []


def test_a_finished_encode_is_not_done_again_after_a_kill(fragile: Vodpull, origin: Origin) -> None:
    task_id = fragile.pull([{"fetchUrl": origin.url(CLIPS[2])}, {"fetchUrl": origin.url(SHORT)}])

    def first_is_encoded() -> bool:
        return fragile.log().count("encoded ") >= 1

    until(first_is_encoded, every_s=0.05)
    fragile.kill()
    fragile.start()
    data = fragile.wait(task_id)
    assert [item["cmdStatus"] for item in data["items"]] == [2, 2]
    assert fragile.log().count("encoded ") == 2, "one for each item, before and after the kill together"


def test_an_accepted_task_survives_a_kill_right_after_its_reply(fragile: Vodpull, origin: Origin) -> None:
    items = [{"fetchUrl": origin.url("flower_faststart.mp4")}]
    task_ids = [fragile.pull(items, workflowId="original") for _ in range(3)]
    fragile.kill()
    fragile.start()
    for task_id in task_ids:
        assert fragile.wait(task_id)["items"][0]["pullStatus"] == 2
