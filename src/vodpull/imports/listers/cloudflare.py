"""The videos of a Cloudflare Stream account, by its API (developers.cloudflare.com/api/resources/stream)."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from urllib.parse import quote, urlencode

from vodpull.errors import OriginFailed, OriginMissing, OriginRefused
from vodpull.fetch import AddressGuard
from vodpull.imports.entries import BadEntry, Entry, EntryCaption, ListedPage
from vodpull.imports.json_api import JsonRequest, ask
from vodpull.imports.kind_checks import Texts
from vodpull.imports.listers.json_values import (
    Record,
    read_cursor,
    record,
    records,
    seconds_ms,
    text,
    time_ms,
    whole,
    write_cursor,
)

PAGE = 1000
"""As many as the API gives at once; it has no pages but times."""

API = "https://api.cloudflare.com/client/v4"


class CloudflareLister:
    """
    Reads the videos of one account, oldest first.

    The file that is fetched is the MP4 that Cloudflare makes on request; captions have URLs for bearers of the token
    only, so an operator who wants them names it in VODPULL_ORIGIN_CREDENTIALS.
    """

    def __init__(self, guard: AddressGuard, place: Texts, secret: Texts) -> None:
        """Take the account and an API token that may read Stream, and write to have downloads made."""
        self._guard = guard
        self._headers = {"Authorization": f"Bearer {secret['api_token']}"}
        self._base = f"{place.get('url', API).rstrip('/')}/accounts/{quote(place['account_id'], safe='')}/stream"

    async def pages(self, cursor: str) -> AsyncGenerator[ListedPage]:
        """Give the videos; a page begins with the time at which the one before ended."""
        number, since = read_cursor(cursor)
        while True:
            asked = {"asc": "true", "limit": PAGE, **({"start": since} if since else {})}
            found = records(await self._call("GET", f"?{urlencode(asked)}"))
            last = text(found[-1].get("created")) if found else ""
            goes_on = len(found) >= PAGE and last not in {"", since}
            entries = [self._entry(video, line) for line, video in enumerate(found, number)]
            number += len(found)
            yield ListedPage(entries=entries, cursor=write_cursor(number, last) if goes_on else None)
            if not goes_on:
                return
            since = last

    async def resolve(self, entry: Entry) -> Entry:
        """
        Return an entry with the URL of its MP4 and of its captions.

        Raises:
            OriginFailed: the MP4 is still being made.
            OriginMissing: it cannot be made.
        """
        path = f"/{quote(entry.origin_id, safe='')}"
        made = record(record(await self._call("GET", f"{path}/downloads")).get("default"))
        if not made:
            made = record(record(await self._call("POST", f"{path}/downloads", b"{}")).get("default"))
        if made.get("status") == "error":
            raise OriginMissing("Cloudflare cannot make an MP4 of this video")
        if made.get("status") != "ready" or not text(made.get("url")):
            raise OriginFailed("Cloudflare is still making the MP4 of this video")
        captions = tuple(
            EntryCaption(
                url=f"{self._base}{path}/captions/{quote(text(track.get('language')), safe='')}/vtt",
                language=text(track.get("language")),
                label=text(track.get("label")),
                default=False,
            )
            for track in records(await self._call("GET", f"{path}/captions"))
            if track.get("status", "ready") == "ready"
        )
        return replace(entry, url=text(made.get("url")), captions=captions)

    @staticmethod
    def _entry(video: Record, line: int) -> Entry | BadEntry:
        uid, meta = text(video.get("uid")), record(video.get("meta"))
        state = text(record(video.get("status")).get("state"))
        if not uid or state != "ready":
            return BadEntry(line=line, reason=f"video {uid[:100]!r} is not ready but {state[:20] or 'unknown'}")
        return Entry(
            origin_id=uid,
            url="",
            name=text(meta.get("name")) or text(meta.get("filename")),
            created_at=time_ms(video.get("created")),
            playback="signed" if video.get("requireSignedURLs") is True else "",
            poster_url=text(video.get("thumbnail")) or None,
            poster_revision=_poster_revision(video),
            size=whole(video.get("size")),
            duration_ms=seconds_ms(video.get("duration")),
            revision=text(video.get("uploaded")),
        )

    async def _call(self, method: str, path: str, body: bytes | None = None) -> object:
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        answer = record(
            await ask(self._guard, JsonRequest(method=method, url=self._base + path, headers=headers, body=body))
        )
        if answer.get("success") is not True:
            said = json.dumps(answer.get("errors"))[:200]
            raise OriginRefused(f"Cloudflare answers {said}", remedy="Check the account and what the token may do.")
        return answer.get("result")


def _poster_revision(video: Record) -> str:
    """Return what changes with the moment that the picture of a video shows: its URL stays."""
    return f"{text(video.get('thumbnail'))} {video.get('thumbnailTimestampPct') or 0}"
