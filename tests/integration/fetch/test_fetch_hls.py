"""HLS playlists as sources: the clip collection, and origins that lack a part."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import replace
from pathlib import Path

import av
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from tests.boxed_text import add_wvtt
from tests.clapper import Clapper, assert_in_step, read_pictures
from tests.integration.fetch.conftest import ignore, md5_of
from tests.mp4_edits import boxes, shift_fragments
from tests.origin import Canary, Origin

from vodpull.errors import (
    BodyIncomplete,
    BodyTooLarge,
    OriginBusy,
    OriginFailed,
    OriginMissing,
    OriginTooSlow,
    PlaylistUnsupported,
    UrlForbidden,
    UrlInvalid,
    VodpullError,
)
from vodpull.fetch import AddressGuard, FetchedPlaylist, FetchLimits, download, fetch_playlist, is_playlist
from vodpull.media import copy_limits, find_toolbox, join, probe
from vodpull.media.mp4.boxes import box, boxes_in, full_box
from vodpull.workflows.attempt.captions.hls_source_texts import read_texts

TS = (b"G" + bytes(187)) * 40
BOX = b"\0\0\0\x08styp"


class Bench:
    def __init__(self, origin: Origin, folder: Path, limits: FetchLimits) -> None:
        self.origin = origin
        self.folder = folder
        self.guard = AddressGuard(trusted_origins=[origin.origin], allow_networks=())
        self.limits = limits
        self.progress: list[int] = []

    async def fetch(self, path: str) -> FetchedPlaylist:
        """Download a playlist of the origin and then all that it names."""
        source = self.folder.parent / "source"
        url = self.origin.url(path)
        arrived = await download(url, source, guard=self.guard, limits=self.limits, on_progress=ignore)
        assert is_playlist(source)
        return await fetch_playlist(
            source,
            arrived.final_url,
            self.folder,
            guard=self.guard,
            limits=self.limits,
            on_progress=lambda received, _: self.progress.append(received),
        )

    async def fetch_lines(self, *lines: str) -> FetchedPlaylist:
        text = "\n".join(["#EXTM3U", "#EXT-X-TARGETDURATION:6", *lines, "#EXT-X-ENDLIST"])
        self.origin.put("list.m3u8", text.encode())
        return await self.fetch("list.m3u8")

    def left(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def bench(origin: Origin, tmp_path: Path, limits: FetchLimits) -> Bench:
    folder = tmp_path / "work"
    folder.mkdir()
    return Bench(origin, folder, limits)


def seconds(path: Path, kind: str) -> float:
    """Return the extent of a file's first stream of a kind, from its packets."""
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        times = [(packet.pts, packet.duration or 0) for packet in container.demux(stream) if packet.pts is not None]
        return float((max(pts + length for pts, length in times) - min(times)[0]) * (stream.time_base or 0))


@pytest.mark.parametrize(
    ("entry", "video", "duration_s", "segments"),
    [
        ("hls_ts/stream.m3u8", "video.ts", 10.0, 2),
        ("hls_fmp4/playlist.m3u8", "video.mp4", 3.0, 24),
        ("hls_aes128/playlist.m3u8", "video.ts", 12.583, 3),
        ("hls_master/master.m3u8", "video.ts", 15.708, 3),
    ],
)
async def test_a_playlist_of_the_collection_becomes_a_file_that_plays(
    bench: Bench, clips: Path, *, entry: str, video: str, duration_s: float, segments: int
) -> None:
    bench.origin.serve(clips)
    fetched = await bench.fetch(entry)
    assert (fetched.video, fetched.segment_count) == (bench.folder / video, segments)
    assert seconds(fetched.video, "video") == pytest.approx(duration_s, abs=0.1)
    apart = [sound.path for sound in fetched.sounds if sound.path]
    assert seconds((apart or [fetched.video])[0], "audio") == pytest.approx(duration_s, abs=0.2)
    assert bench.left() == sorted({video, *(path.name for path in apart)})
    assert fetched.size_bytes == sum((bench.folder / name).stat().st_size for name in bench.left())


