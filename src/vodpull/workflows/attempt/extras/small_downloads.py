"""Small files that belong to a video, by URL: captions, a picture; through the same guard as sources, and soon."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from vodpull import captions, fetch
from vodpull.errors import BodyTooLarge, CaptionInvalid, OriginTimeout

WITHIN_S = 60.0
"""Somebody waits for it: a request, or a video that could be encoded by now."""

TRIES = 3


@dataclass(frozen=True, kw_only=True)
class SideFiles:
    """Fetches small files for one process."""

    guard: fetch.AddressGuard
    limits: fetch.FetchLimits
    host_limits: fetch.HostLimits
    stores_of: Callable[[str], fetch.ReadableStores]
    """By the id of an account: what its files may be read from."""
    folder: Path
    """For files on their way; made if need be."""

    async def caption(self, url: str, *, account_id: str) -> captions.CueList:
        """
        Return the cues of the file at a URL.

        Raises:
            FetchError: it could not be brought here.
            CaptionInvalid: it is no caption file, or too large for one.
        """
        try:
            data = await self.content(url, account_id=account_id, max_bytes=captions.MAX_BYTES)
        except BodyTooLarge as error:
            raise CaptionInvalid(f"the file is larger than {captions.MAX_BYTES} bytes") from error
        return await asyncio.to_thread(captions.read_track, data)

    async def content(self, url: str, *, account_id: str, max_bytes: int) -> bytes:
        """
        Return the bytes of the file at a URL.

        Raises:
            FetchError: it could not be brought here, or is larger.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="side-") as place:
            target = Path(place) / "file"
            try:
                async with asyncio.timeout(WITHIN_S):
                    await fetch.download(
                        url,
                        target,
                        guard=self.guard,
                        limits=replace(self.limits, max_bytes=max_bytes, attempts=TRIES),
                        on_progress=_unheard,
                        host_limits=self.host_limits.of_account(account_id),
                        stores=await asyncio.to_thread(self.stores_of, account_id),
                    )
            except TimeoutError as error:
                raise OriginTimeout(f"the origin has not sent the file within {WITHIN_S:.0f} s") from error
            return await asyncio.to_thread(target.read_bytes)


def _unheard(_done: int, _total: int | None) -> None:
    """It is over before anybody looks."""
