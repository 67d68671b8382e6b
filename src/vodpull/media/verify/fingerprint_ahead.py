"""
The half of a proof that needs the source only, done before there is anything to compare with it.

When it is done and ended: `workflows/attempt/proof_looks.py`; what is written:
`confined/comparison/source_fingerprints.py`.
"""

from __future__ import annotations

from pathlib import Path

from vodpull.media.inspect.run_child import ask_pyav
from vodpull.media.plan.encode_plan import EncodePlan
from vodpull.media.tools.limits import RunLimits, copy_limits
from vodpull.media.tools.sandbox import Toolbox
from vodpull.media.verify import likeness
from vodpull.media.verify.compare import INSTANT_S, INSTANTS_AT_ONCE, Original, source_orders
from vodpull.media.verify.compared_instants import picture_instants

# Beside encoders that leave it next to nothing.
PATIENCE = 20
# Of all instants at once, of a source with a hundred pictures a second.
MAX_BYTES = 128 * 1024 * 1024
# Only what nobody else wants: an encoder leaves a tenth of its processors idle.
NICE = 19


async def look_ahead(plan: EncodePlan, original: Original, folder: Path, *, toolbox: Toolbox) -> None:
    """
    Write down in a folder what a source shows where it will be compared, for `Original.seen`.

    Nothing depends on it: whoever ends it may use what is there, and the proof looks at the rest itself.

    Raises:
        EncodeFailed: the child crashed.
        EncodeStalled: it took too long.
    """
    instants_s = picture_instants(plan)[:INSTANTS_AT_ONCE]
    if not instants_s:
        return
    wall_s = copy_limits(original.info.size_bytes).wall_s + INSTANT_S * len(instants_s)
    await ask_pyav(
        "source_fingerprints",
        {**source_orders(plan, original.info), "sights": instants_s},
        ("source", original.path),
        toolbox=toolbox,
        limits=RunLimits(wall_s=PATIENCE * wall_s, file_size_bytes=MAX_BYTES, nice=NICE),
        writes=folder,
        shared=(likeness,),
    )