async def test_segments_are_joined_byte_for_byte(bench: Bench, clips: Path) -> None:
    bench.origin.serve(clips)
    fetched = await bench.fetch("hls_ts/stream.m3u8")
    parts = [(clips / "hls_ts" / name).read_bytes() for name in ("segment000.ts", "segment001.ts")]
    assert md5_of(fetched.video.read_bytes()) == md5_of(b"".join(parts))
    assert bench.progress == sorted(bench.progress)
    assert bench.progress[-1] == fetched.size_bytes == 1020464 + 201724


async def test_fragments_that_count_from_1970_come_whole_and_are_joined_from_their_beginning(
    bench: Bench, tmp_path: Path
) -> None:
    fragments = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof+frag_discont")
    plain = Clapper(seconds=4, size=(128, 72)).make(tmp_path / "plain.mp4", *fragments)
    content = shift_fragments(plain.read_bytes(), 1_700_000_000)
    at = next(at for name, at, _ in boxes(content) if name == "moof")
    bench.origin.put("epoch.mp4", content)
    fetched = await bench.fetch_lines(
        f'#EXT-X-MAP:URI="epoch.mp4",BYTERANGE="{at}@0"',
        "#EXTINF:4,",
        f"#EXT-X-BYTERANGE:{len(content) - at}@{at}",
        "epoch.mp4",
    )
    toolbox = find_toolbox("", sandbox="auto")
    await join(fetched.video, [], tmp_path / "joined", toolbox=toolbox, limits=copy_limits(len(content)))
    assert (await probe(tmp_path / "joined", toolbox=toolbox)).duration_s == pytest.approx(4, abs=0.05)
    assert set(read_pictures(tmp_path / "joined", 100).numbers) == set(range(100))
    assert_in_step(tmp_path / "joined", 100)


async def test_the_better_variant_and_no_other_is_fetched(bench: Bench, clips: Path) -> None:
    bench.origin.serve(clips)
    await bench.fetch("hls_master/master.m3u8")
    assert not [path for path in bench.origin.requests if "/240" in path]


async def test_separate_sound_comes_as_a_second_file(bench: Bench, clips: Path) -> None:
    bench.origin.serve(clips)
    fetched = await bench.fetch("hls_fmp4/playlist.m3u8")
    assert [sound.path for sound in fetched.sounds] == [bench.folder / "audio.mp4"]


@pytest.mark.parametrize(
    ("entry", "missing", "what"),
    [
        ("hls_aes128/playlist.m3u8", "enc.key", "key of video segment 1 of 3"),
        ("hls_aes128/playlist.m3u8", "seg_02.ts", "video segment 3 of 3"),
        ("hls_ts/stream.m3u8", "segment001.ts", "video segment 2 of 2"),
        ("hls_fmp4/playlist.m3u8", "audio_init.mp4", "audio initialisation section"),
        ("hls_fmp4/playlist.m3u8", "stream_1.m3u8", "variant playlist"),
    ],
)
async def test_a_missing_child_is_named(bench: Bench, clips: Path, *, entry: str, missing: str, what: str) -> None:
    copy = bench.folder.parent / "origin"
    copy.mkdir()
    for path in (clips / Path(entry).parent).iterdir():
        if path.name != missing:
            (copy / path.name).symlink_to(path)
    bench.origin.serve(copy)
    with pytest.raises(OriginMissing, match=what):
        await bench.fetch(Path(entry).name)
    assert [name for name in bench.left() if not name.startswith("video.mp4")] == []


async def test_segments_come_a_few_at_once_and_stay_in_order(bench: Bench) -> None:
    contents = [TS + bytes([number]) * 188 for number in range(20)]
    lines = []
    for number, content in enumerate(contents):
        bench.origin.put(f"{number}.ts", content)
        lines += ["#EXTINF:6,", f"slow?file={number}.ts&piece=8000&pause={0.6 if number % 4 == 0 else 0.3}"]
    fetched = await bench.fetch_lines(*lines)
    assert fetched.video.read_bytes() == b"".join(contents)
    assert 4 < bench.origin.max_at_once <= 8
    assert bench.origin.connections <= 10


