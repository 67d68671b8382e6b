"""Every word of the console exists in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

import vodpull.console
from vodpull.console.pages.task_list import STATES
from vodpull.console.pages.videos import library
from vodpull.console.request.translation import choose_language, retell, say_in
from vodpull.errors import catalogue
from vodpull.jobs.notices.deliveries import DeliveryState
from vodpull.jobs.notices.events import EventKind
from vodpull.jobs.states_and_codes import Stage
from vodpull.media import MediaInfo, plan_ladder
from vodpull.media.inspect.media_info import VideoStream
from vodpull.workflows.engine.queues import Queues

FOLDER = Path(vodpull.console.__file__).parent
SAY = say_in("zh")

REFUSALS = ("AuthenticationError", "PermissionDenied", "NotAllowedNow", "NotFound")
"""Raised where people get in, and told on the page in their own words."""


ROOMS = (
    "console",
    "workflows/requests",
    "workflows/importing",
    "workflows/attempt/originals",
    "media/edit",
    "videos",
    "materials",
)
"""What refuses what pages ask for, and what clips and joins fail by."""

NOT_ON_PAGES = {"Token Invalid"}

WITH_WORDS = {"7: the video 7", "7: the video 'x' 7", "7 bytes do not fit: 7", "the video is 7 already"}
"""Into these come sentences and words, in one of few forms: they are among the examples below."""


def raised() -> Iterator[str]:
    """Yield what the rooms raise, with a number or a name in quotes for each value."""
    kinds = {kind.__name__ for kind in catalogue()}
    for path in (path for room in ROOMS for path in (FOLDER.parent / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds):
                continue
            for text in node.args[:1]:
                if isinstance(text, ast.Constant):
                    yield str(text.value)
                elif isinstance(text, ast.JoinedStr):
                    yield "".join(map(_example, text.values))


def _example(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return "'x'" if isinstance(part, ast.FormattedValue) and part.conversion == ord("r") else "7"


def collected() -> Iterator[str]:
    """Yield every text that the pages may show: marked ones, and those that come from the catalogue and from states."""
    for path in FOLDER.rglob("*.py"):
        for found in extract_from_file("python", str(path), keywords={"say": None}):
            yield str(found[1])
    for path in (FOLDER / "templates").rglob("*.html"):
        options = {"encoding": "utf-8"}
        for found in extract_from_file("jinja2.ext:babel_extract", str(path), keywords={"_": None}, options=options):
            yield str(found[1])
    for path in (*(FOLDER.parent / "accounts").rglob("*.py"), *(FOLDER.parent / "oidc").glob("*.py")):
        for found in extract_from_file("python", str(path), keywords=dict.fromkeys(REFUSALS)):
            yield str(found[1])
    for kind in catalogue():
        yield (kind.__doc__ or "").strip().splitlines()[0]
        yield kind.remedy
    yield from (state.value for states in (Stage, DeliveryState) for state in states)
    yield from (kind.value for kind in EventKind if kind.value.startswith("video."))
    yield from (*STATES, *library.STATES, *library.ENCODE_STATES, "alive", "stopped")
    yield from ("cut", "join")
    yield from (queue.name for queue in Queues.of(fetch_slots=1, encode_slots=1).all())


def test_every_text_has_a_chinese_form_with_the_same_places() -> None:
    missing = sorted({text for text in collected() if not re.search(r"[\u4e00-\u9fff]", SAY(text))})
    assert missing == [], "\n".join(missing)
    for text in collected():
        assert sorted(re.findall(r"%\(\w+\)s", text)) == sorted(re.findall(r"%\(\w+\)s", SAY(text))), text


@pytest.mark.parametrize(("width", "height"), [(960, 540), (160, 90)])
def test_every_reason_of_the_ladder_can_be_retold(width: int, height: int) -> None:
    for decision in plan_ladder(media_info(width, height)).decisions:
        told = retell(decision.reason, SAY)
        assert "源画面" in told
        assert re.findall(r"\d+", told) == re.findall(r"\d+", decision.reason)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("encoded: the picture is hevc", "重新编码：画面为 hevc"),
        ("encoded: the picture is 640x362", "重新编码：画面为 640x362"),
        ("encoded: 5.1 Mbit/s are more than the 2.8 of this definition", "重新编码：5.1 Mbit/s 超过此档位的 2.8"),
        ("the picture is interlaced; encoded: open groups of pictures", "画面为隔行扫描; 重新编码：含有开放式画面组"),
        ("nobody knows: this; nor that", "nobody knows: this; nor that"),
    ],
)
def test_a_reason_of_several_parts_is_retold_part_by_part(reason: str, told: str) -> None:
    assert retell(reason, SAY) == told


@pytest.mark.parametrize(
    "text",
    [
        "line 3 is not a URL of the web or of a store",
        "the md5 in line 4 is not 32 hexadecimal digits",
        "60 URLs are too many for one task; the most is 50",
        "the password must have 10 to 200 characters",
        "there is nothing under way to cancel",
        "there is no such operator: ada@example.com",
        "there is such an operator already: ada",
        "there is no such role: 'king'; known roles are viewer, operator, owner",
        "nobody lets this person in: ada@example.com",
        "this address is somebody else's here: ada@example.com",
        "the identity provider answered with an error: HTTP 400: invalid_client",
        "the identity provider does not say where it is: token_endpoint",
        "the account has 20 live playback keys: revoke one first",
        "line 1007: '3/01039-poster.png' is a picture",
        "line 2: its id comes twice in the list; the first one counts",
        "line 12: name is longer than 255 characters, or has a NUL",
        "line 12: url has bytes that are no text in the encoding of the file",
        "line 7: created_at is no time since 1970: write 2024-05-31T12:00:00Z, or seconds since 1970",
        "video '12-ab' is not finished (status 3)",
        "api.example.com: the API answers 401",
        "127.0.0.1: the origin answered 404",
        "1ab99fe701a21cd27dde7744b4a56ba0: the video 'part 2: the end' is blocked",
        '1ab99fe701a21cd27dde7744b4a56ba0: the video "it\'s 3" has no picture that could be read',
        "1ab99fe701a21cd27dde7744b4a56ba0: the video has no original any more",
        "the video is enabled already",
        "the import is running; only a planned one is started",
    ],
)
def test_sentences_with_numbers_are_retold(text: str) -> None:
    assert re.search(r"[\u4e00-\u9fff]", retell(text, SAY))
    assert retell(text, say_in("en")) == text


def test_whatever_is_refused_on_a_page_is_told_in_chinese() -> None:
    sentences = set(raised()) - NOT_ON_PAGES - WITH_WORDS
    assert len(sentences) > 100
    missing = sorted(text for text in sentences if not re.search(r"[\u4e00-\u9fff]", retell(text, SAY)))
    assert missing == [], "\n".join(missing)


def test_many_bytes_are_told_as_a_size() -> None:
    text = "9000000 bytes do not fit: the account has used 4096 bytes of its storage quota of 300000 bytes"
    told = "9.0 MB do not fit: the account has used 4096 bytes of its storage quota of 300 kB"
    assert retell(text, say_in("en")) == told
    assert re.findall(r"[\d.]+ \w+", retell(text, SAY)) == ["9.0 MB", "300 kB", "4096 字节"]


def test_an_unknown_sentence_stays_as_it_is() -> None:
    assert retell("127.0.0.1 {0} answered 404", SAY) == "127.0.0.1 {0} answered 404"


@pytest.mark.parametrize(
    ("cookie", "header", "language"),
    [
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "en-GB,zh;q=0.5", "en"),
        ("", "fr, zh;q=0.2, en;q=0.1", "zh"),
        ("", "fr", "en"),
        ("", "zh;q=0", "en"),
        ("", "zh;q=x,;;,en", "en"),
        ("en", "zh", "en"),
        ("xx", "zh", "zh"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_browsers(cookie: str, header: str, language: str) -> None:
    assert choose_language(cookie, header) == language


def media_info(width: int, height: int) -> MediaInfo:
    video = VideoStream(
        index=0,
        codec="h264",
        profile=None,
        width_px=width,
        height_px=height,
        sample_aspect=(1, 1),
        rotation_deg=0,
        display_width_px=width,
        display_height_px=height,
        frame_rate=25.0,
        nominal_frame_rate=25.0,
        pix_fmt="yuv420p",
        bit_depth=8,
        color_transfer=None,
        color_primaries=None,
        color_space=None,
        color_range=None,
        interlaced=False,
        start_s=0.0,
        duration_s=5.0,
        frames=None,
        codec_string=None,
    )
    return MediaInfo(
        container="mov",
        duration_s=5.0,
        size_bytes=1000,
        bitrate_bps=1600,
        start_time_s=0.0,
        video=video,
        audio=(),
    )
