from __future__ import annotations

import pytest

from vodpull.storage import asset_folder, manifest_key, material_key, material_of, original_name, place_of

VIDEO = "0123456789abcdef0123456789abcdef"


def test_the_folder_follows_the_documented_pattern() -> None:
    assert asset_folder(month="202611", directory="d" * 32) == f"pullvideo/202611/{'d' * 32}"


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


def test_a_file_tells_whose_it_is_and_other_keys_do_not() -> None:
    key = f"{asset_folder(month='202611', directory='d' * 32)}/{VIDEO}/init.mp4"
    assert place_of(key) == ("202611", "d" * 32)
    assert place_of(manifest_key(month="202611", directory="d" * 32)) is None
    assert place_of(f"pullvideo/202611/{'d' * 32}") is None


def test_the_file_of_a_material_tells_whose_it_is() -> None:
    key = material_key("audio", month="202611", material_id="d" * 32, suffix="mp3")
    assert material_of(key) == ("d" * 32, f"manifests/audio/202611/{'d' * 32}.json")
    assert place_of(key) is None
    others = (f"{key}/a", f"pullvideo/202611/{'d' * 32}/a.mp3", f"material/202611/{'D' * 32}.png", "manifests/a.json")
    assert [material_of(other) for other in others] == [None] * 4
