"""An HLS playlist as a source: every segment brought here and joined, without re-encoding, a file for each part."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import yarl

from vodpull.errors import BodyTooLarge, FetchError, PlaylistUnsupported
from vodpull.fetch.guard.allowed_connections import AddressGuard
from vodpull.fetch.guard.cookies import CookieJar
from vodpull.fetch.hls.playlist import (
    Key,
    MediaPlaylist,
    Piece,
    check_count,
    parse_playlist,
)
from vodpull.fetch.hls.segment import form_of, plain_blocks, without_tag
from vodpull.fetch.hls.slow_playlist import PlaylistPatience
from vodpull.fetch.hls.subtitles import MAX_TEXT_BYTES, FetchedText, write_segments, write_text
from vodpull.fetch.hls.variant_choice import SoundChoice, TextChoice, VariantChoice
from vodpull.fetch.partfile.disk_errors import disk_errors
from vodpull.fetch.partfile.partfile import PartFile
from vodpull.fetch.partfile.threads import in_thread
from vodpull.fetch.transfer.answers.source_store_answers import ReadableStores
from vodpull.fetch.transfer.guarded_requests import ClientSessions
from vodpull.fetch.transfer.host_limits import HostLimits
from vodpull.fetch.transfer.limits import Downloaded, FetchLimits, OnProgress, Order
from vodpull.fetch.transfer.retry import bring

# Segments in flight: hides one round trip behind another without looking like an attack to the origin.
_WIDTH = 8
_KEY_BYTES = 16
# a little more than a key, so that a wrong file is named as such and not as too large
_MAX_KEY_FILE_BYTES = 4096
# What segments may be, with and without an initialisation section; by the ending of the joined file.
_FRAGMENTS = {"mp4": "fMP4"}
_PLAIN = {"ts": "MPEG-TS", "aac": "AAC", "mp3": "MP3"}


@dataclass(frozen=True, kw_only=True)
class FetchedSound:
    """One sound that the playlist offers with its picture."""

    path: Path | None
    """`audio.ts`, `.mp4`, `.aac` or `.mp3`, those after it `audio2` and so on; None: it is in `video`."""
    language: str
    """As the playlist writes it, by BCP 47; may be empty."""
    name: str
    characteristics: frozenset[str] = frozenset()
    """What it is for, as the playlist writes it."""


@dataclass(frozen=True, kw_only=True)
class FetchedPlaylist:
    """What a playlist's segments became."""

    video: Path
    """`video.ts` or `video.mp4`, with the sound unless that lies elsewhere; `.aac` or `.mp3` if there is only sound."""
    sounds: tuple[FetchedSound, ...]
    """The sounds that the playlist names, the default one at the front; empty: `video` has what there is."""
    size_bytes: int
    """Of the files together."""
    segment_count: int
    """Segments of video and all sounds together, initialisation sections not counted."""
    texts: tuple[FetchedText, ...] = ()
    """The subtitles that the playlist names."""


def is_playlist(path: Path) -> bool:
    """Tell whether a local file is an HLS playlist, by its first line; a byte order mark is tolerated."""
    with disk_errors(), path.open("rb") as file:
        return file.read(10).removeprefix(b"\xef\xbb\xbf").startswith(b"#EXTM3U")


async def fetch_playlist(  # noqa: PLR0913 - the last three are optional, everything else is needed
    path: Path,
    base_url: str,
    folder: Path,
    *,
    guard: AddressGuard,
    limits: FetchLimits,
    on_progress: OnProgress,
    host_limits: HostLimits | None = None,
    cookies: CookieJar | None = None,
    stores: ReadableStores | None = None,
) -> FetchedPlaylist:
    """
    Bring everything that the local playlist at `path` names into `folder`.

    `base_url` is where it lay after redirects: names are relative to that (RFC 3986, 5.1.3); `cookies` came with it,
    and `stores` may have it.

    Of a multivariant playlist the best variant is taken, with all sounds and subtitles of its groups. Each child URL
    passes the guard and its own limits as a source would; all bytes together stay below `limits.max_bytes`.
    `on_progress` hears no total. `folder` is for this playlist alone: after a cancellation, a kill or an error that may
    pass, the next call goes on with the segments that are there whole (a segment of a complete playlist does not
    change, RFC 8216, 6.2.1), as long as their URLs are the same. An error that is final removes them.

    Raises:
        PlaylistUnsupported: live, other encryption than AES-128, mixed or unknown formats, malformed, too long.
        FetchError: a child's own error; the message says which one.
        StorageFull, StorageUnavailable: the folder cannot take it.
    """
    text = await in_thread(_read_text, path, limits.max_playlist_bytes)
    async with ClientSessions(guard, limits, host_limits, cookies=cookies, stores=stores) as sessions:
        gathering = _Gathering(folder, sessions=sessions, limits=limits, on_progress=on_progress)
        playlist = await in_thread(parse_playlist, text, max_segments=limits.max_segments)
        return await gathering.run(playlist, sessions.parse(base_url))


