"""Files without a picture, where the template takes them: a rendition of their sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import m3u8
import pytest
from tests.integration.media.pipeline import VIDEO_ID, Maker, make_parts

from vodpull.errors import NoVideo, OutputInvalid
from vodpull.media import (
    ABR,
    Original,
    Package,
    Rendition,
    Template,
    Toolbox,
    package_and_verify,
    plan_carefully,
    plan_encode,
    plan_ladder,
    probe,
)
from vodpull.media.plan.template import SoundLayout
from vodpull.media.verify.compare import Subject
from vodpull.media.verify.content_verdict import Proof, prove_content

TEMPLATE = replace(ABR, audio_only=True)
TONE = ("-f", "lavfi", "-i", "sine=d=9.03")


async def made(
    source: Path, folder: Path, *, toolbox: Toolbox, template: Template = TEMPLATE
) -> tuple[Package, tuple[Rendition, ...]]:
    package, renditions, _ = await packaged(source, folder, toolbox=toolbox, template=template)
    return package, renditions


async def packaged(
    source: Path, folder: Path, *, toolbox: Toolbox, template: Template = TEMPLATE
) -> tuple[Package, tuple[Rendition, ...], Proof]:
    info = await probe(source, toolbox=toolbox)
    plan = plan_encode(info, plan_ladder(info, template=template))
    (folder / "parts").mkdir()
    (folder / "out").mkdir()
    parts = await make_parts(source, plan, folder / "parts", toolbox=toolbox)
    original = Original(path=source, info=info)
    return await package_and_verify(plan, parts, folder / "out", original=original, video_id=VIDEO_ID, toolbox=toolbox)


def loaded(file: Path) -> m3u8.M3U8:
    return m3u8.loads(file.read_text())


@pytest.mark.parametrize("name", ["music.mp3", "voice.m4a", "rain.flac", "call.wav", "talk.ogg"])
async def test_a_file_of_sound_becomes_a_rendition(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, name: str
) -> None:
    package, (rendition,) = await made(await make_clip(name, *TONE), tmp_path, toolbox=toolbox)
    assert (rendition.clarity, rendition.width_px, rendition.codecs) == (2, 0, "mp4a.40.2")
    assert rendition.duration_s == pytest.approx(9.03, abs=0.05)
    assert rendition.segment_count == 3
    (variant,) = loaded(tmp_path / "out" / package.multivariant).playlists
    assert (variant.uri, variant.stream_info.resolution) == (f"{VIDEO_ID}-a1.m3u8", None)
    assert (tmp_path / "out" / rendition.playlist).read_text() == (tmp_path / "out" / package.multivariant).read_text()
    assert (package.poster, package.storyboard) == ("", "")
    assert not list((tmp_path / "out").rglob("*.jpg"))
    folder = tmp_path / "out" / VIDEO_ID / "a1"
    whole = tmp_path / "whole.mp4"
    whole.write_bytes(
        b"".join(file.read_bytes() for file in sorted(folder.iterdir(), key=lambda file: (file.suffix != ".mp4", file)))
    )
    with av.open(str(whole)) as container:
        assert [stream.type for stream in container.streams] == ["audio"]
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert samples / 48000 == pytest.approx(9.03, abs=0.05)


async def test_another_sound_than_that_of_the_source_is_found(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox
) -> None:
    voice = "aevalsrc=0.4*sin(2*PI*{}*t)*gt(sin(2*PI*(1.3*t+0.06*t*t))\\,0.2):s=48000:d=9"
    source = await make_clip("voice.m4a", "-f", "lavfi", "-i", voice.format(440))
    package, _, proof = await packaged(source, tmp_path, toolbox=toolbox)
    assert (proof.sounds, proof.late_ms, proof.instants_s) == (1, 0, ())
    assert len(proof.listened_s) == 3
    wrong = await make_clip("wrong.m4a", "-f", "lavfi", "-i", voice.format(1500))
    late = await make_clip("late.m4a", "-i", "/in/clips/voice.m4a", "-af", "adelay=200")
    info = await probe(source, toolbox=toolbox)
    plan = plan_encode(info, plan_ladder(info, template=TEMPLATE))
    for other, finding in ((wrong, "another sound"), (late, "ms late")):
        original = Original(path=other, info=info)
        subject = Subject(original=original, out_folder=tmp_path / "out", package=package, plan=plan)
        with pytest.raises(OutputInvalid, match=finding):
            await prove_content(subject, toolbox=toolbox)


async def test_a_careful_plan_of_sound_has_nothing_to_cut(make_clip: Maker, toolbox: Toolbox) -> None:
    info = await probe(await make_clip("voice.m4a", *TONE), toolbox=toolbox)
    plan = plan_carefully(info, plan_ladder(info, template=TEMPLATE), reason="the sound is late")
    assert (plan.chunks, plan.seeks_s, plan.sounds[0].copied) == ((), (), False)


@pytest.mark.parametrize(("layout", "first"), [("apart", "a1"), ("muxed", "01")])
async def test_several_sounds_can_be_chosen(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, layout: SoundLayout, first: str
) -> None:
    languages = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fra")
    source = await make_clip("two.mka", *TONE, *TONE, "-map", "0", "-map", "1", "-c:a", "aac", *languages)
    template = replace(TEMPLATE, sound=layout)
    package, (rendition,) = await made(source, tmp_path, toolbox=toolbox, template=template)
    playlist = loaded(tmp_path / "out" / package.multivariant)
    assert [media.language for media in playlist.media] == ["en", "fr"]
    assert [variant.uri for variant in playlist.playlists] == [f"{VIDEO_ID}-{first}.m3u8"]
    assert loaded(tmp_path / "out" / rendition.playlist).is_variant == (layout == "apart")


async def test_cover_art_is_no_picture(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    cover = ("-f", "lavfi", "-i", "color=red:s=64x64:d=0.1", "-map", "0", "-map", "1", "-frames:v", "1")
    source = await make_clip("song.m4a", *TONE, *cover, "-c:v", "mjpeg", "-disposition:v", "attached_pic")
    _, (rendition,) = await made(source, tmp_path, toolbox=toolbox)
    assert rendition.width_px == 0


async def test_without_the_templates_word_it_is_no_video(make_clip: Maker, toolbox: Toolbox) -> None:
    info = await probe(await make_clip("music.mp3", *TONE), toolbox=toolbox)
    with pytest.raises(NoVideo):
        plan_ladder(info)
