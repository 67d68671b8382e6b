"""
The text tracks of an original as captions of its video; none of them is worth a failed job.

Subtitles of an HLS source have `playlist_texts.py`.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from vodpull import captions, media, storage
from vodpull.errors import CaptionInvalid, NotAllowedNow, NotFound, ParameterError
from vodpull.jobs.model import Asset, AssetWarning, Job
from vodpull.jobs.store.captions import CaptionOrigin
from vodpull.workflows.attempt.captions.files import CaptionFiles, Wanted

UNKNOWN = "und"
"""A language that the file does not name (ISO 639-2)."""


class SourceTexts:
    """Reads the text tracks of the originals of one process's jobs."""

    def __init__(self, database: sa.Engine, objects: storage.ObjectStore, *, toolbox: media.Toolbox) -> None:
        self._files = CaptionFiles(database, objects)
        self._toolbox = toolbox

    async def tell(
        self,
        job: Job,
        info: media.MediaInfo,
        *,
        drawn: media.BurntText | None,
        bring: Callable[[Job], Awaitable[Path]] | None,
    ) -> Asset:
        """
        Return the asset of a job that tells of its texts: those of the source that became captions, and what is drawn.

        `bring` brings the original; None: no track of it becomes a caption.
        """
        assert job.asset is not None  # noqa: S101 - recorded before any step that comes here
        asset = replace(job.asset, warnings=(*job.asset.warnings, *warnings_of(drawn)))
        if bring is None or not info.texts:
            return asset
        without = drawn.track if drawn else None
        return await self.keep(replace(job, asset=asset), info, await bring(job), without=without)

    async def keep(self, job: Job, info: media.MediaInfo, source: Path, *, without: int | None = None) -> Asset:
        """
        Make the text tracks of a source captions of its video, once; return its asset, which tells of it.

        Languages that somebody has given it already stay as they are. `without`: the stream that is seen anyway.
        """
        assert job.asset is not None  # noqa: S101 - recorded before any step that comes here
        if job.asset.texts_read or not info.texts:
            return job.asset
        given = await self._files.given(job.video_id)
        has_default = any(caption.is_default for caption in given)
        warnings = []
        with tempfile.TemporaryDirectory(dir=source.parent) as place:
            found = await media.extract_texts(source, info, Path(place), toolbox=self._toolbox)
            for text, plain in wanted_of(info.texts, taken={caption.language for caption in given}, without=without):
                wanted = replace(plain, is_default=plain.is_default and not has_default)
                if reason := await self._keep(job, info, wanted, path=found.get(text.index)):
                    warnings.append(_left_out(text, reason))
                    continue
                has_default = has_default or wanted.is_default
        return replace(job.asset, texts_read=True, warnings=(*job.asset.warnings, *warnings))

    async def _keep(self, job: Job, info: media.MediaInfo, wanted: Wanted, *, path: Path | None) -> str:
        """Keep one track, and return why that cannot be; empty: it is kept."""
        if path is None:
            return "it cannot be read"
        try:
            track = await asyncio.to_thread(read_text, path, zero_s=info.texts_zero_s)
            await self._files.put(job, wanted, track)
        except (CaptionInvalid, NotAllowedNow, NotFound) as error:
            return str(error)
        return ""


def warnings_of(text: media.BurntText | None) -> tuple[AssetWarning, ...]:
    """Return what is to be told of a text that was drawn in."""
    if text is None or not text.missing:
        return ()
    shown = " ".join(text.missing[:8])
    message = f"no installed font has {len(text.missing)} letters of the text that is burnt in, for example {shown}"
    return (AssetWarning(code="letters_missing", message=message),)


def wanted_of(
    texts: Sequence[media.TextStream], *, taken: set[str], without: int | None = None
) -> Iterator[tuple[media.TextStream, Wanted]]:
    """Give the text tracks of a source that are to become captions, each with a tag of its own. Pure."""
    used: set[str] = set()
    for text in texts:
        language = language_of(text)
        if language in taken or text.index == without:
            continue
        tag = next(each for each in _tags(language, text) if each not in used)
        used.add(tag)
        label = text.title or (f"Track {text.index}" if language == UNKNOWN else "")
        yield (
            text,
            Wanted(
                language=tag,
                label=label,
                is_default=text.is_default,
                is_forced=text.is_forced,
                origin=CaptionOrigin.SOURCE,
            ),
        )


def _tags(language: str, text: media.TextStream) -> Iterator[str]:
    """Give tags for a track, the plainest first."""
    if text.is_for_deaf:  # players know it by this, so it has it also when it is the only one
        yield f"{language}{captions.FOR_DEAF}"
    else:
        yield language
    if text.is_forced:
        yield f"{language}-x-forced"
    yield f"{language}-x-{text.index}"


def language_of(text: media.TextStream) -> str:
    """Return the tag of the language of a text track."""
    try:
        return captions.language_tag(text.language or UNKNOWN)
    except ParameterError:
        return UNKNOWN


def read_text(path: Path, *, zero_s: float) -> captions.Track:
    """Return the cues of a text track that was written to a file, by the time of the film."""
    return captions.shifted(captions.read_track(path.read_bytes()), round(-1000 * zero_s))


def _left_out(text: media.TextStream, reason: str) -> AssetWarning:
    return AssetWarning(code="text_left_out", message=f"text track {text.index} is left out: {reason}")
