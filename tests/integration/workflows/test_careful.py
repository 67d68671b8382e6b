"""What does not pass the proof is made again from the beginning, in one piece: real FFmpeg, database and pieces."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import pytest
import sqlalchemy as sa
from tests.integration.workflows.attempts import Bench, bench, pulled

from vodpull import media
from vodpull.errors import OutputInvalid
from vodpull.workflows.attempt.produce import Production
from vodpull.workflows.attempt.workspace.pieces import CAREFUL, PLAN, write_plan
from vodpull.workflows.attempt.workspace.verified import read_verified


async def mix_up_chunks(made: Bench, info: media.MediaInfo, folder: Path) -> None:
    """Encode all pieces, and let the second chunk show what the first one does: as long, at the right times."""
    production = Production(made.can)
    await production.make_all(made.job, info)
    planned = await production.plan(made.job, info)
    wrong = replace(planned.plan.chunks[1], first_frame=0)
    plan = replace(planned.plan, seeks_s=(0.0,) * len(planned.plan.chunks))
    folder.mkdir()
    limits = media.encode_limits(plan)
    await media.encode_chunk(
        made.source, plan, wrong, folder, toolbox=made.can.toolbox, limits=limits, on_progress=lambda _: None
    )
    place = made.can.workspace(made.job).result(planned.chunk_names[1])
    for planned_rung in plan.encoded:
        shutil.copyfile(folder / planned_rung.file, place / planned_rung.file)


async def test_a_chunk_that_shows_something_else_is_made_again(database: sa.Engine, tmp_path: Path) -> None:
    made, info = await pulled(bench(database, tmp_path, seconds=60))
    await mix_up_chunks(made, info, tmp_path / "wrong")
    production = Production(made.can)
    proof = read_verified(await production.package(made.job, info)).proof
    assert proof is not None
    assert "at 4.00 s" in str(proof["careful"])
    assert (await production.publish(made.job, info)).proof == proof


async def test_the_careful_plan_is_there_for_who_comes_after_a_kill(database: sa.Engine, tmp_path: Path) -> None:
    made, info = await pulled(bench(database, tmp_path, seconds=60))
    await mix_up_chunks(made, info, tmp_path / "wrong")
    place = made.can.workspace(made.job)
    shutil.rmtree(await Production(made.can).package(made.job, info))
    second = Production(made.can)
    assert place.result(CAREFUL).exists()
    assert len((await second.plan(made.job, info)).plan.chunks) == 1
    pieces = place.count_results()
    await second.make_chunk(made.job, info, 1)
    assert (await second.package(made.job, info)).exists()
    assert place.count_results() == pieces


async def test_what_is_wrong_in_one_piece_is_a_failure(database: sa.Engine, tmp_path: Path) -> None:
    made, info = await pulled(bench(database, tmp_path, seconds=6, kind="avi"))
    production = Production(made.can)
    await production.make_all(made.job, info)
    # The source is replaced behind the back of the encode.
    words = ["-v", "error", "-y", "-i", str(made.source), "-vf", "hflip", "-c:v", "mpeg4", "-f", "avi"]
    target = str(made.can.workspace(made.job).source)
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *words, target], check=True, timeout=60)
    with pytest.raises(OutputInvalid, match="mirrored"):
        await production.package(made.job, info)


async def test_nothing_of_an_encrypted_video_is_shown_early(database: sa.Engine, tmp_path: Path) -> None:
    made, info = await pulled(bench(database, tmp_path, seconds=60))
    production = Production(made.can)
    await production.make_tracks(made.job, info)
    await production.make_chunk(made.job, info, 0)
    plan = (await production.plan(made.job, info)).plan
    place, before = made.can.workspace(made.job).result(PLAN), await made.can.objects.list_keys("")
    write_plan(replace(plan, encrypt="aes-128"), place)
    assert await production.preview(made.job, info, chunks=1) is None
    assert await made.can.objects.list_keys("") == before
    write_plan(plan, place)
    assert await production.preview(made.job, info, chunks=1) is not None
