from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.media.pipeline import Maker, cut

from vodpull.errors import MediaError, MediaTooLarge, MediaTruncated, MediaUnsupported, NotMedia
from vodpull.media import Toolbox, probe

TEST_PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=3")
TONE = ("-f", "lavfi", "-i", "sine=d=3")
X264 = ("-c:v", "libx264", "-preset", "ultrafast")
FAILS = {"not_media": NotMedia, "truncated_or_corrupt": MediaTruncated}


def entries(folder: Path) -> list[dict[str, Any]]:
    manifest = json.loads((folder / "MANIFEST.json").read_text())["entries"]
    return [entry for entry in manifest if not entry["file"].endswith("/")]


async def test_every_clip_is_measured_as_its_manifest_says(clips: Path, toolbox: Toolbox) -> None:
    for entry in entries(clips):
        if "video" not in entry or entry["expected"]["outcome"] == "fails":
            continue
        info, said = await probe(clips / entry["file"], toolbox=toolbox), entry["video"]
        assert info.video
        # FLV clocks and metadata are rough: the manifest repeats what the file claims.
        slack = 0.05 if entry["container"] == "flv" else 0.002
        assert info.duration_s == pytest.approx(entry["duration_s"], rel=slack, abs=0.001), entry["file"]
        assert (info.video.codec, info.video.profile) == (said["codec"], said["profile"]), entry["file"]
        assert info.video.rotation_deg == said["rotation"], entry["file"]
        assert (info.video.display_width_px, info.video.display_height_px) == (
            said["display_width"], said["display_height"],
        ), entry["file"]  # fmt: skip
        assert info.video.color_transfer == said["color_transfer"], entry["file"]
        assert info.video.interlaced == (said.get("field_order") == "tt"), entry["file"]
        assert [(track.codec, track.channels) for track in info.audio] == [
            (track["codec"], track["channels"]) for track in entry.get("audio") or ()
        ], entry["file"]


async def test_uneven_and_absurd_rates_are_replaced_by_usable_ones(clips: Path, toolbox: Toolbox) -> None:
    rates = {}
    for name in ("portrait_vfr_1080x1440.mp4", "phone_hevc10_hlg_rot90_vfr.mp4", "sample_h264_aac.flv"):
        video = (await probe(clips / name, toolbox=toolbox)).video
        assert video
        rates[name] = round(video.nominal_frame_rate, 2)
    assert list(rates.values()) == [20.0, 29.97, 30.0]


@pytest.mark.parametrize("name", ["audio_only_10s.mp4", "not_video/sound.wav", "not_video/picture.png"])
async def test_sound_and_still_pictures_are_measured_without_video(clips: Path, toolbox: Toolbox, name: str) -> None:
    assert (await probe(clips / name, toolbox=toolbox)).video is None


async def test_what_is_no_video_is_refused_as_the_manifest_says(clips: Path, toolbox: Toolbox) -> None:
    for entry in entries(clips):
        refusal = FAILS.get(entry["expected"].get("error_class", ""))
        if refusal:
            with pytest.raises(refusal):
                await probe(clips / entry["file"], toolbox=toolbox)


async def test_cover_art_is_not_a_moving_picture(make_clip: Maker, toolbox: Toolbox) -> None:
    cover = ("-map", "0", "-map", "1", "-frames:v", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic")
    clip = await make_clip("cover.m4a", *TONE, *TEST_PICTURE, *cover, "-c:a", "aac")
    info = await probe(clip, toolbox=toolbox)
    assert info.video is None
    assert len(info.audio) == 1


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nplain.mp4\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile plain.mp4\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        '<?xml version="1.0"?><MPD><Period><BaseURL>plain.mp4</BaseURL></Period></MPD>',
        "<html><body>Please log in</body></html>",
        '{"error": "AccessDenied"}',
        "",
    ],
)
async def test_playlists_scripts_and_pages_are_not_media(clip: Path, toolbox: Toolbox, text: str) -> None:
    disguised = clip.with_name("video.mp4")
    disguised.write_text(text)
    with pytest.raises(NotMedia):
        await probe(disguised, toolbox=toolbox)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.flv", "a.avi", "a.asf"])
async def test_a_cut_file_is_truncated_and_one_with_bytes_behind_it_is_not(
    make_clip: Maker, toolbox: Toolbox, name: str
) -> None:
    codecs = ("-c:v", "msmpeg4v3", "-c:a", "libmp3lame") if name == "a.asf" else (*X264, "-bf", "3", "-c:a", "aac")
    whole = await make_clip(name, *TEST_PICTURE, *TONE, *codecs)
    known = await probe(whole, toolbox=toolbox)
    longer = whole.with_name(f"longer-{name}")
    longer.write_bytes(whole.read_bytes() + bytes(1000))
    assert (await probe(longer, toolbox=toolbox)).duration_s == pytest.approx(known.duration_s, abs=0.01)
    with pytest.raises(MediaTruncated):
        await probe(cut(whole, 0.6), toolbox=toolbox)


@pytest.mark.parametrize("name", ["-y.mp4", "http:x%03d.mp4", "concat:a|b", "$(id);'\".mp4"])
async def test_names_have_no_meaning(clip: Path, either_toolbox: Toolbox, name: str) -> None:
    renamed = clip.rename(clip.with_name(name))
    assert (await probe(renamed, toolbox=either_toolbox)).video


@pytest.mark.parametrize(
    ("name", "argv", "refusal"),
    [
        ("a.mkv", (*TEST_PICTURE, "-c:v", "magicyuv"), MediaUnsupported),
        (
            "a.mp4",
            ("-f", "lavfi", "-i", "color=s=9000x4320:r=1:d=1", "-preset", "ultrafast"),
            MediaTooLarge,
        ),
        ("a.mov", ("-f", "lavfi", "-i", "sine=d=0.1", *["-map", "0:a"] * 140, "-c:a", "pcm_s16le"), MediaTooLarge),
    ],
)
async def test_what_is_off_the_list_is_refused_before_it_is_decoded(
    make_clip: Maker, toolbox: Toolbox, name: str, argv: tuple[str, ...], refusal: type[MediaError]
) -> None:
    hostile = await make_clip(name, *argv)
    with pytest.raises(refusal):
        await probe(hostile, toolbox=toolbox)


async def test_sound_ends_where_it_is_heard_last(clips: Path, toolbox: Toolbox) -> None:
    (sound,) = (await probe(clips / "portrait_vfr_1080x1440.mp4", toolbox=toolbox)).audio
    # The file's own length counts the encoder's delay of 2112 samples once more.
    assert sound.start_s + (sound.duration_s or 0) == pytest.approx((495657 + 1024) / 44100)


@pytest.mark.parametrize("flags", [(), ("-movflags", "frag_keyframe+empty_moov"), ("-use_editlist", "0")])
async def test_sound_has_its_whole_length_in_any_mp4(
    make_clip: Maker, toolbox: Toolbox, flags: tuple[str, ...]
) -> None:
    sources = ("-f", "lavfi", "-i", "color=s=64x64:r=30:d=30", "-f", "lavfi", "-i", "sine=d=30")
    whole = await make_clip("a.mp4", *sources, *X264, "-c:a", "aac", *flags)
    (sound,) = (await probe(whole, toolbox=toolbox)).audio
    assert sound.duration_s == pytest.approx(30, abs=0.025)
