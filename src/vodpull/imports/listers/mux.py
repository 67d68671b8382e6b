"""The assets of a Mux environment, by its Video API (docs.mux.com/api-reference)."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from urllib.parse import quote, urlencode

from vodpull.errors import OriginFailed, OriginMissing
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

PAGE = 100

API, STREAM, IMAGE = "https://api.mux.com", "https://stream.mux.com", "https://image.mux.com"


class MuxLister:
    """
    Reads the assets of one environment.

    The file that is fetched is the master, which Mux makes on request and keeps for a day; it is asked for when the
    video is next, and until then the largest MP4 that is public is good enough only if there is no master.
    """

    def __init__(self, guard: AddressGuard, place: Texts, secret: Texts) -> None:
        """Take the token's id and secret, and where else than at Mux its three services are, if so."""
        self._guard = guard
        told = base64.b64encode(f"{place['token_id']}:{secret['token_secret']}".encode()).decode()
        self._headers = {"Authorization": f"Basic {told}"}
        self._api = place.get("url", API).rstrip("/")
        self._stream = place.get("stream_url", STREAM).rstrip("/")
        self._image = place.get("image_url", IMAGE).rstrip("/")

    async def pages(self, cursor: str) -> AsyncGenerator[ListedPage]:
        """Give the assets, newest first, as Mux does."""
        number, place = read_cursor(cursor)
        while True:
            asked = {"limit": PAGE, **({"cursor": place} if place else {})}
            answer = record(await self._call("GET", f"/video/v1/assets?{urlencode(asked)}"))
            found = records(answer.get("data"))
            place = text(answer.get("next_cursor"))
            entries = [self._entry(asset, line) for line, asset in enumerate(found, number)]
            number += len(found)
            yield ListedPage(entries=entries, cursor=write_cursor(number, place) if place else None)
            if not place:
                return

    async def resolve(self, entry: Entry) -> Entry:
        """
        Return an entry with the URL of its master, or of its largest MP4.

        Raises:
            OriginFailed: Mux is still making the master.
            OriginMissing: there is neither.
        """
        path = f"/video/v1/assets/{quote(entry.origin_id, safe='')}"
        asset = record(record(await self._call("GET", path)).get("data"))
        master = record(asset.get("master"))
        if asset.get("master_access") != "temporary" or not master:
            body = json.dumps({"master_access": "temporary"}).encode()
            asset = record(record(await self._call("PUT", f"{path}/master-access", body)).get("data"))
            master = record(asset.get("master"))
        if master.get("status") == "errored":
            return replace(entry, url=self._largest(asset))
        if master.get("status") != "ready" or not text(master.get("url")):
            raise OriginFailed("Mux is still making the master of this asset")
        return replace(entry, url=text(master.get("url")))

    def _largest(self, asset: Record) -> str:
        files = [
            file
            for file in records(record(asset.get("static_renditions")).get("files"))
            if file.get("ext") == "mp4" and file.get("status", "ready") == "ready"
        ]
        best = max(files, key=lambda file: whole(file.get("height")) or 0, default=None)
        playback_id = _public_id(asset)
        if best is None or not playback_id:
            raise OriginMissing("Mux has neither a master nor a public MP4 of this asset")
        return f"{self._stream}/{playback_id}/{quote(text(best.get('name')))}"

    def _entry(self, asset: Record, line: int) -> Entry | BadEntry:
        asset_id, meta, playback_id = text(asset.get("id")), record(asset.get("meta")), _public_id(asset)
        why = _unfit(asset)
        if why:
            return BadEntry(line=line, reason=f"asset {asset_id[:100]!r} {why}")
        return Entry(
            origin_id=asset_id,
            url="",
            name=text(meta.get("title")) or text(asset.get("passthrough")),
            created_at=time_ms(asset.get("created_at")),
            playback="" if playback_id else "signed",
            captions=self._captions(records(asset.get("tracks")), playback_id),
            poster_url=f"{self._image}/{playback_id}/thumbnail.jpg" if playback_id else None,
            duration_ms=seconds_ms(asset.get("duration")),
            revision=text(asset.get("created_at")),
        )

    def _captions(self, tracks: Sequence[Record], playback_id: str) -> tuple[EntryCaption, ...]:
        """Return the texts of an asset; a signed one keeps its own, for whose URLs Mux wants a signing key."""
        return tuple(
            EntryCaption(
                url=f"{self._stream}/{playback_id}/text/{quote(text(track.get('id')))}.vtt",
                language=text(track.get("language_code")),
                label=text(track.get("name")),
                default=False,
            )
            for track in tracks
            if playback_id and track.get("text_type") == "subtitles" and track.get("status", "ready") == "ready"
        )

    async def _call(self, method: str, path: str, body: bytes | None = None) -> object:
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        return await ask(self._guard, JsonRequest(method=method, url=self._api + path, headers=headers, body=body))


def _unfit(asset: Record) -> str:
    if not text(asset.get("id")):
        return "has no id"
    if asset.get("status") != "ready":
        return f"is not ready but {text(asset.get('status'))[:20] or 'unknown'}"
    return "is still on air" if asset.get("is_live") else ""


def _public_id(asset: Record) -> str:
    """Return the playback id by which anybody may play an asset; empty where there is none."""
    playback = records(asset.get("playback_ids"))
    return next((quote(text(each.get("id")), safe="") for each in playback if each.get("policy") == "public"), "")
