from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from vodpull.errors import ConfigurationError
from vodpull.media import ABR, Template, builtin_templates, parse_template

SIZES = """
[definitions.HD]
short_side_px = 720
max_bitrate_bps = 2_800_000
[definitions.FHD]
short_side_px = 1080
max_bitrate_bps = 5_000_000
"""
H264 = "[video.h264]\npreset = 'veryfast'\ncrf = 23\n"
BUILTIN = {template.name: template for template in builtin_templates()}


def test_every_installation_has_five() -> None:
    assert set(BUILTIN) == {"original", "abr", "mp4", "abr-av1", "abr-own"}
    assert [template.ladder for template in BUILTIN.values()] == [False, True, True, True, True]
    assert BUILTIN["original"].fallback is None


@pytest.mark.parametrize("key", ["own_height", "audio_only"])
def test_what_concerns_renditions_needs_some(key: str) -> None:
    with pytest.raises(ConfigurationError, match="no rendition") as caught:
        parse_template(f"{key} = true", name="x")
    assert caught.value.field == key


def test_abr_is_the_ladder_that_was_measured() -> None:
    abr = BUILTIN["abr"]
    assert abr == ABR
    sizes = [(size.clarity, size.name, size.short_side_px, size.max_bitrate_bps) for size in abr.sizes]
    assert sizes == [
        (2, "LD", 360, 800_000),
        (3, "SD", 480, 1_400_000),
        (4, "HD", 720, 2_800_000),
        (5, "FHD", 1080, 5_000_000),
    ]
    rate = abr.rate("h264", "FHD")
    assert (rate.crf, rate.max_bitrate_bps, rate.buffer_bits) == (23, 5_000_000, 10_000_000)
    assert (abr.segment_s, abr.audio.codec, abr.audio.bitrate_bps, abr.copy) == (4.0, "aac", 128_000, True)


def test_the_better_codec_comes_first_and_the_fallback_last() -> None:
    template = BUILTIN["abr-av1"]
    assert (tuple(template.video), template.fallback) == (("av1", "h264"), "h264")
    assert template.sizes == ABR.sizes
    assert template.rate("av1", "HD").max_bitrate_bps == template.rate("h264", "HD").max_bitrate_bps


def test_single_definitions_may_differ() -> None:
    other = "[video.vp9]\npreset = '4'\ncrf = 40\n"
    own = "only = ['FHD']\n[video.h264.definitions.FHD]\nbitrate_bps = 4_000_000\nmax_bitrate_bps = 6_000_000\n"
    template = parse_template(SIZES + other + H264 + own, name="own")
    assert [template.makes("h264", "FHD"), template.makes("h264", "HD")] == [True, False]
    rate = template.rate("h264", "FHD")
    assert (rate.bitrate_bps, rate.max_bitrate_bps, rate.buffer_bits) == (4_000_000, 6_000_000, 12_000_000)
    assert template.rate("h264", "HD").bitrate_bps is None


@pytest.mark.parametrize("template", BUILTIN.values(), ids=list(BUILTIN))
def test_a_template_survives_json(template: Template) -> None:
    text = json.dumps(dataclasses.asdict(template))
    assert TypeAdapter(Template).validate_json(text) == template


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a = [", None),
        ("x" * 70_000, None),
        ("name = 'x'", "name"),
        ("colour = 'red'", "colour"),
        ("copy = 'yes'", "copy"),
        ("segment_s = nan", "segment_s"),
        ("segment_s = 60", "segment_s"),
        ("mp4 = 'best'", "mp4"),
        ("mp4 = 'all'", "mp4"),
        ("audio.codec = 'mp3'", "audio.codec"),
        ("audio = 3", "audio"),
        (SIZES, "video"),
        (H264, "definitions"),
        ("[definitions.UHD]\nshort_side_px = 2160\nmax_bitrate_bps = 9_000_000", "definitions.UHD"),
        (SIZES.replace("1080", "720") + H264, "definitions"),
        (SIZES.replace("1080", "1081") + H264, "definitions.FHD.short_side_px"),
        (SIZES + H264.replace("h264", "h265"), "video.h265"),
        (SIZES + H264.replace("veryfast", "8"), "video.h264.preset"),
        (SIZES + H264.replace("23", "60"), "video.h264.crf"),
        (SIZES + H264.replace("crf = 23", ""), "video.h264.crf"),
        (SIZES + H264 + "only = ['LD']", "video.h264.only"),
        (SIZES + H264 + "only = ['UHD']", "video.h264.only.0"),
        (SIZES + H264 + "definitions.LD.crf = 20", "video.h264.definitions.LD"),
        (SIZES + H264 + "definitions.HD.crf = 60", "video.h264.definitions.HD.crf"),
        (
            SIZES + H264 + "definitions.HD = { crf = 20, bitrate_bps = 100_000 }",
            "video.h264.definitions.HD.bitrate_bps",
        ),
        (SIZES + H264 + "definitions.HD.bitrate_bps = 3_000_000", "video.h264.definitions.HD.bitrate_bps"),
        (SIZES + H264 + "only = ['HD']", "definitions.FHD"),
        ("dash = true\nsound = 'muxed'\n" + SIZES + H264, "dash"),
        ("sound = 'beside'", "sound"),
        ("encrypt = 'aes-128'", "encrypt"),
        ("encrypt = 'aes'", "encrypt"),
        ("encrypt = 'aes-128'\nmp4 = 'best'\n" + SIZES + H264, "mp4"),
        ("encrypt = 'aes-128'\ndash = true\n" + SIZES + H264, "dash"),
        ("encrypt = 'aes-128'\nplayback = 'public'\n" + SIZES + H264, "playback"),
        ("key_segments = 5\n" + SIZES + H264, "key_segments"),
    ],
)
def test_what_cannot_be_used_is_named_by_its_key(text: str, key: str | None) -> None:
    with pytest.raises(ConfigurationError, match="the template own") as caught:
        parse_template(text, name="own")
    assert caught.value.field == key


@pytest.mark.parametrize("name", ["", "Own", "a b", "../a", "a" * 65, "ä"])
def test_a_name_is_short_and_plain(name: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_template("", name=name)


def test_the_example_of_the_documentation_works() -> None:
    page = (Path(__file__).parents[4] / "docs" / "templates.md").read_text(encoding="utf-8")
    template = parse_template(page.partition("```toml\n")[2].partition("```")[0], name="mobile")
    assert template.fallback == "h264"
    assert [template.makes("h264", "LD"), template.makes("h264", "HD")] == [True, False]
    assert template.rate("hevc", "HD").max_bitrate_bps == 1_600_000