async def test_byte_ranges_of_one_resource_are_honoured(bench: Bench) -> None:
    content = BOX + bytes(92) + BOX + bytes(192) + BOX + bytes(42)
    bench.origin.put("v.mp4", content)
    fetched = await bench.fetch_lines(
        '#EXT-X-MAP:URI="v.mp4",BYTERANGE="100@0"',
        *("#EXT-X-BYTERANGE:200@100", "#EXTINF:6,", "v.mp4"),
        *("#EXT-X-BYTERANGE:50", "#EXTINF:6,", "v.mp4"),
    )
    assert fetched.video.read_bytes() == content


async def test_an_origin_without_ranges_is_not_taken_for_one(bench: Bench) -> None:
    with pytest.raises(PlaylistUnsupported, match=r"video segment 1 of 1: .* byte range"):
        await bench.fetch_lines("#EXT-X-BYTERANGE:188@188", "#EXTINF:6,", "chunked")


async def test_a_byte_range_that_comes_short_is_incomplete(bench: Bench) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-187/188\r\nContent-Length: 3\r\n\r\nGGG")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        elsewhere = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        bench.guard = AddressGuard(trusted_origins=[bench.origin.origin, elsewhere], allow_networks=())
        with pytest.raises(BodyIncomplete, match="3 of 188"):
            await bench.fetch_lines("#EXT-X-BYTERANGE:188@0", "#EXTINF:6,", f"{elsewhere}/v.ts")


@pytest.mark.parametrize("is_init_encrypted", [True, False])
async def test_an_initialisation_section_may_be_encrypted_or_not(bench: Bench, *, is_init_encrypted: bool) -> None:
    key, iv = b"k" * 16, bytes(15) + b"\1"

    def encrypt(content: bytes) -> bytes:
        padder, encryptor = PKCS7(128).padder(), Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        return encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()

    init, segment = BOX + b"init" * 50, BOX + b"data" * 500
    bench.origin.put("key", key)
    bench.origin.put("init", encrypt(init) if is_init_encrypted else init)
    bench.origin.put("1.m4s", encrypt(segment))
    lines = ['#EXT-X-KEY:METHOD=AES-128,URI="key",IV=0x1', '#EXT-X-MAP:URI="init"', "#EXTINF:6,", "1.m4s"]
    assert (await bench.fetch_lines(*lines)).video.read_bytes() == init + segment
    assert bench.origin.requests["/key"] == 1


@pytest.mark.parametrize(
    ("lines", "error", "why"),
    [
        (("#EXTINF:6,", "1.ac3"), PlaylistUnsupported, "video segment 1 of 1: AC-3"),
        (("#EXTINF:6,", "m4s"), PlaylistUnsupported, "video segment 1 of 1: it is not MPEG-TS"),
        (("#EXTINF:6,", "html"), PlaylistUnsupported, "video segment 1 of 1: it is not MPEG-TS"),
        (("#EXTINF:6,", "1.ts", "#EXTINF:6,", "m4s"), PlaylistUnsupported, "video segment 2 of 2: it is not MPEG-TS"),
        (('#EXT-X-MAP:URI="1.ts"', "#EXTINF:6,", "m4s"), PlaylistUnsupported, "it is not fMP4"),
        (("#EXT-X-STREAM-INF:BANDWIDTH=1", "list.m3u8"), PlaylistUnsupported, "multivariant playlist itself"),
        (('#EXT-X-KEY:METHOD=AES-128,URI="html"', "#EXTINF:6,", "1.ts"), PlaylistUnsupported, "it has 9 bytes"),
        (("#EXTINF:6,", "status/500"), OriginFailed, "video segment 1 of 1: "),
        (("#EXTINF:6,", "file:///etc/passwd"), UrlInvalid, "video segment 1 of 1"),
        (("#EXTINF:6,", "http://169.254.169.254/latest"), UrlForbidden, "video segment 1 of 1"),
        (('#EXT-X-KEY:METHOD=AES-128,URI="data:,x"', "#EXTINF:6,", "1.ts"), UrlInvalid, "key of video segment 1"),
        (("#EXT-X-STREAM-INF:BANDWIDTH=1", "http://10.0.0.1/"), UrlForbidden, "variant playlist"),
        (("#EXTINF:6,", "redirect?to=http://127.0.0.1/"), UrlForbidden, "video segment 1 of 1"),
        (("#EXTINF:6,", "endless"), BodyTooLarge, "video segment 1 of 1"),
    ],
)
async def test_a_bad_child_has_its_own_error_and_leaves_nothing(
    bench: Bench, lines: tuple[str, ...], *, error: type[VodpullError], why: str
) -> None:
    bench.origin.put("1.ts", TS)
    bench.origin.put("1.ac3", b"\x0b\x77" + bytes(100))
    bench.origin.put("m4s", BOX + bytes(100))
    bench.origin.put("html", b"<!DOCTYPE")
    with pytest.raises(error, match=why):
        await bench.fetch_lines(*lines)
    assert bench.left() == []


