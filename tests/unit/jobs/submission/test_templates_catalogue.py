from __future__ import annotations

from pathlib import Path

import pytest
from tests.pngs import png

from vodpull.errors import ConfigurationError, ParameterError
from vodpull.jobs.submission.template_registry import TEMPLATES, load_templates

OWN = "[definitions.SD]\nshort_side_px = 480\nmax_bitrate_bps = 900_000\n[video.vp9]\npreset = '4'\ncrf = 33\n"


def test_an_operator_adds_files(tmp_path: Path) -> None:
    (tmp_path / "small-vp9.toml").write_text(OWN)
    (tmp_path / "notes.txt").write_text("no template")
    templates = load_templates(tmp_path)
    assert set(templates) == {*TEMPLATES, "small-vp9"}
    assert templates.find("small-vp9").fallback == "vp9"


def test_the_folder_may_be_missing(tmp_path: Path) -> None:
    assert set(load_templates(tmp_path / "none")) == set(TEMPLATES)


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [("abr.toml", OWN.encode(), "name"), ("Own.toml", OWN.encode(), "name"), ("own.toml", b"\xff", None)],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, content: bytes, key: str | None) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError, match=Path(name).stem) as caught:
        load_templates(tmp_path)
    assert caught.value.field == key


def test_an_unknown_name_is_the_clients_mistake() -> None:
    with pytest.raises(ParameterError, match="known are abr, abr-av1, abr-own, mp4, original") as caught:
        TEMPLATES.find("none")
    assert caught.value.field == "tcTemplateName"


def test_an_alias_is_another_name_and_goes_first(tmp_path: Path) -> None:
    templates = load_templates(
        tmp_path, ("旧 名 = mp4", "0123456789abcdef0123456789abcdef=abr", "a=b=abr", "abr=original")
    )
    names = ("旧 名", "0123456789abcdef0123456789abcdef", "a=b", "abr", "mp4")
    assert [templates.find(name).name for name in names] == ["mp4", "abr", "abr", "original", "mp4"]
    assert set(templates) == set(TEMPLATES), "an alias is no template"


def test_an_alias_of_no_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'none'") as caught:
        load_templates(tmp_path, ("old=none",))
    assert caught.value.field == "VODPULL_TEMPLATE_ALIASES"


MARKED = OWN + "[watermark]\nfile = 'logo.png'\ncorner = 'bottom-left'\nopacity = 0.5\n"


def test_a_template_burns_in_a_picture_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(MARKED)
    (tmp_path / "watermarks").mkdir()
    (tmp_path / "watermarks" / "logo.png").write_bytes(png(30, 20))
    found = load_templates(tmp_path).find("own")
    assert found.watermark is not None
    assert (found.watermark.corner, found.watermark.still.width_px, found.copies) == ("bottom-left", 30, False)


def test_a_watermark_goes_on_top_of_any_template_that_makes_something(tmp_path: Path) -> None:
    (tmp_path / "watermarks").mkdir()
    (tmp_path / "watermarks" / "logo.png").write_bytes(png(30, 20))
    (tmp_path / "watermarks" / "商标.toml").write_text("file = 'logo.png'\nwidth_percent = 20\n")
    templates = load_templates(tmp_path)
    marked = templates.find("mp4", watermark="商标")
    assert (marked.watermark, marked.mp4) == (templates.watermarks["商标"], "each")
    assert templates.find("mp4").watermark is None
    for template, watermark in (("mp4", "none"), ("original", "商标")):
        with pytest.raises(ParameterError) as caught:
            templates.find(template, watermark=watermark)
        assert caught.value.field == "watermark"


def test_a_watermark_may_be_a_material_which_comes_to_where_the_template_has_its_own(tmp_path: Path) -> None:
    named = f"material = '{'0c' * 16}'\nopacity = 0.5\n"
    (tmp_path / "watermarks").mkdir()
    (tmp_path / "watermarks" / "logo.png").write_bytes(png(30, 20))
    (tmp_path / "watermarks" / "brand.toml").write_text(named)
    (tmp_path / "own.toml").write_text(MARKED)
    templates = load_templates(tmp_path)
    assert templates.materials == {"0c" * 16}
    own = templates.find("own", watermark="0D" * 16).watermark
    plain = templates.find("mp4", watermark="0d" * 16).watermark
    assert own is not None
    assert plain is not None
    assert (own.material, own.file, own.picture, own.corner) == ("0d" * 16, "", None, "bottom-left")
    assert (plain.material, plain.corner) == ("0d" * 16, "top-right")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("file = 'none.png'", "none.png, which cannot be read"),
        ("file = 'text.png'", "neither a PNG nor a JPEG"),
        ("file = '../abr.toml'", "file"),
        ("file = '/etc/passwd'", "file"),
        ("", "file"),
        (f"file = 'logo.png'\nmaterial = '{'0c' * 16}'", "either"),
        ("material = '../logo.png'", "material"),
        ("file = 'logo.png'\nopacity = 0", "opacity"),
        ("file = 'logo.png'\ncorner = 'middle'", "corner"),
        ("file = 'logo.png'\nwidth_percent = 80", "width_percent"),
        ("file = 'logo.png'\npicture = {}", "picture"),
        ("file = 'logo.png'\nscale = 2", "scale"),
        ("file = ", "TOML"),
    ],
)
def test_a_watermark_that_cannot_be_used_stops_the_start(tmp_path: Path, said: str, reason: str) -> None:
    folder = tmp_path / "watermarks"
    folder.mkdir()
    (folder / "logo.png").write_bytes(png(30, 20))
    (folder / "text.png").write_text("no picture")
    (folder / "brand.toml").write_text(said)
    with pytest.raises(ConfigurationError, match=reason):
        load_templates(tmp_path)
    (folder / "brand.toml").unlink()
    (tmp_path / "own.toml").write_text(f"{OWN}[watermark]\n{said}\n")
    with pytest.raises(ConfigurationError, match=reason):
        load_templates(tmp_path)
