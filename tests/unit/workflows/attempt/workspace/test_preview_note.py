"""What counts as published by a preview."""

from __future__ import annotations

from pathlib import Path

import pytest

from vodpull.workflows.attempt.workspace.preview_note import Previewed, published_already, read_note, write_note


def test_only_what_was_noted_and_is_the_same_counts_as_published(tmp_path: Path) -> None:
    package, preview = tmp_path / "package", tmp_path / "preview"
    for folder in (package, preview):
        folder.mkdir()
        for name in ("noted", "changed", "never-uploaded"):
            (folder / name).write_text(name)
    (package / "changed").write_text("other!!")
    assert published_already(package, preview) == set(), "nothing is noted before it is uploaded"
    write_note(preview, Previewed(segments=2, files=frozenset({"noted", "changed", "not-there"})))
    assert read_note(preview).segments == 2
    assert published_already(package, preview) == {"noted"}


@pytest.mark.parametrize("left", ["", "{", "[]", '{"segments": "many"}'])
def test_a_note_that_a_power_cut_left_counts_for_nothing(tmp_path: Path, left: str) -> None:
    (tmp_path / "previewed.json").write_text(left)
    assert read_note(tmp_path) == Previewed()
    write_note(tmp_path, Previewed(segments=1))
    assert read_note(tmp_path).segments == 1