async def test_a_child_may_not_lead_to_this_machine(bench: Bench) -> None:
    async with Canary() as canary:
        for child in (f"http://127.0.0.1:{canary.port}/", f"redirect?to=http://127.0.0.1:{canary.port}/"):
            with pytest.raises(VodpullError):
                await bench.fetch_lines("#EXTINF:6,", child)
        assert canary.connects == 0


async def test_all_segments_together_stay_below_the_limit(bench: Bench) -> None:
    bench.origin.put("1.ts", TS)
    lines = ("#EXTINF:6,", "1.ts") * 10
    bench.limits = replace(bench.limits, max_bytes=len(TS) * 10)
    assert (await bench.fetch_lines(*lines)).size_bytes == len(TS) * 10
    bench.limits = replace(bench.limits, max_bytes=len(TS) * 10 - 1)
    (bench.folder / "video.ts").unlink()
    with pytest.raises(BodyTooLarge):
        await bench.fetch_lines(*lines)
    assert bench.left() == []


async def test_children_are_relative_to_where_the_playlist_was_found(bench: Bench) -> None:
    bench.origin.put("deep/list.m3u8", b"#EXTM3U\n#EXTINF:6,\n1.ts\n#EXT-X-ENDLIST")
    bench.origin.put("deep/1.ts", TS)
    bench.origin.put("main.m3u8", b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nredirect?to=deep/list.m3u8")
    assert (await bench.fetch("redirect?to=main.m3u8")).size_bytes == len(TS)


async def test_cancelling_ends_every_transfer_and_leaves_nothing(bench: Bench) -> None:
    running = asyncio.create_task(bench.fetch_lines(*("#EXTINF:6,", "stall?after=1000") * 12))
    async with asyncio.timeout(60):
        while bench.origin.requests["/stall"] < 8:
            await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert bench.left() == []
    await asyncio.wait_for(bench.origin.left_early.wait(), 60)
    assert bench.origin.requests["/stall"] == 8


@pytest.mark.parametrize("last", ["stall?after=1000", "status/503"])
async def test_segments_that_are_here_are_not_fetched_again(bench: Bench, last: str) -> None:
    for number in range(3):
        bench.origin.put(f"{number}.ts", TS + bytes([number]) * 188)
    lines = ("#EXTINF:6,", "0.ts", "#EXTINF:6,", "1.ts", "#EXTINF:6,", "2.ts", "#EXTINF:6,")
    running = asyncio.create_task(bench.fetch_lines(*lines, last))
    async with asyncio.timeout(60):
        while len(list(bench.folder.glob("video-*.piece"))) < 3:
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises((asyncio.CancelledError, OriginBusy)):
        await running
    bench.origin.put("4.ts", TS)
    fetched = await bench.fetch_lines(*lines, "4.ts")
    assert [bench.origin.requests[f"/{number}.ts"] for number in range(3)] == [1, 1, 1]
    assert fetched.video.read_bytes() == b"".join(TS + bytes([number]) * 188 for number in range(3)) + TS
    assert bench.left() == ["video.ts"]


async def test_what_is_joined_already_stays(bench: Bench) -> None:
    bench.origin.put("1.ts", TS)
    first = await bench.fetch_lines("#EXTINF:6,", "1.ts")
    assert await bench.fetch_lines("#EXTINF:6,", "1.ts") == first
    assert bench.origin.requests["/1.ts"] == 1


async def test_sound_without_a_container_is_joined_without_its_tags(bench: Bench) -> None:
    tag, frames = b"ID3\4\0\0\0\0\0\5time!", b"\xff\xf1\x50\x80" + bytes(100)
    bench.origin.put("1.ts", TS)
    bench.origin.put("1.aac", tag + frames)
    bench.origin.put("2.aac", tag + frames + b"end")
    sound = b"#EXTM3U\n#EXTINF:6,\n1.aac\n#EXTINF:6,\n2.aac\n#EXT-X-ENDLIST"
    bench.origin.put("sound.m3u8", sound)
    bench.origin.put("picture.m3u8", b"#EXTM3U\n#EXTINF:6,\n1.ts\n#EXT-X-ENDLIST")
    rendition = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="a",URI="sound.m3u8"'
    fetched = await bench.fetch_lines(rendition, '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="g"', "picture.m3u8")
    assert [sound.path for sound in fetched.sounds] == [bench.folder / "audio.aac"]
    assert (bench.folder / "audio.aac").read_bytes() == frames + frames + b"end"


LANGUAGES = (
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="Deutsch",LANGUAGE="de",URI="de.m3u8"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="English",LANGUAGE="en",DEFAULT=YES,URI="en.m3u8"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="Original"',
    '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="g"',
    "picture.m3u8",
)


def put_languages(origin: Origin, *, german: str = "de.ts") -> None:
    for name, segment in (("picture", "v.ts"), ("en", "en.ts"), ("de", german)):
        origin.put(f"{name}.m3u8", f"#EXTM3U\n#EXTINF:6,\n{segment}\n#EXT-X-ENDLIST".encode())
        origin.put(f"{name[0] if name == 'picture' else name}.ts", TS + name.encode().ljust(188))
    origin.put("v.ts", TS)


async def test_every_language_is_fetched_the_default_first(bench: Bench) -> None:
    put_languages(bench.origin)
    fetched = await bench.fetch_lines(*LANGUAGES)
    assert [(sound.path and sound.path.name, sound.language, sound.name) for sound in fetched.sounds] == [
        ("audio.ts", "en", "English"),
        ("audio2.ts", "de", "Deutsch"),
        (None, "", "Original"),
    ]
    assert (bench.folder / "audio2.ts").read_bytes() == TS + b"de".ljust(188)
    assert (fetched.segment_count, fetched.size_bytes) == (3, 3 * len(TS) + 2 * 188)
    assert bench.left() == ["audio.ts", "audio2.ts", "video.ts"]


async def test_a_language_that_is_missing_is_named(bench: Bench) -> None:
    put_languages(bench.origin, german="gone.ts")
    with pytest.raises(OriginMissing, match="audio2 segment 1 of 1"):
        await bench.fetch_lines(*LANGUAGES)
    bench.origin.put("de.m3u8", b"#EXTM3U\n#EXTINF:6,\nde.ts")
    with pytest.raises(PlaylistUnsupported, match="audio2 playlist: the playlist is live"):
        await bench.fetch_lines(*LANGUAGES)


async def test_languages_that_are_here_are_not_fetched_again(bench: Bench) -> None:
    put_languages(bench.origin, german="status/503")
    with pytest.raises(OriginBusy):
        await bench.fetch_lines(*LANGUAGES)
    put_languages(bench.origin)
    await bench.fetch_lines(*LANGUAGES)
    assert [bench.origin.requests[f"/{name}.ts"] for name in ("v", "en", "de")] == [1, 1, 1]


async def test_languages_together_stay_below_the_limits(bench: Bench) -> None:
    put_languages(bench.origin)
    limits = bench.limits
    bench.limits = replace(limits, max_segments=2)
    with pytest.raises(PlaylistUnsupported, match="3 segments, 2 are allowed"):
        await bench.fetch_lines(*LANGUAGES)
    bench.limits = replace(limits, max_bytes=3 * len(TS))
    with pytest.raises(BodyTooLarge, match="audio2 segment"):
        await bench.fetch_lines(*LANGUAGES)


def put_fragmented_text(origin: Origin, folder: Path, *, entry: str) -> None:
    """Put a text track of two cues there as `text.m3u8`, an initialisation section and fragments."""
    movie = struct.pack(">IIIIIH", 0, 0, 1000, 0, 0x10000, 0x100) + bytes(10 + 36 + 24) + struct.pack(">I", 99)
    head = box("ftyp", b"iso5", bytes(4)) + box("moov", full_box("mvhd", 0, 0, movie), box("mvex")) + box("moof")
    (folder / "head").write_bytes(head)
    whole = add_wvtt(folder / "head", folder / "text", [(0.48, 1.5, "First"), (1.2, 1.96, "Second")], entry=entry)
    pieces = [box(*each) for each in boxes_in(whole.read_bytes())]
    for name, content in {"text-init.mp4": pieces[:2], "1.m4s": pieces[3:5], "2.m4s": pieces[5:]}.items():
        origin.put(name, b"".join(content))
    segments = b"#EXTINF:1,\n1.m4s\n#EXTINF:1,\n2.m4s\n#EXT-X-ENDLIST"
    origin.put("text.m3u8", b'#EXTM3U\n#EXT-X-MAP:URI="text-init.mp4"\n' + segments)


@pytest.mark.parametrize("entry", ["wvtt", "nope"])
async def test_subtitles_in_fragments_are_taken_as_others_are(bench: Bench, tmp_path: Path, entry: str) -> None:
    put_fragmented_text(bench.origin, tmp_path, entry=entry)
    bench.origin.put("1.ts", TS)
    bench.origin.put("picture.m3u8", b"#EXTM3U\n#EXTINF:6,\n1.ts\n#EXT-X-ENDLIST")
    rendition = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="Deutsch",LANGUAGE="de",URI="text.m3u8"'
    fetched = await bench.fetch_lines(rendition, '#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES="t"', "picture.m3u8")
    [text] = await read_texts(fetched.texts, zero_s=0.4, toolbox=find_toolbox("", sandbox="auto"))
    if entry == "nope":
        assert "neither WebVTT nor TTML" in text.reason
        return
    assert (text.text.language, text.reason) == ("de", "")
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in text.track.cues] == [
        (80, 1100, "First"),
        (800, 1560, "Second"),
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"#EXTM3U\n", True), (b"\xef\xbb\xbf#EXTM3U", True), (b"", False), (b"\n#EXTM3U", False), (b"#EXTINF", False)],
)
def test_a_playlist_is_known_by_its_first_line(tmp_path: Path, content: bytes, *, expected: bool) -> None:
    (tmp_path / "source").write_bytes(content)
    assert is_playlist(tmp_path / "source") is expected