class _Gathering:
    """One playlist being brought; keeps the count of bytes and the keys already fetched."""

    def __init__(self, folder: Path, *, sessions: ClientSessions, limits: FetchLimits, on_progress: OnProgress) -> None:
        self._folder = folder
        self._sessions = sessions
        self._limits = limits
        self._on_progress = on_progress
        self._received = 0
        self._patience = PlaylistPatience(limits)
        self._keys: dict[yarl.URL, bytes] = {}
        self._key_lock = asyncio.Lock()

    async def run(self, playlist: MediaPlaylist | VariantChoice, base: yarl.URL) -> FetchedPlaylist:
        if isinstance(playlist, MediaPlaylist):
            return await self._join_all({"video": (playlist, base)}, ())
        uris = {"video": playlist.video_uri, **_names(playlist.sounds)}
        parts: dict[str, tuple[MediaPlaylist, yarl.URL]] = {}
        for name, uri in uris.items():
            parts[name] = await self._fetch_media_playlist(name, base, uri)
            check_count(sum(len(part.segments) for part, _ in parts.values()), self._limits.max_segments)
        joined = await self._join_all(parts, playlist.sounds)
        left = self._limits.max_segments - joined.segment_count
        return replace(joined, texts=await self._texts(playlist.texts, base, left=left))

    async def _texts(self, choices: Sequence[TextChoice], base: yarl.URL, *, left: int) -> tuple[FetchedText, ...]:
        """Bring subtitles, of `left` segments at most; what cannot be had is left out with its reason."""
        fetched: list[FetchedText] = []
        for number, choice in enumerate(choices, 1):
            try:
                playlist, own_base = await self._fetch_media_playlist(f"text{number}", base, choice.uri)
                left -= len(playlist.segments)
                check_count(self._limits.max_segments - left, self._limits.max_segments)
                fetched.append(await self._text(f"text{number}", choice, playlist, base=own_base))
            except FetchError as error:
                fetched.append(FetchedText(choice=choice, reason=str(error)))
        return tuple(fetched)

    async def _text(self, name: str, choice: TextChoice, playlist: MediaPlaylist, *, base: yarl.URL) -> FetchedText:
        if playlist.init is None:
            return FetchedText(choice=choice, segments=await self._text_segments(name, playlist, base))
        fragments = await self._join(name, playlist, base)
        if fragments.stat().st_size > MAX_TEXT_BYTES:
            raise BodyTooLarge(f"they have more than {MAX_TEXT_BYTES} bytes")
        return FetchedText(choice=choice, fragments=fragments)

    async def _text_segments(self, name: str, playlist: MediaPlaylist, base: yarl.URL) -> tuple[Path, ...]:
        count = len(playlist.segments)
        calls = [
            partial(
                self._fetch_piece, f"{name} segment {number} of {count}", piece, base=base, stem=f"{name}-{number:05}"
            )
            for number, piece in enumerate(playlist.segments, 1)
        ]

        async def contents() -> AsyncIterator[tuple[str, bytes]]:
            async with aclosing(_in_order(calls)) as arrived:
                async for piece in arrived:
                    yield piece.what, await in_thread(_plain, piece)

        return await write_segments(contents(), self._folder, name=name, keep=_written)

    async def _join_all(
        self, parts: Mapping[str, tuple[MediaPlaylist, yarl.URL]], sounds: Sequence[SoundChoice]
    ) -> FetchedPlaylist:
        """Bring picture and sounds, one after the other."""
        files = {name: await self._join(name, *part) for name, part in parts.items()}
        of_uri = {uri: files[name] for name, uri in _names(sounds).items()}
        return FetchedPlaylist(
            video=files["video"],
            sounds=tuple(
                FetchedSound(
                    path=of_uri[sound.uri] if sound.uri else None,
                    language=sound.language,
                    name=sound.name,
                    characteristics=sound.characteristics,
                )
                for sound in sounds
            ),
            size_bytes=sum(file.stat().st_size for file in files.values()),
            segment_count=sum(len(playlist.segments) for playlist, _ in parts.values()),
        )

    async def _fetch_media_playlist(self, name: str, base: yarl.URL, uri: str) -> tuple[MediaPlaylist, yarl.URL]:
        target = self._folder / "variant.piece"
        try:
            with _named("variant playlist" if name == "video" else f"{name} playlist"):
                order = Order(url=self._sessions.check(base, uri), target=target, is_piece=True)
                arrived = await self._bring(order, max_bytes=self._limits.max_playlist_bytes)
                text = await in_thread(_read_text, target, self._limits.max_playlist_bytes)
                playlist = await in_thread(parse_playlist, text, max_segments=self._limits.max_segments)
        finally:
            target.unlink(missing_ok=True)
        if isinstance(playlist, VariantChoice):
            raise PlaylistUnsupported("a variant of the playlist is a multivariant playlist itself")
        return playlist, yarl.URL(arrived.final_url, encoded=True)

    async def _join(self, name: str, playlist: MediaPlaylist, base: yarl.URL) -> Path:
        """Bring one media playlist's pieces, a few at once, and append them in order."""
        forms = _FRAGMENTS if playlist.init is not None else _PLAIN
        for done in (self._folder / f"{name}.{ending}" for ending in forms):
            if done.exists():
                self._received += done.stat().st_size
                return done
        count = len(playlist.segments)
        pieces = [(f"{name} segment {number} of {count}", piece) for number, piece in enumerate(playlist.segments, 1)]
        if playlist.init is not None:
            pieces.insert(0, (f"{name} initialisation section", playlist.init))
        calls = [
            partial(self._fetch_piece, what, piece, base=base, stem=f"{name}-{number:05}")
            for number, (what, piece) in enumerate(pieces)
        ]
        try:
            async with aclosing(_in_order(calls)) as arrived:
                target = await self._append_all(name, arrived, forms)
        except FetchError as error:
            if not error.retryable:
                await in_thread(_remove_pieces, self._folder, name)
            raise
        await in_thread(_remove_pieces, self._folder, name)
        return target

    async def _append_all(self, name: str, pieces: AsyncGenerator[_Arrived, None], forms: Mapping[str, str]) -> Path:
        first = await anext(pieces)
        with _named(first.what):
            form, block, blocks = await in_thread(_open, first, forms)
        target = self._folder / f"{name}.{form}"
        async with PartFile(target, is_piece=True) as joined:
            with _named(first.what):
                await _append(joined, block, blocks)
            async for piece in pieces:
                with _named(piece.what):
                    _, block, blocks = await in_thread(_open, piece, {form: forms[form]})
                    await _append(joined, block, blocks)
            await joined.publish()
        return target

    async def _fetch_piece(self, what: str, piece: Piece, *, base: yarl.URL, stem: str) -> _Arrived:
        key = await self._fetch_key(f"key of {what}", piece.key, base) if piece.key else b""
        with _named(what):
            url = self._sessions.check(base, piece.uri)
            name = hashlib.sha256(f"{url} {piece.byte_range}".encode()).hexdigest()[:16]
            target = self._folder / f"{stem}-{name}.piece"
            if not target.exists():
                order = Order(url=url, target=target, byte_range=piece.byte_range, is_kept=True, is_piece=True)
                await self._bring(order, max_bytes=self._limits.max_bytes - self._received)
            self._received += target.stat().st_size
            if self._received > self._limits.max_bytes:
                raise BodyTooLarge(f"together they are larger than the {self._limits.max_bytes} bytes allowed")
        self._on_progress(self._received, None)
        return _Arrived(what=what, path=target, key=key, iv=piece.key.iv if piece.key else b"")

    async def _fetch_key(self, what: str, key: Key, base: yarl.URL) -> bytes:
        async with self._key_lock:
            with _named(what):
                url = self._sessions.check(base, key.uri)
                if url not in self._keys:
                    target = self._folder / "key.piece"
                    try:
                        await self._bring(Order(url=url, target=target, is_piece=True), max_bytes=_MAX_KEY_FILE_BYTES)
                        self._keys[url] = _check_key(await in_thread(target.read_bytes))
                    finally:
                        target.unlink(missing_ok=True)
            return self._keys[url]

    async def _bring(self, order: Order, *, max_bytes: int) -> Downloaded:
        limits = replace(self._limits, max_bytes=max(0, max_bytes))
        started_s = time.monotonic()
        arrived = await bring(order, sessions=self._sessions, limits=limits, on_progress=_tell_nobody)
        self._patience.count(arrived.size_bytes, took_s=time.monotonic() - started_s, queued_s=self._sessions.queued_s)
        return arrived


