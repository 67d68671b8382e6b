"""What `vodpull videos` reads and prints."""

from __future__ import annotations

import pytest

from vodpull.cli.library.video_output import url_lines
from vodpull.cli.library.videos import node_of, of_each
from vodpull.client import Category, File, Playback
from vodpull.errors import ConfigurationError, NotFound, RateLimited

TREE = (
    Category(node_id=1001, parent_id=0, name="Courses"),
    Category(node_id=1002, parent_id=1001, name="History"),
    Category(node_id=1003, parent_id=0, name="Talks"),
    Category(node_id=1004, parent_id=1003, name="History"),
)


@pytest.mark.parametrize(("text", "node_id"), [("Talks", 1003), ("Courses/History", 1002), ("1004", 1004)])
def test_a_label_is_found_by_name_path_or_id(text: str, node_id: int) -> None:
    assert node_of(text, TREE) == node_id


@pytest.mark.parametrize(("text", "why"), [("History", "2 labels"), ("/Courses", "no label"), ("", "no label")])
def test_a_label_that_is_none_or_several_is_refused(text: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        node_of(text, TREE)


def test_without_a_playlist_the_original_is_what_plays() -> None:
    mp4 = File(clarity=2, width_px=640, height_px=360, bitrate_bps=1, size_bytes=1, path="b", url="https://a/b.mp4")
    urls = {"playlist_url": "", "poster_url": "", "storyboard_url": "", "original_url": "https://a/a.mp4"}
    played = Playback(
        video_id="v",
        is_playable=True,
        files=(mp4,),
        embed_code="<video>",
        is_signed=False,
        token="",
        expires_at_ms=None,
        **urls,
    )
    assert url_lines(played, "playlist") == url_lines(played, "original") == ["https://a/a.mp4"]
    assert (url_lines(played, "mp4"), url_lines(played, "poster")) == (["https://a/b.mp4"], [""])


def test_what_one_video_refuses_is_told_and_the_others_are_done(capsys: pytest.CaptureFixture[str]) -> None:
    def act(video: str) -> str:
        if video == "b":
            raise NotFound("there is no such video")
        return video

    assert of_each(["a", "b", "c"], act) == (["a", "c"], 1)
    assert "Error (not_found): b: there is no such video" in capsys.readouterr().err
    assert of_each(["a"], act) == (["a"], 0)


def test_what_may_pass_by_itself_ends_the_command() -> None:
    def act(_: str) -> None:
        raise RateLimited("too many calls", retry_after_s=1)

    with pytest.raises(RateLimited):
        of_each(["a", "b"], act)
