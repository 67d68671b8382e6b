from __future__ import annotations

from pathlib import Path

import pytest

from vodpull.app.import_kinds import import_kinds
from vodpull.cli.library.import_sources import SOURCES, check_secret, read_place, read_secret
from vodpull.errors import ConfigurationError, ParameterError
from vodpull.fetch import AddressGuard

EVERY = {"TOKEN_SECRET": "of mux", "API_TOKEN": "of cloudflare", "ACCESS_KEY": "of bunny", "SECRET_KEY": "of cloud-vod"}


@pytest.mark.parametrize("kind", SOURCES)
def test_each_kind_takes_what_opens_it_and_leaves_what_opens_others(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in EVERY.items():
        monkeypatch.setenv(f"VODPULL_IMPORT_{name}", value)
    file = tmp_path / "secrets"
    file.write_text("".join(f"{name} = {value}\n\n" for name, value in EVERY.items()))
    needed = import_kinds(AddressGuard(), lambda _account: pytest.fail("no store is opened"))[kind].secret
    assert read_secret(file, kind=kind) == read_secret(None, kind=kind) == dict.fromkeys(needed, f"of {kind}")


@pytest.mark.parametrize("kind", [kind for kind, source in SOURCES.items() if source.opened_by])
def test_a_secret_is_asked_for_where_nobody_sees_it(kind: str) -> None:
    name = SOURCES[kind].opened_by
    with pytest.raises(ParameterError, match="is missing") as missing:
        check_secret({}, kind=kind)
    with pytest.raises(ParameterError, match="others see the words") as seen:
        read_place([f"{name}=sesame"], kind=kind)
    assert "sesame" not in str(seen.value)
    for error in (missing, seen):
        assert f"VODPULL_IMPORT_{name.upper()}" in error.value.remedy


def test_words_that_name_no_value_and_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="NAME=VALUE"):
        read_place(["store"], kind="s3")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_secret(tmp_path, kind="mux")
