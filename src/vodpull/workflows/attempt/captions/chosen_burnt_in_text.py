"""The text that is drawn into a film: a subtitle that its job names, or a text track of its source."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
import structlog

from vodpull import captions, media, storage
from vodpull.errors import CaptionInvalid, NotFound
from vodpull.jobs.model import Job
from vodpull.materials.materials import Materials
from vodpull.workflows.attempt.captions.offered_texts import language_of

FORCED = "forced"
"""What a template says that wants what must be understood: foreign speech, signs."""

log = structlog.get_logger(__name__)


class BurntTexts:
    """Brings the texts that are drawn into the films of one process's jobs."""

    def __init__(self, database: sa.Engine, objects: storage.ObjectStore, *, toolbox: media.Toolbox) -> None:
        self._materials = Materials(database)
        self._objects = objects
        self._toolbox = toolbox

    async def of(
        self, job: Job, info: media.MediaInfo, template: media.Template, *, source: Path
    ) -> media.BurntText | None:
        """
        Return what is drawn into a film; None: nothing.

        A track of the source that cannot be read is none: it is told with what else is left out.

        Raises:
            CaptionInvalid: the subtitle that the job names was deleted, or nothing of it is seen.
        """
        if info.video is None:
            return None
        if job.burn_in:
            return await self._drawn(await self._material(job.burn_in), info)
        track = chosen(info.texts, template.burn_in)
        if track is None:
            return None
        with tempfile.TemporaryDirectory(dir=source.parent) as place:
            found = await media.extract_texts(source, info, Path(place), toolbox=self._toolbox, only=track)
            data = await asyncio.to_thread(found[track.index].read_bytes) if found else b""
        try:
            return await self._drawn(data, info, track=track)
        except CaptionInvalid as error:
            log.warning("text not drawn", job=job.job_id, track=track.index, reason=str(error))
            return None

    async def _material(self, material_id: str) -> bytes:
        try:
            material = await asyncio.to_thread(self._materials.find, material_id, account_id=None)
        except NotFound as error:
            raise CaptionInvalid("the subtitle that is to be burnt in was deleted") from error
        if material.size_bytes > captions.MAX_BYTES:
            raise CaptionInvalid(f"the subtitle that is to be burnt in is larger than {captions.MAX_BYTES} bytes")
        return await self._objects.get_bytes(material.key)

    async def _drawn(
        self, data: bytes, info: media.MediaInfo, *, track: media.TextStream | None = None
    ) -> media.BurntText:
        drawn = await asyncio.to_thread(
            captions.drawn_text,
            data,
            duration_s=info.duration_s,
            zero_s=info.texts_zero_s if track else 0.0,
            # As with text tracks: scripts of strangers are run in the sandbox only.
            styled=self._toolbox.sandbox == "bwrap",
        )
        return media.BurntText(
            script=drawn.script,
            looked_at_s=drawn.looked_at_s,
            track=track.index if track else None,
            missing=await media.missing_letters(drawn.letters, toolbox=self._toolbox),
        )


def chosen(texts: Sequence[media.TextStream], wanted: str) -> media.TextStream | None:
    """Return the first text track that a template asks for: of a language, whatever its script or place, or forced."""
    for text in texts if wanted else ():
        language = language_of(text)
        if text.is_forced if wanted == FORCED else (language == wanted or language.startswith(f"{wanted}-")):
            return text
    return None
