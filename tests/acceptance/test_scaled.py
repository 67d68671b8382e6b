"""The same service on PostgreSQL and S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import m3u8
import pytest

from tests.origin import Origin
from tests.services.postgres import Postgres
from tests.services.s3 import BUCKET
from tests.services.vodpull import Vodpull
from tests.waiting import until


@pytest.fixture(scope="module")
def scaled(
    tmp_path_factory: pytest.TempPathFactory, origin: Origin, postgres: Postgres, s3_environment: dict[str, str]
) -> Iterator[Vodpull]:
    service = Vodpull(
        tmp_path_factory.mktemp("scaled") / "data",
        origin=origin.origin,
        VODPULL_DATABASE_URL=postgres.url(postgres.with_tables),
        VODPULL_STORAGE_URL=f"s3://{BUCKET}/vod",
        **s3_environment,
    )
    service.encode_quickly()
    service.start()
    yield service
    service.stop()


def test_a_video_goes_the_whole_way(scaled: Vodpull, origin: Origin, clips: Path) -> None:
    task_id = scaled.pull([{"fetchUrl": origin.url("flower_faststart.mp4")}])
    [item] = scaled.wait(task_id)["items"]
    assert (item["pullStatus"], item["cmdStatus"]) == (2, 2)
    rows = item["videoInfo"]["videoFileList"]
    assert [row["clarity"] for row in rows] == [1, 2, 3]
    assert scaled.get(f"/media/{rows[0]['fileUrl']}").content == (clips / "flower_faststart.mp4").read_bytes()
    assert m3u8.loads(scaled.get(f"/media/{rows[1]['fileUrl']}").text).is_variant


def test_a_range_is_read_from_the_bucket(scaled: Vodpull, origin: Origin, clips: Path) -> None:
    task_id = scaled.pull([{"fetchUrl": origin.url("flower_faststart.mp4")}], workflowId="original")
    path = scaled.wait(task_id)["items"][0]["videoInfo"]["videoFileList"][0]["fileUrl"]
    part = scaled.get(f"/media/{path}", Range="bytes=-100")
    assert (part.status_code, part.content) == (206, (clips / "flower_faststart.mp4").read_bytes()[-100:])


def test_everything_killed_comes_back(scaled: Vodpull, origin: Origin) -> None:
    task_id = scaled.pull([{"fetchUrl": origin.url("bbb_854x480_5p1_30s.mp4")}])
    begun = {"encode", "package", "publish", "done"}
    until(lambda: scaled.state(task_id)["jobs"][0]["stage"] in begun, every_s=0.05, told=scaled.log)
    scaled.kill()
    scaled.start()
    assert scaled.wait(task_id)["items"][0]["cmdStatus"] == 2


def test_the_configuration_is_found_in_order(scaled: Vodpull) -> None:
    done = scaled.run("doctor")
    assert done.returncode == 0, done.stdout
    assert "postgresql answers" in done.stdout
    assert f"s3://{BUCKET}/vod keeps, shows, lists and deletes objects" in done.stdout
