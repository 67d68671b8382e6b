from __future__ import annotations

from vodpull.storage import asset_folder, manifest_key, material_key, material_of, place_of

VIDEO = "0123456789abcdef0123456789abcdef"


def test_the_folder_follows_the_documented_pattern() -> None:
    assert asset_folder(month="202611", directory="d" * 32) == f"pullvideo/202611/{'d' * 32}"


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
