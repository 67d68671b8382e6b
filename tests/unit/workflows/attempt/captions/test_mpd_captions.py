from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from vodpull.jobs.store.caption_rows import Caption, CaptionOrigin
from vodpull.media import Presentation, Track, presentation_bytes
from vodpull.workflows.attempt.captions.mpd_captions import mpd_with_captions

PICTURE = Track(id="v01", kind="picture", playlist="v-v01.m3u8", folder="v/v01", codecs=("avc1.64001e",),
                variant=True, width_px=640, height_px=360, frame_rate=25.0, timescale=25, starts=(0, 100),
                peak_bitrate_bps=1, bitrate_bps=1)  # fmt: skip
PRESENTED = presentation_bytes(
    Presentation(name="v", durations_s=(4.0,), target_s=4, tracks=(PICTURE,), dash=True, complete=True)
)
GERMAN = Caption(
    language="de", label="Deutsch", is_default=True, is_forced=False, origin=CaptionOrigin.ADDED, folder="de-1",
    cues=1, left_out=0, size_bytes=1, updated_at_ms=0,
)  # fmt: skip


def texts(mpd: str) -> list[tuple[str | None, ...]]:
    root, place = ET.fromstring(mpd), "{urn:mpeg:dash:schema:mpd:2011}"  # noqa: S314 - our own
    sets = [one for one in root.iter(f"{place}AdaptationSet") if one.get("contentType") == "text"]
    return [
        (one.get("lang"), one.findtext(f"{place}Label"), one.findtext(f".//{place}BaseURL"),
         *(role.get("value") for role in one.iter(f"{place}Role")))
        for one in sets
    ]  # fmt: skip


def test_captions_are_text_sets_of_the_mpd() -> None:
    other = replace(GERMAN, language="de-x-2", folder="de-x-2-1", is_forced=True)
    heard = replace(GERMAN, language="en-x-sdh", label="English", folder="en-1", is_default=False)
    assert texts(mpd_with_captions(PRESENTED, [GERMAN, other, heard], folder="v-captions")) == [
        ("de", "Deutsch", "v-captions/de-1/captions.vtt", "subtitle", "main"),
        ("de", "Deutsch 2", "v-captions/de-x-2-1/captions.vtt", "forced-subtitle"),
        ("en", "English", "v-captions/en-1/captions.vtt", "caption"),
    ]


def test_without_captions_there_are_none() -> None:
    assert texts(mpd_with_captions(PRESENTED, [], folder="v-captions")) == []
