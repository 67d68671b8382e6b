"""The videos in an object store or a folder that the operator named for sources."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import PurePosixPath

from vodpull.errors import SourceStoreUnknown
from vodpull.fetch import stored_url
from vodpull.imports.entries import BadEntry, Entry, EntryCaption, ListedPage
from vodpull.imports.kind_checks import Texts
from vodpull.imports.listers.json_values import read_cursor, write_cursor
from vodpull.storage import AccountStores, ListedObject

_VIDEOS = (
    "3g2 3gp asf avi dv f4v flv gxf m2ts m2v m3u8 m4v mjpeg mkv mod mov mp4 mpe mpeg mpg mts mxf nut ogm ogv qt rm"
)
VIDEOS = frozenset(f"{_VIDEOS} rmvb swf tod ts vob webm wmv y4m".split())
"""Ends of names of what may be a video; what it is shows when it is fetched."""

CAPTIONS = ("vtt", "srt")
POSTERS = ("jpg", "jpeg", "png", "webp", "JPG", "JPEG", "PNG")
"""Ends of names of pictures that stand for the video of the same name, the first one that is there."""

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

    async def pages(self, cursor: str) -> AsyncGenerator[ListedPage]:
        """
        Give every object: videos, and why the others are none.

        A caption file `clip.en.vtt` and a picture `clip.jpg` beside `clip.mp4` come along with it, where they are in
        one page of the store.
        """
        stores = self._stores_of(self._account_id)
        scheme = stores.scheme_of(self._name)
        if scheme is None:
            raise SourceStoreUnknown(f"there is no store {self._name[:63]!r} that this account may read from")
        number, after = read_cursor(cursor)
        async for found in stores.list_pages(self._name, self._prefix, after=after):
            entries = _entries(found, number, store=(scheme, self._name))
            number += len(found)
            yield ListedPage(entries=entries, cursor=write_cursor(number, found[-1].key))


def _entries(found: Sequence[ListedObject], first: int, *, store: tuple[str, str]) -> list[Entry | BadEntry]:
    """Return the videos of a page, and why the others are none but for those that come along with a video."""
    beside = {each.key: each for each in found if each.size_bytes and _end(each.key) not in VIDEOS}
    texts = [key for key in beside if _end(key) in CAPTIONS]
    entries: list[Entry | BadEntry] = []
    along: set[str] = set()
    for line, each in enumerate(found, first):
        reason = _reason(each)
        if reason:
            entries.append(BadEntry(line=line, reason=f"{each.key!r} is {reason}"))
            continue
        stem = each.key.removesuffix(PurePosixPath(each.key).suffix)
        captions = {key: language for key in texts if (language := _language(key, stem))}
        poster = next((beside[key] for end in POSTERS if (key := f"{stem}.{end}") in beside), None)
        along |= {*captions, *([poster.key] if poster else [])}
        entries.append(_entry(each, store=store, captions=captions, poster=poster))
    return [entry for each, entry in zip(found, entries, strict=True) if each.key not in along]


def _reason(found: ListedObject) -> str:
    """Return why an object is no video; empty: it may be one."""
    if found.size_bytes == 0:
        return "empty"
    end = _end(found.key)
    return "" if end in VIDEOS else _KIND_OF.get(end, "of no kind that videos are")


def _entry(
    found: ListedObject, *, store: tuple[str, str], captions: Mapping[str, str], poster: ListedObject | None
) -> Entry:
    path = PurePosixPath(found.key)
    return Entry(
        origin_id=found.key,
        url=str(stored_url(*store, found.key)),
        name=path.stem,
        categories=(path.parent.name,) if path.parent.name else (),
        created_at=int(found.modified_s * 1000),
        captions=tuple(
            EntryCaption(url=str(stored_url(*store, key)), language=language, label="", default=False)
            for key, language in captions.items()
        ),
        poster_url=str(stored_url(*store, poster.key)) if poster else None,
        poster_revision=f"{poster.key} {_revision(poster)}" if poster else "",
        size=found.size_bytes,
        revision=_revision(found),
    )


def _revision(found: ListedObject) -> str:
    return f"{found.size_bytes} {int(found.modified_s)}"


def _language(key: str, stem: str) -> str:
    """Return the language of the caption file of a video `stem`; empty: it is of another one."""
    language = key.removeprefix(f"{stem}.").rpartition(".")[0]
    return language if key.startswith(f"{stem}.") and "." not in language and "/" not in language else ""


def _end(key: str) -> str:
    return PurePosixPath(key).suffix[1:].lower()
