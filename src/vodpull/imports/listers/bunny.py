"""The videos of a Bunny Stream library, by its API (docs.bunny.net/reference)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from urllib.parse import quote

from vodpull.fetch import AddressGuard
from vodpull.imports.entries import BadEntry, Entry, EntryCaption, ListedPage
from vodpull.imports.json_api import JsonRequest, ask
from vodpull.imports.kind_checks import Texts
from vodpull.imports.listers.json_values import Record, record, records, seconds_ms, text, time_ms, whole

PAGE = 100
MOST_COLLECTIONS = 10_000
FINISHED = {3, 4}
"""States in which there are files: being encoded further with some there already, and finished."""

API = "https://video.bunnycdn.com"

_HEIGHT = re.compile(r"([0-9]{2,5})p")


class BunnyLister:
    """
    Reads the videos of one library.

    The file that is fetched is the original where the library keeps it, else the largest MP4, from the library's own
    host name; a library whose host wants a token or a referrer is opened for the time of the move.
    """

    def __init__(self, guard: AddressGuard, place: Texts, secret: Texts) -> None:
        """Take library, the host of its pull zone, and the library's key."""
        self._guard = guard
        self._headers = {"AccessKey": secret["access_key"]}
        self._library = f"{place.get('url', API).rstrip('/')}/library/{quote(place['library'], safe='')}"
        host = place["host"].rstrip("/")
        self._files = host if "://" in host else f"https://{host}"
        self._collections: Mapping[str, str] | None = None

    async def pages(self, cursor: str) -> AsyncGenerator[ListedPage]:
        """Give the videos, page by page; those that come meanwhile move the others on, and count once."""
        number = int(cursor) if cursor.isdigit() else 1
        while True:
            answer = await self._call(f"/videos?page={number}&itemsPerPage={PAGE}&orderBy=date")
            found = records(answer.get("items"))
            if self._collections is None and any(video.get("collectionId") for video in found):
                self._collections = await self._read_collections()
            first = (number - 1) * PAGE + 1
            is_last = not found or number * PAGE >= (whole(answer.get("totalItems")) or 0)
            entries = [self._entry(video, line) for line, video in enumerate(found, first)]
            number += 1
            yield ListedPage(entries=entries, cursor=None if is_last else str(number))
            if is_last:
                return

    def _entry(self, video: Record, line: int) -> Entry | BadEntry:
        guid, state = text(video.get("guid")), whole(video.get("status"))
        base = f"{self._files}/{quote(guid, safe='')}"
        file = _file(video)
        if not guid or state not in FINISHED:
            return BadEntry(line=line, reason=f"video {guid[:100]!r} is not finished (status {state})")
        if not file:
            reason = (
                f"video {guid[:100]!r} has neither its original nor an MP4: switch MP4 fallback on and encode it anew"
            )
            return BadEntry(line=line, reason=reason)
        collection = (self._collections or {}).get(text(video.get("collectionId")), "")
        return Entry(
            origin_id=guid,
            url=f"{base}/{file}",
            name=text(video.get("title")),
            description=text(video.get("description")),
            categories=(collection.replace("/", " "),) if collection else (),
            created_at=time_ms(video.get("dateUploaded")),
            captions=tuple(_caption(base, track) for track in records(video.get("captions"))),
            poster_url=f"{base}/{quote(text(video.get('thumbnailFileName')))}"
            if video.get("thumbnailFileName")
            else None,
            duration_ms=seconds_ms(video.get("length")),
            revision=text(video.get("originalHash")) or text(video.get("dateUploaded")),
        )

    async def _read_collections(self) -> Mapping[str, str]:
        names: dict[str, str] = {}
        for number in range(1, MOST_COLLECTIONS // PAGE + 1):
            answer = await self._call(f"/collections?page={number}&itemsPerPage={PAGE}")
            found = records(answer.get("items"))
            names |= {text(each.get("guid")): text(each.get("name")) for each in found}
            if number * PAGE >= (whole(answer.get("totalItems")) or 0):
                break
        return names

    async def _call(self, path: str) -> Record:
        request = JsonRequest(method="GET", url=self._library + path, headers=self._headers)
        return record(await ask(self._guard, request))


def _file(video: Record) -> str:
    """Return the name of the best file of a video; empty where there is none that is one file."""
    if video.get("hasOriginal"):
        return "original"
    heights = [int(height) for height in _HEIGHT.findall(text(video.get("availableResolutions")))]
    return f"play_{max(heights)}p.mp4" if video.get("hasMP4Fallback") and heights else ""


def _caption(base: str, track: Record) -> EntryCaption:
    language = text(track.get("srclang"))
    url = f"{base}/captions/{quote(language, safe='')}.vtt"
    return EntryCaption(url=url, language=language, label=text(track.get("label")), default=False)
