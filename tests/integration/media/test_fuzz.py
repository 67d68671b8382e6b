"""A sample of `python -m tests.fuzz`: mutated files do no harm, and a harmful one would be noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fuzz.campaign import Books, Campaign
from tests.fuzz.mutate import mutated
from tests.fuzz.samples import write_sample
from tests.integration.media.pipeline import Maker

from vodpull.media import Toolbox
from vodpull.media.tools.accepted import ACCEPTED, Accepted

COUNTS = json.loads((Path(__file__).parents[2] / "fuzz" / "counts.json").read_text())


@pytest.mark.parametrize(
    ("kind", "name", "first"),
    [
        ("video", "ffv1", 0),
        ("audio", "adpcm_ms", 0),
        # Among them one with a rhythm that is none, and one with a stream that comes late.
        ("format", "ivf", 100),
        ("audio", "pcm_bluray", 320),
    ],
)
async def test_mutated_files_do_no_harm(tmp_path: Path, toolbox: Toolbox, kind: str, name: str, first: int) -> None:
    if toolbox.sandbox != "bwrap":
        pytest.skip("no sandbox here")
    books = Books()
    campaign = Campaign(write_sample(tmp_path, kind, name), tmp_path / "fuzz", toolbox=toolbox)
    await campaign.take(range(first, first + 60), books)
    assert books.faults == []
    assert books.tried == 60
    assert books.taken > 0
    assert sum(books.answers.values()) == 60


@pytest.mark.parametrize(
    ("name", "codecs"),
    [
        ("a.mp4", ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")),
        ("a.webm", ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus")),
        ("a.ts", ("-c:v", "mpeg2video", "-c:a", "mp2")),
        ("a.flv", ("-c:v", "flv", "-c:a", "libmp3lame")),
    ],
)
async def test_mutated_files_do_no_harm_without_a_sandbox(
    make_clip: Maker, tmp_path: Path, bare_toolbox: Toolbox, name: str, codecs: tuple[str, ...]
) -> None:
    sources = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=1", "-f", "lavfi", "-i", "sine=d=1")
    clip = await make_clip(name, *sources, *codecs)
    books = Books()
    await Campaign(clip, tmp_path / "fuzz", toolbox=bare_toolbox).take(range(30), books)
    assert books.faults == []
    assert 0 < books.taken <= books.tried == 30


def test_a_mutation_is_made_again_from_its_number() -> None:
    whole = bytes(range(256)) * 8
    made = {mutated(whole, number, lure=b"file:/tmp/lure") for number in range(200)}
    assert made == {mutated(whole, number, lure=b"file:/tmp/lure") for number in range(200)}
    assert len(made) > 190
    assert any(b"file:/tmp/lure" in each for each in made)


@pytest.mark.parametrize("entry", [entry for entry in ACCEPTED if entry.boxed], ids=lambda entry: entry.name)
def test_what_needs_the_sandbox_was_fuzzed_before(entry: Accepted) -> None:
    own = COUNTS[f"{entry.kind}:{entry.name}"]
    assert own["tried"] >= 2000
    assert own["taken"] > 0
    assert own["faults"] == []
