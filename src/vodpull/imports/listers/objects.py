"""The videos in an object store or a folder that the operator named for sources."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from pathlib import PurePosixPath

from vodpull.errors import SourceStoreUnknown
from vodpull.fetch import stored_url
from vodpull.imports.entries import BadEntry, Entry, EntryCaption, Page
from vodpull.imports.kinds import Texts
from vodpull.imports.listers.values import read_cursor, write_cursor
from vodpull.storage import AccountStores, ListedObject

_VIDEOS = (
    "3g2 3gp asf avi dv f4v flv gxf m2ts m2v m3u8 m4v mjpeg mkv mod mov mp4 mpe mpeg mpg mts mxf nut ogm ogv qt rm"
)
VIDEOS = frozenset(f"{_VIDEOS} rmvb swf tod ts vob webm wmv y4m".split())
"""Ends of names of what may be a video; what it is shows when it is fetched."""

CAPTIONS = ("vtt", "srt")

_KINDS = {
    "a picture": "avif bmp gif heic jpeg jpg png svg tif tiff webp",
    "sound": "aac ac3 flac m4a mp3 ogg opus wav wma",
    "a caption file": "ass srt ssa sub sup ttml vtt",
    "a piece of a playlist": "m4s",
    "a document": "csv doc docx htm html json md nfo pdf txt xls xlsx xml",
    "an archive": "7z bz2 gz rar tar tgz xz zip",
}

_KIND_OF = {end: kind for kind, ends in _KINDS.items() for end in ends.split()}


class StoreLister:
    """Reads a store, or what is below a prefix of it, in the order of keys."""

    def __init__(self, stores_of: Callable[[str], AccountStores], place: Texts, account_id: str) -> None:
        """Take the store's name and the prefix."""
        self._stores_of = stores_of
        self._account_id = account_id
        self._name, self._prefix = place["store"], place.get("prefix", "").strip("/")

    async def pages(self, cursor: str) -> AsyncGenerator[Page]:
        """
        Give every object: videos, and why the others are none.

        A caption file `clip.en.vtt` beside `clip.mp4` comes along, where both are in one page of the store.
        """
        stores = self._stores_of(self._account_id)
        scheme = stores.scheme_of(self._name)
        if scheme is None:
            raise SourceStoreUnknown(f"there is no store {self._name[:63]!r} that this account may read from")
        number, after = read_cursor(cursor)
        async for found in stores.list_pages(self._name, self._prefix, after=after):
            texts = [each.key for each in found if _end(each.key) in CAPTIONS]
            lines = enumerate(found, number)
            entries = [_entry(each, line, store=(scheme, self._name), texts=texts) for line, each in lines]
            number += len(found)
            yield Page(entries=entries, cursor=write_cursor(number, found[-1].key))


def _entry(found: ListedObject, line: int, *, store: tuple[str, str], texts: list[str]) -> Entry | BadEntry:
    end = _end(found.key)
    if found.size_bytes == 0:
        return BadEntry(line=line, reason=f"{found.key!r} is empty")
    if end not in VIDEOS:
        kind = _KIND_OF.get(end, "of no kind that videos are")
        return BadEntry(line=line, reason=f"{found.key!r} is {kind}")
    path = PurePosixPath(found.key)
    return Entry(
        origin_id=found.key,
        url=str(stored_url(*store, found.key)),
        name=path.stem,
        categories=(path.parent.name,) if path.parent.name else (),
        created_at=int(found.modified_s * 1000),
        captions=tuple(_captions(found.key.removesuffix(f".{path.suffix[1:]}"), store, texts)),
        size=found.size_bytes,
        revision=f"{found.size_bytes} {int(found.modified_s)}",
    )


def _captions(stem: str, store: tuple[str, str], texts: list[str]) -> list[EntryCaption]:
    found = []
    for key in texts:
        language, _, _ = key.removeprefix(f"{stem}.").rpartition(".")
        if key.startswith(f"{stem}.") and language and "." not in language and "/" not in language:
            url = str(stored_url(*store, key))
            found.append(EntryCaption(url=url, language=language, label="", default=False))
    return found


def _end(key: str) -> str:
    return PurePosixPath(key).suffix[1:].lower()
