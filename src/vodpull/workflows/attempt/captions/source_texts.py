"""
The text tracks of an original as captions of its video; none of them is worth a failed job.

Subtitles of an HLS source have `hls_source_texts.py`; which track becomes which caption is in `offered_texts.py`.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from vodpull import captions, media, storage
from vodpull.errors import CaptionInvalid
from vodpull.jobs.model import Asset, AssetWarning, Job
from vodpull.workflows.attempt.captions.offered_texts import keep_offered
from vodpull.workflows.attempt.captions.stored_caption_files import CaptionFiles


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
        with tempfile.TemporaryDirectory(dir=source.parent) as place:
            found = await media.extract_texts(source, info, Path(place), toolbox=self._toolbox)

            async def read(text: media.TextStream) -> captions.CueList:
                path = found.get(text.index)
                if path is None:
                    raise CaptionInvalid("it cannot be read")
                return await asyncio.to_thread(read_text, path, zero_s=info.texts_zero_s)

            left_out = await keep_offered(self._files, job, info.texts, given=given, read=read, without=without)
        warnings = (_left_out(text, reason) for text, reason in left_out)
        return replace(job.asset, texts_read=True, warnings=(*job.asset.warnings, *warnings))


def warnings_of(text: media.BurntText | None) -> tuple[AssetWarning, ...]:
    """Return what is to be told of a text that was drawn in."""
    if text is None or not text.missing:
        return ()
    shown = " ".join(text.missing[:8])
    message = f"no installed font has {len(text.missing)} letters of the text that is burnt in, for example {shown}"
    return (AssetWarning(code="letters_missing", message=message),)


def read_text(path: Path, *, zero_s: float) -> captions.CueList:
    """Return the cues of a text track that was written to a file, by the time of the film."""
    return captions.shifted(captions.read_track(path.read_bytes()), round(-1000 * zero_s))


def _left_out(text: media.TextStream, reason: str) -> AssetWarning:
    return AssetWarning(code="text_left_out", message=f"text track {text.index} is left out: {reason}")
