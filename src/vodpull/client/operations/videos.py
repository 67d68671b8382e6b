"""The operations on videos, their captions and categories. No network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypedDict, Unpack
from urllib.parse import quote, urlencode

from vodpull.client.exchange import OWN_PREFIX, Flow, HttpCall
from vodpull.client.json_reading import read
from vodpull.client.operations.calls import ask, ask_file, get, make, member, post
from vodpull.client.operations.polling import wait_until_final
from vodpull.client.video_shapes import (
    Caption,
    Category,
    Playback,
    Video,
    VideoPage,
)


class VideoFilters(TypedDict, total=False):
    """Which videos, and in which order."""

    search: str
    """Any part of the name; letter case does not count."""
    state: Literal["enabled", "blocked"]
    encode_state: Literal["encoded", "not_encoded", "encoding", "failed"]
    origin: Literal["pulled", "uploaded", "uploaded_by_sdk", "uploaded_by_tool", "clipped", "joined"]
    category: int
    """Id of a label; those below it count as well."""
    created_from_ms: int
    created_until_ms: int
    """Inclusive."""
    sort: Literal["newest", "oldest"]


class VideoChange(TypedDict, total=False):
    """What is to be changed of a video; what is left out stays as it is."""

    name: str
    description: str
    categories: Sequence[int]
    """Ids of all its labels from now on."""
    publish_domain: str
    player_id: str
    playback: Literal["", "public", "signed"]
    """Who may watch; empty: as its template, the account or the installation says."""


class PlaybackTerms(TypedDict, total=False):
    """For how long, and for whom, a playback token is."""

    for_s: int
    """Seconds; default a day."""
    address: str
    """Only from this address or network."""
    referrer: str
    """Only from pages of this host."""
    only: Literal["captions", "pictures"]
    original: bool
    """The original, too."""


def list_videos(*, limit: int = 20, cursor: str = "", **filters: Unpack[VideoFilters]) -> Flow[VideoPage]:
    """Return a page of the account's videos by time of creation; `next_cursor` leads on."""
    given = {name: value for name, value in {**filters, "limit": limit, "cursor": cursor}.items() if value != ""}
    return read(VideoPage, (yield from ask(get(f"/videos?{urlencode(given)}"))))


def video(video_id: str) -> Flow[Video]:
    """Return a video with everything that is known of it."""
    return read(Video, (yield from ask(get(_video(video_id)))))


def edit_video(video_id: str, **change: Unpack[VideoChange]) -> Flow[Video]:
    """Change what is named of a video and nothing else, and return it."""
    call = HttpCall(method="PATCH", target=OWN_PREFIX + _video(video_id), body=change, may_repeat=True)
    return read(Video, (yield from ask(call)))


def block_video(video_id: str) -> Flow[Video]:
    """Keep anybody from playing a video, and return it; NotAllowedNow when it is blocked already."""
    return read(Video, (yield from ask(post(f"{_video(video_id)}/block"))))


def enable_video(video_id: str) -> Flow[Video]:
    """Let a blocked video play again, and return it; NotAllowedNow when it is enabled already."""
    return read(Video, (yield from ask(post(f"{_video(video_id)}/enable"))))


def encode_video(video_id: str, *, template: str = "", watermark: str = "", burn_in: str = "") -> Flow[Video]:
    """
    Make the outputs anew from the stored original, by a template or the service's default; `wait_video` waits.

    `watermark`: name of one to put on top, or id of a picture. `burn_in`: id of a subtitle, a material, to draw into
    every picture.
    """
    # What an older service does not know is not said.
    burnt = {name: value for name, value in (("watermark", watermark), ("burn_in", burn_in)) if value}
    order = {"template": template} | burnt
    return read(Video, (yield from ask(make(f"{_video(video_id)}/encode", order))))


def still(video_id: str, *, at: float, width: int | None = None) -> Flow[bytes]:
    """Return what a video shows `at` so many seconds from its start, as a JPEG of at most a width in pixels."""
    given = {"at": f"{at:.3f}", **({"width": width} if width else {})}
    return (yield from ask_file(get(f"{_video(video_id)}/still?{urlencode(given)}"), "image/jpeg"))