async def test_video_and_sound_together_stay_below_the_number_of_segments(bench: Bench) -> None:
    many = "\n".join(["#EXTM3U", *["#EXTINF:6,\n1.ts"] * 51, "#EXT-X-ENDLIST"])
    bench.origin.put("many.m3u8", many.encode())
    bench.limits = replace(bench.limits, max_segments=100)
    rendition = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="a",URI="many.m3u8"'
    with pytest.raises(PlaylistUnsupported, match="102 segments, 100 are allowed"):
        await bench.fetch_lines(rendition, '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="g"', "many.m3u8?video")
    assert bench.origin.requests["/1.ts"] == 0


async def test_a_huge_playlist_is_not_read(bench: Bench) -> None:
    bench.limits = replace(bench.limits, max_playlist_bytes=1 << 20)
    with pytest.raises(PlaylistUnsupported, match="VODPULL_MAX_PLAYLIST_BYTES"):
        await bench.fetch_lines("#" * (1 << 20))


async def test_a_playlist_that_is_no_text_is_unsupported(bench: Bench) -> None:
    bench.origin.put("list.m3u8", b"#EXTM3U\n\xff\xfe")
    with pytest.raises(PlaylistUnsupported, match="UTF-8"):
        await bench.fetch("list.m3u8")


async def test_very_many_segments_that_are_each_in_time_are_given_up_when_all_of_them_drip(bench: Bench) -> None:
    bench.limits = replace(bench.limits, min_rate_window_s=0.3, child_s=0.001)
    bench.origin.put("drip.ts", TS[: 188 * 2])
    segments = [line for number in range(1000) for line in ("#EXTINF:1,", f"slow?file=drip.ts&pause=0.1&{number}")]
    with pytest.raises(OriginTooSlow, match="parts of"):
        await bench.fetch_lines(*segments)
    asked = len([name for name in bench.left() if name.endswith(".piece")])
    assert asked < 50
