from __future__ import annotations

import pytest

from vodpull.storage import original_name

VIDEO = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("name", ["a.mp4", "testpull1.flv", "No_suffix-1", "A.b.c.MKV"])
def test_a_plain_name_is_kept(name: str) -> None:
    assert original_name(name, video_id=VIDEO) == name


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("测试视频.mp4", f"{VIDEO}-source.mp4"),
        ("../../etc/x", f"{VIDEO}-source"),
        ("..\\..\\x.mp4", f"{VIDEO}-source.mp4"),
        ("/abs.mp4", f"{VIDEO}-source.mp4"),
        ("C:\\x", f"{VIDEO}-source"),
        ("%2e%2e%2f", f"{VIDEO}-source"),
        ("．．/", f"{VIDEO}-source"),
        ("a\x00.mp4", f"{VIDEO}-source.mp4"),
        ("x" * 300 + ".mp4", f"{VIDEO}-source.mp4"),
        ("CON", f"{VIDEO}-source"),
        ("com1.mp4", f"{VIDEO}-source.mp4"),
        (".", f"{VIDEO}-source"),
        ("..", f"{VIDEO}-source"),
        ("", f"{VIDEO}-source"),
        ("a.mp4.", f"{VIDEO}-source"),
        ("a ", f"{VIDEO}-source"),
        ("\u202egnp.mp4", f"{VIDEO}-source.mp4"),
        ("🎬.MOV", f"{VIDEO}-source.mov"),
        ("-y.mp4", f"{VIDEO}-source.mp4"),
        (".hidden", f"{VIDEO}-source"),
        ("x;rm -rf.mp4", f"{VIDEO}-source.mp4"),
        (f"{VIDEO}.m3u8", f"{VIDEO}-source.m3u8"),
    ],
)
def test_any_other_name_is_only_a_label(name: str, stored: str) -> None:
    assert original_name(name, video_id=VIDEO) == stored