def _names(sounds: Sequence[SoundChoice]) -> dict[str, str]:
    """Return the addresses of the sounds that have one, by what their files and errors are called."""
    uris = [sound.uri for sound in sounds if sound.uri]
    return {f"audio{number if number > 1 else ''}": uri for number, uri in enumerate(uris, 1)}


@dataclass(frozen=True, kw_only=True)
class _Arrived:
    """One piece on disk, still encrypted if it has a key."""

    what: str
    path: Path
    key: bytes
    iv: bytes


async def _in_order(calls: Iterable[Callable[[], Coroutine[Any, Any, _Arrived]]]) -> AsyncGenerator[_Arrived, None]:
    """Run a few calls at once and give their results in the calls' order; leaving early ends those under way."""
    running: deque[asyncio.Task[_Arrived]] = deque()
    try:
        for call in calls:
            running.append(asyncio.create_task(call()))
            if len(running) == _WIDTH:
                yield await running.popleft()
        while running:
            yield await running.popleft()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _open(piece: _Arrived, forms: Mapping[str, str]) -> tuple[str, bytes, Iterator[bytes]]:
    """Return which of the forms a piece has, its first block without the tag of packed audio, and those after it."""
    for key in dict.fromkeys((piece.key, b"")):  # packagers differ on whether the initialisation section is encrypted
        blocks = plain_blocks(piece.path, key=key, iv=piece.iv)
        first = next(blocks, b"")
        form = form_of(first)
        if form in forms:
            return str(form), without_tag(first), blocks
    raise PlaylistUnsupported(f"it is not {' or '.join(forms.values())}, or its key is wrong")


