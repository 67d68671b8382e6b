from __future__ import annotations

from pathlib import Path

import pytest

from vodpull.app.data_folder import make_data_dir
from vodpull.errors import ConfigurationError


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    make_data_dir(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("name", ["file", "file/below", "/proc/vodpull"])
def test_one_that_cannot_be_used_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"VODPULL_DATA_DIR: .*(file|/proc)") as caught:
        make_data_dir(tmp_path / name)
    assert caught.value.field == "VODPULL_DATA_DIR"
    assert "folder" in caught.value.remedy


def test_nobody_else_looks_into_it(tmp_path: Path) -> None:
    older = tmp_path / "older"
    older.mkdir(mode=0o755)
    for folder in (older, tmp_path / "new"):
        make_data_dir(folder)
        assert folder.stat().st_mode & 0o777 == 0o700
