"""The subtitles of an HLS source: kept beside what its segments were joined into, until they are captions."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from pydantic import TypeAdapter

from vodpull import captions, fetch, media
from vodpull.errors import CaptionInvalid
from vodpull.jobs.model import Asset, AssetWarning, Job
from vodpull.workflows.attempt.captions.offered_texts import keep_offered
from vodpull.workflows.attempt.captions.source_texts import read_text
from vodpull.workflows.attempt.captions.stored_caption_files import CaptionFiles

TEXTS_FILE = "texts.json"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class PlaylistText:
    """One subtitle rendition by the times of the film."""

    text: media.TextStream
    """As if it were a track of a file."""
    track: captions.CueList
    reason: str = ""
    """Why it is left out, in English; empty: it is not."""


_FORM = TypeAdapter(list[PlaylistText])


async def read_texts(
    fetched: Sequence[fetch.FetchedText], *, zero_s: float | None, toolbox: media.Toolbox
) -> list[PlaylistText]:
    """Return the subtitles of a playlist; `zero_s`: the time of its media at which the film begins, None: unknown."""
    return [await _read(number, text, zero_s, toolbox=toolbox) for number, text in enumerate(fetched, start=1)]


async def _read(
    number: int, fetched: fetch.FetchedText, zero_s: float | None, *, toolbox: media.Toolbox
) -> PlaylistText:
    if fetched.fragments is None:
        return await asyncio.to_thread(_text, number, fetched, zero_s)
    with tempfile.TemporaryDirectory(dir=fetched.fragments.parent) as place:
        written = await media.fragmented_text(fetched.fragments, Path(place), toolbox=toolbox)
        return await asyncio.to_thread(_text, number, fetched, zero_s, written=written)


def _text(
    number: int, fetched: fetch.FetchedText, zero_s: float | None, *, written: Path | None = None
) -> PlaylistText:
    choice = fetched.choice
    stream = media.TextStream(
        index=number,
        codec="webvtt",
        language=choice.language,
        title=choice.name,
        is_default=choice.is_default,
        is_forced=choice.is_forced,
        is_for_deaf=media.role_of(choice.characteristics) == "caption",
    )
    if fetched.reason:
        return _left_out(stream, fetched.reason)
    if zero_s is None:
        return _left_out(stream, "the clock of the playlist starts anew, or there is none")
    try:
        track = _track(fetched, zero_s, written)
        return PlaylistText(text=stream, track=captions.kept_within(track, 0))
    except CaptionInvalid as error:
        return _left_out(stream, str(error))


def _track(fetched: fetch.FetchedText, zero_s: float, written: Path | None) -> captions.CueList:
    if written is not None:
        return read_text(written, zero_s=zero_s)
    if fetched.fragments is not None:
        raise CaptionInvalid("its segments have neither WebVTT nor TTML")
    return captions.read_segments((path.read_bytes() for path in fetched.segments), zero_s=zero_s)


def _left_out(text: media.TextStream, reason: str) -> PlaylistText:
    return PlaylistText(text=text, track=captions.CueList(cues=()), reason=reason)


def write_texts(folder: Path, texts: list[PlaylistText]) -> None:
    """Keep subtitles beside what the segments were joined into."""
    if texts:
        (folder / TEXTS_FILE).write_bytes(_FORM.dump_json(texts))


def kept_texts(folder: Path) -> list[PlaylistText]:
    """Return the subtitles that were kept there."""
    path = folder / TEXTS_FILE
    return _FORM.validate_json(path.read_bytes()) if path.exists() else []


def told(asset: Asset, texts: Sequence[PlaylistText]) -> Asset:
    """Return an asset that tells what was left out."""
    warnings = (
        AssetWarning(code="text_left_out", message=f"subtitle {text.text.index} of the playlist: {text.reason}")
        for text in texts
        if text.reason
    )
    return replace(asset, warnings=(*asset.warnings, *warnings))


async def keep_texts(files: CaptionFiles, job: Job, texts: Sequence[PlaylistText]) -> None:
    """Make subtitles captions of a job's video, which exists; languages that somebody has given it already stay."""
    there = {each.text.index: each.track for each in texts if not each.reason}
    given = (*job.captions, *(await files.given(job.video_id) if there else ()))

    async def read(text: media.TextStream) -> captions.CueList:
        return there[text.index]

    offered = [each.text for each in texts if not each.reason]
    for text, reason in await keep_offered(files, job, offered, given=given, read=read):
        log.warning("subtitle left out", job=job.job_id, language=text.language, reason=reason)
