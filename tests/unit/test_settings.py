from __future__ import annotations

import os
from pathlib import Path

import pytest

from vodpull.errors import ConfigurationError
from vodpull.settings import Settings, load_settings, unknown_variables


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vodpull.toml").write_text('language = "en"\nfetch_slots = 3\n')
    monkeypatch.setenv("VODPULL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VODPULL_FETCH_SLOTS", "5")
    settings = load_settings()
    assert (settings.language, settings.fetch_slots, settings.default_template) == ("en", 5, "abr")


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VODPULL_TRUSTED_ORIGINS", "http://a:1, http://b:2,")
    monkeypatch.setenv("VODPULL_COMPAT", "category-data-list, ignore-dir-id")
    settings = load_settings()
    assert settings.trusted_origins == ("http://a:1", "http://b:2")
    assert settings.compat == ("category-data-list", "ignore-dir-id")


def test_publish_domains_are_compared_without_letter_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VODPULL_PUBLISH_DOMAINS", "Media.Example.test, b.example.test:8443")
    assert load_settings().publish_domains == ("media.example.test", "b.example.test:8443")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENCODE_SLOTS", "0"),
        ("LANGUAGE", "fr"),
        ("COMPAT", "nope"),
        ("RATE_LIMIT", "many"),
        ("SANDBOX", "maybe"),
        ("TRUSTED_PROXIES", "nginx"),
        ("MAX_CONNECTIONS", "1"),
        ("PUBLISH_DOMAINS", "https://media.example.test"),
        ("PUBLISH_DOMAINS", "media.example.test/x"),
        ("TEMPLATE_ALIASES", "old name"),
        ("TEMPLATE_ALIASES", "=abr"),
        ("WIRE_TIME_ZONE", "Asia/Shanghai"),
        ("WIRE_TIME_ZONE", "+8"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"VODPULL_{name}", value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert caught.value.field == f"VODPULL_{name}"


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VODPULL_DATABASE_URL", "postgresql://u:hunter2@h/db")
    monkeypatch.setenv("VODPULL_MASTER_KEY", "correct horse battery")
    shown = repr(load_settings())
    assert "hunter2" not in shown
    assert "horse" not in shown


def test_the_database_url_names_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VODPULL_DATABASE_URL", "postgres://u@h/db")
    assert load_settings().database() == "postgresql+psycopg://u@h/db"


def test_every_setting_is_explained_in_its_place() -> None:
    source = Path(__file__).resolve().parents[2] / "src" / "vodpull" / "settings.py"
    lines = source.read_text().splitlines()
    for name in Settings.model_fields:
        [at] = [number for number, line in enumerate(lines) if line.startswith(f"    {name}: ")]
        assert lines[at + 1].startswith('    """'), name


def test_a_value_that_cannot_be_used_is_shown_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VODPULL_DATA_DIR", str(tmp_path))
    (tmp_path / "vodpull.toml").write_text('fetch_slots = "abc"')
    with pytest.raises(ConfigurationError, match=r"VODPULL_FETCH_SLOTS \(fetch_slots in vodpull.toml\) is 'abc': "):
        load_settings()
    monkeypatch.setenv("VODPULL_FETCH_SLOTS", "xyz")
    with pytest.raises(ConfigurationError, match=r"^VODPULL_FETCH_SLOTS is 'xyz': "):
        load_settings()


def test_a_secret_that_cannot_be_used_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VODPULL_DATA_DIR", str(tmp_path))
    (tmp_path / "vodpull.toml").write_text("master_key = 1234567890123456")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert (caught.value.field, "1234" in str(caught.value)) == ("VODPULL_MASTER_KEY", False)


@pytest.mark.parametrize("text", [b"broken = [", b"\xff\xfe", b"a b"])
def test_a_broken_file_of_settings_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setenv("VODPULL_DATA_DIR", str(tmp_path))
    (tmp_path / "vodpull.toml").write_bytes(text)
    with pytest.raises(ConfigurationError, match=f"{tmp_path}/vodpull.toml cannot be read") as caught:
        load_settings()
    assert (caught.value.field, "fetch_slots = 4" in caught.value.remedy) == ("vodpull.toml", True)


def test_a_file_of_settings_that_is_no_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VODPULL_DATA_DIR", str(tmp_path))
    (tmp_path / "vodpull.toml").mkdir()
    assert load_settings().language == "zh"


def test_a_misspelt_key_of_the_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VODPULL_DATA_DIR", str(tmp_path))
    for key, meant in (("fetch_slot", "fetch_slots"), ("VODPULL_FETCH_SLOTS", "fetch_slots"), ("colour", "Remove")):
        (tmp_path / "vodpull.toml").write_text(f"{key} = 3\n")
        with pytest.raises(ConfigurationError) as caught:
            load_settings()
        assert caught.value.field == key
        assert meant in caught.value.remedy


def test_a_misspelt_variable_is_named_and_a_strange_one_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("VODPULL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VODPULL_SERVER", "http://a")
    for name in ("SERVICE_HOST", "SERVICE_PORT_HTTP", "PORT", "PORT_8080_TCP_ADDR", "API_SERVICE_HOST"):
        monkeypatch.setenv(f"VODPULL_{name}", "1")  # Kubernetes tells them of a service named vodpull
    monkeypatch.setenv("VODPULL_COLOUR_OF_BIKE_SHED", "green")
    load_settings()
    assert unknown_variables() == {"VODPULL_COLOUR_OF_BIKE_SHED": ""}
    monkeypatch.setenv("VODPULL_MASTERKEY", "correct horse battery")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert caught.value.field == "VODPULL_MASTERKEY"
    assert "VODPULL_MASTER_KEY" in caught.value.remedy
    assert "horse" not in str(caught.value)
