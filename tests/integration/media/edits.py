"""A clip or a join made from files, as an attempt of a job does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.integration.media.pipeline import measured

from vodpull.media import Toolbox, encode_chunk, encode_limits
from vodpull.media.edit.assemble import FLV_FILE, MP4_FILE, EditPieces, write_edit, write_flv
from vodpull.media.edit.copy_obstacles import copy_obstacle
from vodpull.media.edit.edit_plan import EditPlan, plan_edit
from vodpull.media.edit.edit_proof import check_edit
from vodpull.media.edit.edit_request import EditInput, EditOrder, EditSource
from vodpull.media.edit.picture_copy import copy_picture, describe_copy
from vodpull.media.edit.sound import make_sound


async def make_edit(
    sources: Sequence[Path], order: EditOrder, folder: Path, *, toolbox: Toolbox
) -> tuple[EditPlan, Path]:
    """Return the plan and the file of a clip or a join, checked as the service checks it."""
    inputs, copies = [], {}
    for number, path in enumerate(sources):
        info, found = await measured(path, toolbox=toolbox)
        source = EditSource(info=info, survey=found)
        if not copy_obstacle(source, order, is_join=order.length_s is None):
            copies[number] = folder / f"copy-{number}"
            copies[number].mkdir()
            await copy_picture(path, info, copies[number], toolbox=toolbox)
            source = EditSource(info=info, survey=found, copyable=describe_copy(copies[number], source, order))
        inputs.append(EditInput(source=source, path=path))
    plan = plan_edit([each.source for each in inputs], order)
    pictures = await _pictures(plan, inputs, copies, folder, toolbox=toolbox)
    out, sound = folder / "out", folder / "sound"
    out.mkdir()
    if plan.has_sound:
        sound.mkdir()
        await make_sound(inputs, plan, sound, toolbox=toolbox)
    write_edit(plan, EditPieces(pictures=pictures, sound=sound if plan.has_sound else None), out)
    if plan.container == "flv":
        await write_flv(out, toolbox=toolbox)
    result = out / (FLV_FILE if plan.container == "flv" else MP4_FILE)
    await check_edit(result, plan, inputs, toolbox=toolbox)
    return plan, result


async def _pictures(
    plan: EditPlan, inputs: Sequence[EditInput], copies: Mapping[int, Path], folder: Path, *, toolbox: Toolbox
) -> dict[tuple[int, int], Path]:
    """Return the folders with the picture of each part."""
    made = {}
    for number, part in enumerate(plan.parts):
        if part.plan is None and number in copies:
            made[number, 0] = copies[part.source]
            continue
        for chunk in part.plan.chunks if part.plan else ():
            assert part.plan is not None
            made[number, chunk.number] = folder / f"part-{number}-{chunk.number}"
            made[number, chunk.number].mkdir()
            await encode_chunk(
                inputs[part.source].path,
                part.plan,
                chunk,
                made[number, chunk.number],
                toolbox=toolbox,
                limits=encode_limits(part.plan, chunk),
                on_progress=lambda _share: None,
            )
    return made
