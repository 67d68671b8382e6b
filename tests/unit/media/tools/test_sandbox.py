from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from vodpull.errors import InternalError
from vodpull.media import Toolbox
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.sandbox import LAUNCHER, confined

Golden = Callable[[str, Sequence[str]], None]
BOXED = Toolbox(
    ffmpeg=Path("/opt/ffmpeg/ffmpeg-9"), python=Path("/usr/bin/python3"), sandbox="bwrap", bwrap=Path("/usr/bin/bwrap")
)
BARE = Toolbox(ffmpeg=Path("/opt/ffmpeg/ffmpeg-9"), python=Path("/usr/bin/python3"), sandbox="limits")
ARGV = ("ffmpeg", "-i", "file:/in/source", "-map", "0", "file:out.mp4")


def test_the_whole_sandbox(tmp_path: Path, golden: Golden) -> None:
    source = tmp_path / "a b.mp4"
    source.touch()
    command = confined(ARGV, toolbox=BOXED, orders="nice=0", reads={"source": source}, writes=tmp_path)
    places = {str(tmp_path): "TMP", str(LAUNCHER.parent): "MEDIA"}
    for real, name in places.items():
        command = tuple(token.replace(real, name) for token in command)
    golden("sandbox.txt", command)


def test_without_a_sandbox_logical_names_become_real_paths(tmp_path: Path) -> None:
    (tmp_path / "source").touch()
    command = confined(ARGV, toolbox=BARE, orders="nice=0", reads={"source": tmp_path / "source"}, writes=tmp_path)
    assert command[-6:] == (
        "/opt/ffmpeg/ffmpeg-9", "-i", f"file:{tmp_path}/source", "-map", "0", "file:out.mp4",
    )  # fmt: skip


def test_a_file_below_a_folder_is_found_too(tmp_path: Path) -> None:
    argv = ("ffmpeg", "-i", "file:/in/renditions/ld.mp4", "/in/renditions-not")
    command = confined(argv, toolbox=BARE, orders="nice=0", reads={"renditions": tmp_path}, writes=None)
    assert command[-2:] == (f"file:{tmp_path}/ld.mp4", "/in/renditions-not")


def test_an_input_can_end_before_the_file_does(tmp_path: Path) -> None:
    argv = ffmpeg_options.cut_input(["ffmpeg", *ffmpeg_options.input_flags("source")], "source", 4096)
    command = confined(argv, toolbox=BARE, orders="nice=0", reads={"source": tmp_path}, writes=None)
    assert command[-1] == f"subfile,,start,0,end,4096,,:file:{tmp_path}"
    assert command[command.index("-protocol_whitelist") + 1] == "file,pipe,subfile"


def test_a_missing_input_is_our_own_defect(tmp_path: Path) -> None:
    with pytest.raises(InternalError, match="gone"):
        confined(ARGV, toolbox=BARE, orders="nice=0", reads={"source": tmp_path / "gone"}, writes=None)
