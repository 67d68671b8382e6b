"""What `vodpull videos` prints: tables and facts for people, and the progress of an encode."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from vodpull.cli.terminal.outcome_lines import length_text, size_text
from vodpull.cli.terminal.output import print_json, print_table, printable

if TYPE_CHECKING:
    from vodpull.client import Playback, Video


class Told:
    """Writes a line to stderr for each stage of an encode."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, video: Video) -> None:
        """Tell of a change."""
        stage = video.jobs[0].stage if video.jobs else video.encode_state
        if sys.stderr.isatty():
            percent = video.jobs[0].percent if video.jobs else 0.0
            end = "\n" if video.is_final else ""
            typer.echo(f"\r\x1b[K{printable(video.name)}  {stage}  {percent:.0f}%{end}", nl=False, err=True)
        elif stage != self._last:
            typer.echo(f"{printable(video.name)}  {stage}", err=True)
        self._last = stage


def url_lines(played: Playback, what: str) -> list[str]:
    """Return what is printed of a video's URLs; without a playlist the original stands in."""
    return {
        "playlist": [played.playlist_url or played.original_url],
        "dash": [played.dash_url],
        "original": [played.original_url],
        "poster": [played.poster_url],
        "storyboard": [played.storyboard_url],
        "mp4": [file.url for file in played.files],
        "embed": [played.embed_code],
    }[what]


def show_all(videos: Sequence[Video], *, as_json: bool) -> None:
    """Print a line for each video."""
    if as_json:
        print_json([asdict(video) for video in videos])
        return
    print_table(HEADS, map(row, videos))


def show_one(video: Video, *, as_json: bool) -> None:
    """Print all of a video."""
    if as_json:
        print_json(asdict(video))
        return
    for name, value in _facts(video):
        typer.echo(f"{name:>11}  {printable(value)}")


def _facts(video: Video) -> Iterator[tuple[str, str]]:
    yield "video", video.video_id
    yield "name", video.name
    if video.description:
        yield "description", video.description
    made_by = " + ".join(filter(None, (video.template, video.watermark)))
    yield "state", f"{video.state}, {video.encode_state} ({made_by})"
    yield "created", f"{as_time(video.created_at_ms)} UTC, {video.origin}"
    yield "length", length_text(video.duration_s)
    if video.usage is not None:
        original, outputs = size_text(video.usage.original_bytes), size_text(video.usage.outputs_bytes)
        yield "size", f"{size_text(video.usage.total_bytes)}: original {original}, outputs {outputs}"
    if video.categories:
        yield "labels", ", ".join(f"{category.name} ({category.node_id})" for category in video.categories)
    for file in video.files:
        yield f"{file.width_px}x{file.height_px}", f"{size_text(file.size_bytes)}  {file.url}"
    yield "plays", video.playlist_url or "-"
    for caption in video.captions:
        yield "caption", f"{caption.language}, {caption.cues} cues  {caption.url}"
    for job in video.jobs:
        yield "job", f"{job.job_id}, attempt {job.attempt}: {job.stage}"
        if job.error is not None:
            yield "error", f"{job.error.code}: {job.error.message} Fix: {job.error.remedy}"


HEADS = ("video", "created (UTC)", "length", "size", "state", "encode", "name")


def row(video: Video) -> tuple[str, ...]:
    """Return the cells of a video's line."""
    length, size = length_text(video.duration_s), size_text(video.size_bytes)
    return video.video_id, as_time(video.created_at_ms), length, size, video.state, video.encode_state, video.name


def summary(video: Video) -> dict[str, object]:
    """Return what a list tells of a video, without what it leaves out."""
    left_out = {"files", "storyboard_url", "md5", "sha256", "decisions", "tracks", "captions", "warnings", "proof"}
    left_out |= {"jobs", "usage"}
    return {name: value for name, value in asdict(video).items() if name not in left_out}


def as_time(at_ms: int) -> str:
    """Return a moment as lists show it, in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
