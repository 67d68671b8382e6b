from __future__ import annotations

from pathlib import Path

import pytest

from vodpull.workflows.attempt.workspace.workspace import Workspace, sweep


async def test_a_finished_attempt_gets_the_final_name(tmp_path: Path) -> None:
    place = Workspace(tmp_path, "job")
    async with place.attempt(place.packaged) as folder:
        (folder / "a").write_text("x")
        assert not place.packaged.exists()
    assert (place.packaged / "a").read_text() == "x"


async def test_a_failed_attempt_leaves_nothing(tmp_path: Path) -> None:
    place = Workspace(tmp_path, "job")
    with pytest.raises(RuntimeError):
        async with place.attempt(place.packaged) as folder:
            (folder / "a").write_text("x")
            raise RuntimeError
    assert list(place.folder.iterdir()) == []


async def test_the_first_of_two_attempts_stays(tmp_path: Path) -> None:
    place = Workspace(tmp_path, "job")
    async with place.attempt(place.packaged) as slow:
        (slow / "a").write_text("slow")
        async with place.attempt(place.packaged) as fast:
            (fast / "a").write_text("fast")
    assert (place.packaged / "a").read_text() == "fast"
    assert [path.name for path in place.folder.iterdir()] == ["packaged"]


def test_work_files_of_finished_jobs_are_swept(tmp_path: Path) -> None:
    for name in ("over", "running"):
        Workspace(tmp_path, name).open()
    assert sweep(tmp_path, is_over=lambda name: name == "over") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["running"]


async def test_only_complete_results_are_counted(tmp_path: Path) -> None:
    place = Workspace(tmp_path, "job")
    assert place.count_results() == 0
    async with place.attempt(place.result("plan")):
        assert place.count_results() == 0
    assert place.count_results() == 1


def test_a_source_of_another_version_is_removed(tmp_path: Path) -> None:
    place = Workspace(tmp_path, "job")
    place.open()
    place.source.write_text("x")
    place.drop_other_source(sha256="new")
    assert place.source.exists(), "nothing is known of it"
    place.write_digests(md5="m", sha256="old")
    place.drop_other_source(sha256="old")
    assert place.source.exists()
    place.drop_other_source(sha256="new")
    assert not place.source.exists()


@pytest.mark.parametrize("left", ["", "{", "[]", '{"md5": "m"}', "null", "\x00" * 64])
def test_digests_that_a_power_cut_left_are_made_again(tmp_path: Path, left: str) -> None:
    place = Workspace(tmp_path, "job")
    place.open()
    place.source.write_bytes(b"x")
    (place.folder / "digests.json").write_text(left)
    assert place.digests(place.source)["md5"] == "9dd4e461268c8034f5c8564e155c67a6"
    place.drop_other_source(sha256="s")
    assert not place.source.exists(), "nobody knows any more what it is"
