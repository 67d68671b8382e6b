from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.media.pipeline import Maker

from vodpull.errors import OutputInvalid
from vodpull.media import Toolbox
from vodpull.media.verify.vmaf import VmafSample, measure_quality, quality_limits

REFERENCE = "[0:0]trim=start_frame=10,format=yuv420p[v0]"


async def sample_of(make_clip: Maker, **crfs: int) -> VmafSample:
    """Return a sample that begins at the tenth frame of a clip, with a smaller rendition of each quality."""
    picture = ("-f", "lavfi", "-i", "mandelbrot=s=320x180:r=25,trim=end_frame=40,scale=out_range=tv,format=yuv420p")
    source = await make_clip(
        "source.mkv", *picture, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-qp", "0", "-preset", "ultrafast"
    )
    from_ten = (
        "-i",
        str(source),
        "-vf",
        "trim=start_frame=10,setpts=PTS-STARTPTS,scale=160:90",
        "-preset",
        "ultrafast",
    )
    files = {name: await make_clip(f"{name}.mp4", *from_ten, "-crf", str(crf)) for name, crf in crfs.items()}
    return VmafSample(
        source=source, source_options=(), reference=REFERENCE, size=(320, 180), renditions=files, frames=20
    )


async def test_a_better_encode_has_a_better_figure(make_clip: Maker, toolbox: Toolbox, tmp_path: Path) -> None:
    sample = await sample_of(make_clip, good=18, bad=45)
    limits = quality_limits(frames=20, renditions=2)
    found = await measure_quality([sample, sample], tmp_path, toolbox=toolbox, limits=limits)
    assert found["good"].frames == 40
    assert found["good"].mean > found["bad"].mean + 10
    assert found["bad"].min <= found["bad"].harmonic_mean <= found["bad"].mean


async def test_the_source_itself_is_perfect(make_clip: Maker, toolbox: Toolbox, tmp_path: Path) -> None:
    sample = await sample_of(make_clip)
    same = VmafSample(**{**vars(sample), "reference": "[0:0]null[v0]", "renditions": {"same": sample.source}})
    found = await measure_quality([same], tmp_path, toolbox=toolbox, limits=quality_limits(frames=20, renditions=1))
    assert found["same"].mean > 97


async def test_a_rendition_that_ends_early_is_refused(make_clip: Maker, toolbox: Toolbox, tmp_path: Path) -> None:
    sample = await sample_of(make_clip, short=30)
    longer = VmafSample(**{**vars(sample), "frames": 35})
    with pytest.raises(OutputInvalid, match="30 pictures instead of 35"):
        await measure_quality([longer], tmp_path, toolbox=toolbox, limits=quality_limits(frames=35, renditions=1))