async def _written(path: Path, content: bytes) -> None:
    await in_thread(write_text, path, content)


def _plain(piece: _Arrived) -> bytes:
    return b"".join(plain_blocks(piece.path, key=piece.key, iv=piece.iv))


async def _append(joined: PartFile, block: bytes, blocks: Iterator[bytes]) -> None:
    position = joined.taken_bytes
    while block:
        await joined.write([block], at=position)
        position += len(block)
        block = await in_thread(next, blocks, b"")


@contextmanager
def _named(what: str) -> Iterator[None]:
    """Say in a child's error which child it was; the class, and so the code, stays."""
    try:
        yield
    except FetchError as error:
        named = type(error)(f"{what}: {error}", field=error.field)
        named.origin_status, named.retry_after_s = error.origin_status, error.retry_after_s
        raise named from error


def _check_key(key: bytes) -> bytes:
    if len(key) != _KEY_BYTES:
        raise PlaylistUnsupported(f"it has {len(key)} bytes, an AES-128 key has {_KEY_BYTES}")
    return key


def _read_text(path: Path, max_bytes: int) -> str:
    with disk_errors():
        size_bytes = path.stat().st_size
        if size_bytes > max_bytes:
            raise PlaylistUnsupported(
                f"the playlist has {size_bytes} bytes, {max_bytes} are allowed; an operator can raise "
                "VODPULL_MAX_PLAYLIST_BYTES"
            )
        content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlaylistUnsupported("the playlist is not UTF-8 text") from error


def _remove_pieces(folder: Path, name: str) -> None:
    for path in folder.glob(f"{name}-*.piece*"):  # and parts of pieces, and their journals
        path.unlink(missing_ok=True)


def _tell_nobody(_received: int, _announced: int | None) -> None:
    """Single children are too small to report; their sum is."""
