"""How near renditions come to their source, as figures: optional, so none is worth a failed job."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from types import MappingProxyType

import structlog

from vodpull import media
from vodpull.errors import EncodeFailed, EncodeStalled, OutputInvalid
from vodpull.jobs.model import Job

NO_FIGURES: Mapping[str, media.Quality] = MappingProxyType({})

log = structlog.get_logger(__name__)


async def if_measured(measuring: Awaitable[Mapping[str, media.Quality]], *, job: Job) -> Mapping[str, media.Quality]:
    """Return the figures of a measurement by the names of the renditions; none where it fails."""
    try:
        return await measuring
    except (EncodeFailed, EncodeStalled, OutputInvalid) as error:
        # What was made is proven, and nobody waits for the figure.
        log.warning("quality not measured", job=job.job_id, code=error.code)
        return NO_FIGURES
