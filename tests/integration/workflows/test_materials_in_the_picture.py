"""What is burnt in and comes from materials: an encode keeps the picture that it was planned with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.integration.workflows.attempts import bench, pulled
from tests.materials import another_material
from tests.pngs import png

from vodpull import media
from vodpull.errors import CaptionInvalid, ParameterError
from vodpull.materials.material import Material
from vodpull.materials.materials import Materials, keep_material
from vodpull.workflows.attempt.captions.chosen_burnt_in_text import BurntTexts
from vodpull.workflows.attempt.originals.local_copy import Originals
from vodpull.workflows.attempt.planning import Planning
from vodpull.workflows.attempt.workspace.pieces import read_plan


async def test_a_picture_stays_in_an_encode_whatever_becomes_of_its_material(
    database: sa.Engine, tmp_path: Path
) -> None:
    made, info = await pulled(bench(database, tmp_path, seconds=1))
    mark = stored(database, made.can.store.find_job(made.job.job_id)[0].account_id, suffix="png")
    await made.can.objects.put_bytes(mark.key, png(40, 20))
    planning = Planning(made.can, Originals(made.can))
    marked = replace(made.job, watermark=mark.material_id)
    first, careful = tmp_path / "first", tmp_path / "careful"
    first.mkdir()
    careful.mkdir()
    await planning.write(marked, info, first, source=made.source)
    plan = read_plan(first).plan
    assert plan.watermark
    assert plan.watermark.still.content == png(40, 20)
    Materials(database).delete(mark, stop_use=True)
    await made.can.objects.delete_all([mark.key])
    await planning.write_careful(marked, info, careful, before=plan, reason="why")
    assert read_plan(careful).plan.watermark == plan.watermark
    with pytest.raises(ParameterError, match="no such material"):
        await planning.write(marked, info, first, source=made.source)


async def test_what_is_no_picture_or_too_large_a_subtitle_is_told(database: sa.Engine, tmp_path: Path) -> None:
    made = bench(database, tmp_path, seconds=1)
    account_id = made.can.store.find_job(made.job.job_id)[0].account_id
    mark, text = stored(database, account_id, suffix="png"), stored(database, account_id, size_bytes=50_000_000)
    await made.can.objects.put_bytes(mark.key, b"no picture")
    with pytest.raises(ParameterError, match="neither a PNG nor a JPEG"):
        await Planning(made.can, Originals(made.can)).whole_template(replace(made.job, watermark=mark.material_id))
    info = await media.probe(made.source, toolbox=made.can.toolbox)
    texts = BurntTexts(database, made.can.objects, toolbox=made.can.toolbox)
    with pytest.raises(CaptionInvalid, match="larger than"):
        await texts.of(replace(made.job, burn_in=text.material_id), info, media.ABR, source=made.source)


def stored(database: sa.Engine, account_id: str, **fields: Any) -> Material:
    """Put a material there."""
    material = replace(another_material(), account_id=account_id, **fields)
    with database.begin() as connection:
        keep_material(connection, material)
    return material
