"""The library of an account of Cloud VOD, by its own API: getVideoList, getCategoryList and getPublishCode."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from vodpull.clock import WIRE_ZONE, now_s, read_wire_time_ms, read_zone
from vodpull.errors import OriginMissing, OriginRefused, ParameterError
from vodpull.fetch import AddressGuard
from vodpull.imports.entries import BadEntry, Entry, ListedPage
from vodpull.imports.json_api import JsonRequest, ask
from vodpull.imports.kind_checks import Texts
from vodpull.request_signing import SigningKey, sign
from vodpull.wire_values import ID_PATTERN

PAGE = 50
"""Videos of a page (spec cloud-vod-videos §3)."""

LAST_PAGE = 1000
"""After that a list begins anew at the time of its last video: no more than 100,000 can be counted off."""

CATEGORY_PAGE = 100
MOST_CATEGORIES = 10_000

SUCCESS = 200
BLOCKED = 1
ORIGINAL = 1

FILES = 4
"""The `codeType` that gives URLs of files."""

BEST_FIRST = ("originUrl", "hdPullUrl", "highUrl", "sdUrl", "fluentUrl")

_VIDEO_ID = re.compile(ID_PATTERN)


class CloudVodLister:
    """Reads one account's library, oldest first, so that what comes meanwhile stands at the end."""

    def __init__(self, guard: AddressGuard, place: Texts, secret: Texts) -> None:
        """
        Take where the API is and the account's keys.

        Raises:
            ParameterError: the zone cannot be read.
        """
        self._guard = guard
        self._base = place["url"].rstrip("/")
        self._key = SigningKey(access_key=place["access_key"], secret=secret["secret_key"])
        zone = read_zone(place["zone"]) if place.get("zone") else WIRE_ZONE
        if zone is None:
            raise ParameterError("zone is not an offset such as +08:00", field="place.zone")
        self._zone = zone
        self._category = place.get("category", "")
        self._parents: Mapping[str, str] | None = None

    async def pages(self, cursor: str) -> AsyncGenerator[ListedPage]:
        """Give the videos, page by page."""
        while True:
            since, number = _read_cursor(cursor)
            asked: dict[str, object] = {"pageIndex": number, "pageSize": PAGE, "listOrder": 1}
            asked |= {"startTime": since} if since else {}
            asked |= {"videoClassification": self._category} if self._category else {}
            records = _list(await self._call("/vod/videoManage/getVideoList", asked), "videoListInfo")
            if any(record.get("videoClassification") for record in records) and self._parents is None:
                self._parents = await self._read_parents()
            first = (number - 1) * PAGE + 1
            entries = [self._entry(record, line) for line, record in enumerate(records, first)]
            following = _next_cursor(records, since, number)
            yield ListedPage(entries=entries, cursor=following)
            if following is None:
                return
            cursor = following

    async def resolve(self, entry: Entry) -> Entry:
        """
        Return an entry with the URL of its original, or of its best rendition.

        Raises:
            OriginMissing: it has none.
        """
        asked = {"videoId": entry.origin_id, "codeType": FILES}
        devices = _list(await self._call("/vod/videoManage/getPublishCode", asked), "videoUrl")
        urls = [str(device.get(name) or "") for name in BEST_FIRST for device in devices]
        url = next(filter(None, urls), "")
        if not url:
            raise OriginMissing(
                "the other side has no URL for this video", remedy="Look at the video there: it may be blocked."
            )
        return replace(entry, url=url)

    def _entry(self, record: Mapping[str, Any], line: int) -> Entry | BadEntry:
        video_id = str(record.get("videoId") or "")
        if not video_id:
            return BadEntry(line=line, reason="the record has no videoId")
        size = next(
            (
                int(row["fileSize"])
                for row in _rows(record.get("videoResolutions"))
                if _number(row.get("clarity")) == ORIGINAL and _number(row.get("fileSize"))
            ),
            None,
        )
        seconds, image = _number(record.get("videoDuration")), str(record.get("imageUrl") or "")
        return Entry(
            origin_id=video_id,
            url="",
            name=str(record.get("videoName") or ""),
            video_id=video_id.lower() if _VIDEO_ID.fullmatch(video_id.lower()) else None,
            description=str(record.get("videoDescription") or ""),
            categories=self._categories(str(record.get("videoClassification") or "")),
            created_at=read_wire_time_ms(str(record.get("createTime") or ""), self._zone),
            blocked=_number(record.get("videoState")) == BLOCKED,
            poster_url=image or None,
            # A signature in the URL is another one each time; the picture behind it may change with the record.
            poster_revision=f"{image.partition('?')[0]} {record.get('updateTime') or ''}",
            size=size,
            duration_ms=seconds * 1000 if seconds else None,
            revision=f"{record.get('uploadTime') or ''} {size or ''}".strip(),
        )

    def _categories(self, text: str) -> tuple[str, ...]:
        names = [name for name in text.split(",") if name]
        parents = self._parents or {}
        return tuple(f"{parents[name]}/{name}" if name in parents else name for name in names)

    async def _read_parents(self) -> Mapping[str, str]:
        """Return the parent of each category of the second level, by names; of several the first."""
        parents: dict[str, str] = {}
        for node in await self._nodes(None):
            for child in await self._nodes(node.get("nodeId")):
                parents.setdefault(str(child.get("labelName") or ""), str(node.get("labelName") or ""))
        return parents

    async def _nodes(self, parent: object) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for number in range(1, MOST_CATEGORIES // CATEGORY_PAGE + 1):
            asked: dict[str, object] = {"pageIndex": number, "pageSize": CATEGORY_PAGE}
            asked |= {} if parent is None else {"parentNodeId": parent}
            rows = _list(await self._call("/vod/videoCategory/getCategoryList", asked), "categoryList")
            found += rows
            if len(rows) < CATEGORY_PAGE:
                break
        return found

    async def _call(self, path: str, asked: Mapping[str, object]) -> Mapping[str, Any]:
        """
        Return the `data` of the answer to a signed call.

        Raises:
            FetchError: it was refused, or not answered.
        """
        url, body = f"{self._base}{path}", json.dumps(asked).encode()
        headers = sign("POST", url, body, key=self._key, now_s=now_s())
        answer = await ask(self._guard, JsonRequest(method="POST", url=url, headers=headers, body=body))
        call, host = path.rpartition("/")[2], urlsplit(url).hostname
        if not isinstance(answer, dict) or _number(answer.get("code")) != SUCCESS:
            told = answer if isinstance(answer, dict) else {}
            said = f"{told.get('code', '')} {told.get('message', '')}"[:200].strip()
            remedy = "Check the keys and what they may do at the other side."
            raise OriginRefused(f"{host}: {call} answers {said or 'something else'}", remedy=remedy)
        data = answer.get("data")
        data = data[0] if isinstance(data, list) and data else data
        return data if isinstance(data, dict) else {}


def _read_cursor(cursor: str) -> tuple[str, int]:
    """Return since when, and which page."""
    since, _, number = cursor.rpartition("|")
    return since, int(number) if number.isdigit() else 1


def _next_cursor(records: Sequence[Mapping[str, Any]], since: str, number: int) -> str | None:
    if len(records) < PAGE:
        return None
    last = str(records[-1].get("createTime") or "")
    if number < LAST_PAGE or not last or last == since:
        return f"{since}|{number + 1}"
    return f"{last}|1"


def _list(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return _rows(data.get(name))


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
