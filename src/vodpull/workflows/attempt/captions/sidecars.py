"""Captions that are named with a source: brought with it, kept with its video; none of them is worth a failed job."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from vodpull import captions
from vodpull.errors import CaptionInvalid, FetchError, NotAllowedNow, NotFound, ObjectMissing, PermissionDenied
from vodpull.jobs.model import Asset, AssetWarning, Batch, Job, Sidecar
from vodpull.jobs.store.caption_rows import CaptionOrigin
from vodpull.materials.materials import Materials
from vodpull.workflows.attempt.captions.stored_caption_files import CaptionFiles, ShownCaption
from vodpull.workflows.attempt.extras.small_downloads import SideFiles

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class BroughtCaptions:
    """What came of the captions of one source."""

    tracks: Sequence[tuple[Sidecar, captions.CueList]] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why one was left out, by language."""

    def told(self, asset: Asset) -> Asset:
        """Return an asset that tells what was left out."""
        warnings = (
            AssetWarning(code="caption_left_out", message=f"the caption {language} is left out: {reason}")
            for language, reason in self.reasons.items()
        )
        return replace(asset, warnings=(*asset.warnings, *warnings))


class Sidecars:
    """Brings the captions of one process's jobs."""

    def __init__(self, files: CaptionFiles, side_files: SideFiles, *, materials: Materials) -> None:
        self._files = files
        self._materials = materials
        self._side_files = side_files

    async def bring(self, batch: Batch, job: Job, *, duration_s: float) -> BroughtCaptions:
        """Bring and read all captions of a source, a few at the same time."""
        found = await asyncio.gather(*(self._bring(batch, each, duration_s) for each in job.captions))
        pairs = list(zip(job.captions, found, strict=True))
        return BroughtCaptions(
            tracks=[(each, track) for each, track in pairs if isinstance(track, captions.CueList)],
            reasons={each.language: track for each, track in pairs if isinstance(track, str)},
        )

    async def _bring(self, batch: Batch, sidecar: Sidecar, duration_s: float) -> captions.CueList | str:
        try:
            return captions.kept_within(await self._read(sidecar, account_id=batch.account_id), duration_s)
        except ObjectMissing:
            return "the file of the material is gone"
        except (FetchError, CaptionInvalid, NotFound, PermissionDenied) as error:
            return str(error)

    async def _read(self, sidecar: Sidecar, *, account_id: str) -> captions.CueList:
        if not sidecar.material_id:
            return await self._side_files.caption(sidecar.url, account_id=account_id)
        find = partial(self._materials.find, sidecar.material_id, account_id=account_id)
        return await self._files.read(await asyncio.to_thread(find))

    async def keep(self, job: Job, brought: BroughtCaptions) -> None:
        """Keep what was brought with the job's video, which exists."""
        for sidecar, track in brought.tracks:
            wanted = ShownCaption(
                language=sidecar.language,
                label=sidecar.label,
                is_default=sidecar.is_default,
                origin=CaptionOrigin.REQUEST,
            )
            try:
                await self._files.put(job, wanted, track)
            except (NotFound, NotAllowedNow) as error:  # the video was deleted, or somebody was faster
                log.warning("caption left out", job=job.job_id, language=sidecar.language, reason=str(error))