def set_poster(video_id: str, *, at: float) -> Flow[Video]:
    """Show what a video shows `at` so many seconds from its start as its poster, and return the video."""
    call = HttpCall(method="PUT", target=f"{OWN_PREFIX}{_video(video_id)}/poster", body={"at": at}, may_repeat=True)
    return read(Video, (yield from ask(call)))


def wait_video(
    video_id: str, *, on_progress: Callable[[Video], object] | None = None, timeout_s: float = float("inf")
) -> Flow[Video]:
    """
    Return a video when no encode of it is under way any more; its `encode_state` says how the last one ended.

    `on_progress` is called with the video whenever it has changed, in the thread or task that waits.

    Raises:
        TimeoutError: one still is after `timeout_s` seconds; it goes on all the same.
    """
    call, what = get(_video(video_id)), f"video {video_id}"
    return (yield from wait_until_final(Video, call, on_progress=on_progress, timeout_s=timeout_s, what=what))


def delete_video(video_id: str, *, only_original: bool = False) -> Flow[None]:
    """Delete a video with all its files, or only what it was made from; what is under way is stopped first."""
    rest = "?only_original=true" if only_original else ""
    yield from ask(HttpCall(method="DELETE", target=OWN_PREFIX + _video(video_id) + rest))


def playback(video_id: str, **terms: Unpack[PlaybackTerms]) -> Flow[Playback]:
    """Return where a video is played: by a token where it wants one, or terms are given."""
    given = {name: str(value).lower() if value is True else value for name, value in terms.items() if value}
    rest = f"?{urlencode(given)}" if given else ""
    return read(Playback, (yield from ask(get(f"{_video(video_id)}/playback{rest}"))))


def captions(video_id: str) -> Flow[tuple[Caption, ...]]:
    """Return the text tracks of a video, the default first."""
    said = yield from ask(get(_captions(video_id)))
    return tuple(read(Caption, each) for each in member(said, "captions"))


def put_caption(
    video_id: str,
    language: str,
    content: bytes | str,
    *,
    label: str = "",
    default: bool = False,
    forced: bool = False,
) -> Flow[Caption]:
    """
    Put a text track to a video, in the place of what the language has; nothing is encoded.

    `content` is the file itself, or the URL that it is at: SubRip, WebVTT, ASS or SSA.

    Raises:
        CaptionInvalid: the file is damaged; the message begins with the line.
    """
    given = {"label": label, "default": str(default).lower(), "forced": str(forced).lower()}
    call = HttpCall(
        method="PUT",
        target=f"{OWN_PREFIX}{_captions(video_id, language)}?{urlencode(given)}",
        body={"url": content} if isinstance(content, str) else content,
        may_repeat=True,
    )
    return read(Caption, (yield from ask(call)))


def delete_caption(video_id: str, language: str) -> Flow[None]:
    """Remove a text track of a video."""
    yield from ask(HttpCall(method="DELETE", target=OWN_PREFIX + _captions(video_id, language)))


def categories() -> Flow[tuple[Category, ...]]:
    """Return all categories of the account, by id."""
    said = yield from ask(get("/categories"))
    return tuple(read(Category, each) for each in member(said, "categories"))


def create_category(name: str, *, parent_id: int = 0) -> Flow[Category]:
    """Make a category of the first level, or below one of it."""
    return read(Category, (yield from ask(make("/categories", {"name": name, "parent_id": parent_id}))))


def delete_category(node_id: int) -> Flow[None]:
    """Delete a category and those below it; videos lose the label and stay."""
    yield from ask(HttpCall(method="DELETE", target=f"{OWN_PREFIX}/categories/{node_id:d}"))


def _video(video_id: str) -> str:
    return f"/videos/{quote(video_id, safe='')}"


def _captions(video_id: str, language: str = "") -> str:
    return f"{_video(video_id)}/captions" + (f"/{quote(language, safe='')}" if language else "")
