"""What already is what it would become is kept as it is: the picture as the best rung, and sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import m3u8
import pytest
from tests.integration.media.pipeline import VIDEO_ID, Maker, make_renditions, plan_source

from vodpull.media import ABR, Toolbox, parse_template, plan_ladder, probe, survey
from vodpull.media.plan.template import SoundLayout

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=854x480:r=25:d=9")
SMALL = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=9")
NTSC = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30000/1001:d=9")
TINY = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=9")
TONE = ("-f", "lavfi", "-i", "sine=d=9")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-profile:v", "main", "-crf", "45")
AAC = ("-c:a", "aac", "-ac", "2", "-ar", "44100", "-b:a", "96k")
STEADY = ("-g", "35", "-bf", "2")
"""A keyframe every 1.4 seconds."""


async def test_a_conforming_source_is_its_best_rung(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await make_clip("a.mp4", *PICTURE, *TONE, *X264, *STEADY, *AAC)
    _, plan = await plan_source(source, toolbox=toolbox)
    assert [planned.rung.copied for planned in plan.rungs] == [True, False]
    # Segments begin at some of its keyframes, in both rungs.
    assert plan.cuts == (0, 105)
    assert plan.sounds[0].copied
    _, renditions = await make_renditions(source, tmp_path, toolbox=toolbox)
    assert [rendition.segment_count for rendition in renditions] == [2, 2]
    assert [rendition.duration_s for rendition in renditions] == [9.0, 9.0]
    assert all(abs(rendition.av_drift_ms or 0) <= 40 for rendition in renditions)


async def test_nothing_is_encoded_when_the_source_is_the_only_rung(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox
) -> None:
    source = await make_clip("a.mp4", *SMALL, *TONE, *X264, *STEADY, *AAC)
    _, plan = await plan_source(source, toolbox=toolbox)
    assert plan.chunks == ()
    _, (rendition,) = await make_renditions(source, tmp_path, toolbox=toolbox)
    assert (rendition.width_px, rendition.duration_s, rendition.segment_count) == (640, 9.0, 2)


HEVC_ONLY = parse_template(
    """
    [definitions.LD]
    short_side_px = 360
    max_bitrate_bps = 800_000
    [video.hevc]
    preset = "ultrafast"
    crf = 30
    """,
    name="hevc-only",
)


@pytest.mark.parametrize(
    ("codec", "ending"), [("h264", "mkv"), ("h264", "ts"), ("h264", "flv"), ("hevc", "mp4"), ("hevc", "ts")]
)
async def test_a_picture_is_copied_from_every_container_that_has_whole_ones(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, codec: str, ending: str
) -> None:
    x265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:keyint=35:bframes=2:open-gop=0")
    encoder = (*X264, *STEADY, "-b:v", "300k") if codec == "h264" else x265
    plain = await make_clip("plain.mp4", *NTSC, *TONE, *encoder, *AAC)
    source = await make_clip(f"a.{ending}", "-i", f"file:{plain}", "-c", "copy")
    template = replace(ABR if codec == "h264" else HEVC_ONLY, mp4="best")
    _, plan = await plan_source(source, toolbox=toolbox, template=template)
    assert [planned.rung.copied for planned in plan.rungs] == [True]
    _, (rendition,) = await make_renditions(source, tmp_path, toolbox=toolbox, template=template)
    assert (rendition.width_px, rendition.segment_count) == (320, 2)
    assert abs(rendition.av_drift_ms or 0) <= 40
    made = await probe(tmp_path / "out" / f"{VIDEO_ID}-01.mp4", toolbox=toolbox)
    assert made.video
    assert made.video.nominal_frame_rate == pytest.approx(30000 / 1001)


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (("-x264-params", "open-gop=1:keyint=35:bframes=3"), "open groups of pictures"),
        (("-g", "250"), "keyframes do not come every 2 to 8 seconds"),
        ((*STEADY, "-crf", "1"), "Mbit/s are more than the 1.4"),
        ((*STEADY, "-vf", "select='not(eq(mod(n,11),3))'", "-fps_mode", "passthrough"), "frame rate is not constant"),
        ((*STEADY, "-vf", "setsar=4/3"), "pixels are not square"),
        ((*STEADY, "-t", "7"), "not equally long"),
    ],
)
async def test_other_sources_say_why_they_are_encoded(
    make_clip: Maker, toolbox: Toolbox, argv: tuple[str, ...], reason: str
) -> None:
    # Options for one stream would hold for both: the tone is made first.
    tone = await make_clip("tone.m4a", *TONE, *AAC)
    picture = await make_clip("picture.mp4", *PICTURE, *X264, *argv)
    both = ("-i", f"file:{picture}", "-i", f"file:{tone}", "-map", "0:v", "-map", "1:a", "-c", "copy")
    assert reason in await best_reason(await make_clip("both.mp4", *both), toolbox=toolbox)


async def test_a_late_picture_is_encoded(make_clip: Maker, toolbox: Toolbox) -> None:
    source = await make_clip("a.mp4", "-itsoffset", "0.08", *PICTURE, *TONE, *X264, *STEADY, *AAC)
    assert "begins later than the sound" in await best_reason(source, toolbox=toolbox)


async def best_reason(source: Path, *, toolbox: Toolbox) -> str:
    """Return what is said of the best rung, which is encoded."""
    info = await probe(source, toolbox=toolbox)
    ladder = plan_ladder(info, survey=await survey(source, info, toolbox=toolbox))
    assert not ladder.rungs[0].copied
    (reason,) = [decision.reason for decision in ladder.decisions if decision.clarity == ladder.rungs[0].clarity]
    return reason


async def test_surround_stays_as_it_is_and_its_stereo_is_made_of_it(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox
) -> None:
    voices = ";".join(f"sine=f={200 + 130 * number}:d=3[s{number}]" for number in range(6))
    six = f"{voices};{''.join(f'[s{number}]' for number in range(6))}join=inputs=6:channel_layout=5.1[a]"
    small = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=3", "-filter_complex", six, "-map", "0:v", "-map", "[a]")
    source = await make_clip("a.mp4", *small, *X264, "-c:a", "aac", "-b:a", "384k")
    template = replace(ABR, audio=replace(ABR.audio, surround=True))
    _, plan = await plan_source(source, toolbox=toolbox, template=template)
    assert [(sound.copied, sound.channels) for sound in plan.sounds] == [(False, 2), (True, 6)]
    assert plan.sounds[1].reason == "copied: the sound is in 5.1 already"
    await make_renditions(source, tmp_path, toolbox=toolbox, template=template)
    made = (tmp_path / "out" / VIDEO_ID / "a2").glob("*.m4s")
    with av.open(str(source)) as container:
        packets = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    written = b"".join(segment.read_bytes() for segment in sorted(made))
    assert all(packet in written for packet in packets[2:-2]), "packet by packet"
    louder = replace(template, audio=replace(template.audio, loudness=True))
    _, plan = await plan_source(source, toolbox=toolbox, template=louder)
    assert not any(sound.copied for sound in plan.sounds)


@pytest.mark.parametrize("layout", ["apart", "muxed"])
async def test_more_sound_tracks_can_be_chosen_by_language(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, layout: SoundLayout
) -> None:
    tracks = ("-map", "0:v", "-map", "1:a", "-map", "1:a", "-metadata:s:a:0", "language=eng")
    spoken = (*tracks, "-metadata:s:a:1", "language=zho", "-c:a:1", "ac3", "-ac:a:1", "6")
    source = await make_clip("a.mkv", *TINY, *TONE, *X264, *AAC, *spoken)
    audio = replace(ABR.audio, surround=layout == "apart")
    await make_renditions(source, tmp_path, toolbox=toolbox, template=replace(ABR, sound=layout, audio=audio))
    master = m3u8.load(str(tmp_path / "out" / f"{VIDEO_ID}.m3u8"))
    groups: dict[str, list[tuple[str, ...]]] = {}
    for sound in master.media:
        said = (sound.language, sound.uri.removeprefix(VIDEO_ID), sound.default, sound.channels)
        groups.setdefault(sound.group_id, []).append(said)
    stereo = [("en", "-a1.m3u8", "YES", "2"), ("zh", "-a2.m3u8", "NO", "2")]
    # What has no 5.1 is there in stereo, so that both groups have the same members.
    surround = {"surround": [stereo[0], ("zh", "-a3.m3u8", "NO", "6")]} if layout == "apart" else {}
    assert groups == {"sound": stereo, **surround}
    assert {variant.stream_info.audio for variant in master.playlists} == set(groups)
    pictures = [variant for variant in master.playlists if variant.stream_info.resolution]
    assert all(variant.uri.startswith(f"{VIDEO_ID}-v") for variant in pictures), "browsers want them apart"
    own = m3u8.load(str(tmp_path / "out" / f"{VIDEO_ID}-01.m3u8"))
    assert (len(own.media) == 4) == own.is_variant == (layout == "apart"), "a rendition alone has its sound"
    alone = m3u8.load(str(tmp_path / "out" / f"{VIDEO_ID}-a2.m3u8"))
    assert sum(segment.duration for segment in alone.segments) == pytest.approx(9, abs=0.05)
