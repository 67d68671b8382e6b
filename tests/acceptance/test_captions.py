"""Captions from end to end: tracks of a late source, sidecars, and what stays when the video is encoded again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

import httpx2
import imageio_ffmpeg
import m3u8
import pytest
import webvtt

from tests.origin import Origin
from tests.pngs import png
from tests.services.vodpull import Vodpull
from vodpull.client import CaptionFile, CaptionSource, Client, Source, Video

LATE_S = 5.4
SOUNDS_IN_WORDS = "public.accessibility.transcribes-spoken-dialog"
SPOKEN = "1\n00:00:00,500 --> 00:00:01,500\nFirst <i>one</i>\n\n2\n00:00:02,000 --> 00:00:03,000\nSecond\n"


def film(folder: Path) -> bytes:
    """Return a film in Matroska whose first timestamp is not 0, with three text tracks."""
    text, made = folder / "a.srt", folder / "film.mkv"
    text.write_text(SPOKEN)
    words = ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4", "-f", "lavfi", "-i", "sine=d=4"]
    words += ["-i", str(text), "-map", "0", "-map", "1", "-map", "2", "-map", "2", "-map", "2"]
    words += [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-c:a",
        "aac",
        "-c:s:0",
        "srt",
        "-c:s:1",
        "ass",
        "-c:s:2",
        "webvtt",
    ]
    words += ["-metadata:s:s:0", "language=ger", "-metadata:s:s:1", "language=ger", "-metadata:s:s:1", "title=Schilder"]
    words += ["-metadata:s:s:2", "language=fre", "-disposition:s:0", "default", "-disposition:s:1", "forced"]
    words += ["-output_ts_offset", str(LATE_S), str(made)]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *words], check=True, timeout=60)
    return made.read_bytes()


@pytest.fixture(scope="module")
def client(service: Vodpull) -> Iterator[Client]:
    key = service.key("subtitler")
    with Client(service.url, key.access_key, key.secret) as client:
        yield client


@pytest.fixture(scope="module")
def video(client: Client, origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Video:
    """A film with its own tracks in German and French, and sidecars in English, Chinese and one that is broken."""
    origin.put("film.mkv", film(tmp_path_factory.mktemp("film")))
    origin.put("en.vtt", b"WEBVTT\n\n00:01.000 --> 00:09.000\nHello\n")
    origin.put("cn.srt", SPOKEN.replace("Second", "第二").encode("gb18030"))
    origin.put("large.srt", bytes(50_000_000))
    origin.put("broken.srt", SPOKEN.replace("00:00:02,000", "soon").encode())
    sidecars = (
        CaptionSource(url=origin.url("en.vtt"), language="en", label="English", default=True),
        CaptionSource(url=origin.url("cn.srt"), language="zh-CN"),
        CaptionSource(url=origin.url("broken.srt"), language="it"),
        CaptionSource(url=origin.url("fr.srt"), language="fr"),
        CaptionSource(url=origin.url("large.srt"), language="nl"),
    )
    batch = client.submit([Source(url=origin.url("film.mkv"), captions=sidecars)])
    [job] = client.wait(batch.batch_id, timeout_s=240).jobs
    assert job.succeeded, job
    return client.video(job.video_id)


def texts_of(video: Video) -> list[m3u8.Media]:
    playlist = m3u8.loads(httpx2.get(video.playlist_url).text)
    assert {variant.stream_info.subtitles for variant in playlist.playlists} == {"text"}
    return [media for media in playlist.media if media.type == "SUBTITLES"]


def texts_of_mpd(client: Client, video: Video) -> set[tuple[str, str, str]]:
    """Return language, label and first role of each text in the DASH manifest, whose files are there."""
    url = client.playback(video.video_id).dash_url
    dash = {"d": "urn:mpeg:dash:schema:mpd:2011"}
    manifest = ET.fromstring(httpx2.get(url).text)  # noqa: S314 - our own file
    sets = manifest.findall(".//d:AdaptationSet[@contentType='text']", dash)
    for each in sets:
        whole = httpx2.get(urljoin(url, each.findtext(".//d:BaseURL", namespaces=dash) or ""))
        assert (whole.status_code, whole.text[:6]) == (200, "WEBVTT")
    labels = (each.findtext("d:Label", namespaces=dash) or "" for each in sets)
    roles = (role.get("value", "") for each in sets if (role := each.find("d:Role", dash)) is not None)
    return set(zip((each.get("lang", "") for each in sets), labels, roles, strict=True))


def times_of(url: str) -> list[tuple[float, float, str]]:
    cues = webvtt.from_string(httpx2.get(url).text, strict=True).captions
    return [
        (cue.start_time.in_milliseconds() / 1000, cue.end_time.in_milliseconds() / 1000, cue.raw_text) for cue in cues
    ]


def test_sidecars_and_tracks_are_captions_of_the_video(client: Client, video: Video) -> None:
    shown = {each.language: (each.label, each.default, each.forced, each.origin, each.cues) for each in video.captions}
    assert shown == {
        "en": ("English", True, False, "request", 1),
        "zh-CN": ("中文", False, False, "request", 2),
        "de": ("Deutsch", False, False, "source", 2),
        "de-x-forced": ("Schilder", False, True, "source", 2),
        "fr": ("Français", False, False, "source", 2),
    }
    told = {warning["message"].partition(":")[0]: warning["message"] for warning in video.warnings}
    assert set(told) == {f"the caption {language} is left out" for language in ("it", "fr", "nl")}
    assert "larger than 8388608 bytes" in told["the caption nl is left out"]
    assert "line 6: the times" in told["the caption it is left out"]
    assert [(track["kind"], track["used"]) for track in video.tracks] == [
        ("video", True),
        ("audio", True),
        *3 * [("subtitle", True)],
    ]
    assert {text.language for text in texts_of(video)} == {"en", "zh-CN", "de", "fr"}
    assert [text.language for text in texts_of(video) if text.default == "YES"] == ["en"]
    assert texts_of_mpd(client, video) == {
        ("en", "English", "subtitle"),
        ("zh-CN", "中文", "subtitle"),
        ("de", "Deutsch", "subtitle"),
        ("de", "Schilder", "forced-subtitle"),
        ("fr", "Français", "subtitle"),
    }


def test_tracks_are_in_time_with_a_source_that_does_not_begin_at_0(video: Video) -> None:
    for language in ("de", "de-x-forced", "fr", "zh-CN"):
        [caption] = [each for each in video.captions if each.language == language]
        times = times_of(caption.url)
        spoken = "第二" if language == "zh-CN" else "Second"
        for found, wanted in zip(times, [(0.5, 1.5, "First <i>one</i>"), (2.0, 3.0, spoken)], strict=True):
            assert found[2] == wanted[2]
            assert found[:2] == pytest.approx(wanted[:2], abs=0.04)
        playlist = m3u8.loads(httpx2.get(caption.playlist_url).text)
        [segment] = playlist.segments
        part = httpx2.get(urljoin(caption.playlist_url, segment.uri)).text
        assert part.startswith("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n")
    english = next(each for each in video.captions if each.language == "en")
    assert times_of(english.url)[0][1] == pytest.approx(video.duration_s, abs=0.001)  # it said 9 s


def test_captions_stay_when_the_video_is_encoded_again_with_one_in_the_picture(
    client: Client, video: Video, tmp_path: Path
) -> None:
    client.delete_caption(video.video_id, "fr")
    client.put_caption(video.video_id, "it", SPOKEN.encode(), label="Italiano")
    before = {each.language: each.playlist_url for each in client.captions(video.video_id)}
    (tmp_path / "burnt.srt").write_text(SPOKEN.replace("Second", "第二 مرحبا"))
    burnt = client.upload_material(tmp_path / "burnt.srt")
    (tmp_path / "logo.png").write_bytes(png(40, 20))
    logo = client.upload_material(tmp_path / "logo.png")
    client.encode_video(video.video_id, template="mp4", burn_in=burnt, watermark=logo)
    ended = client.wait_video(video.video_id, timeout_s=240)
    assert ended.encode_state == "encoded"
    [job] = client.wait(ended.batch_id).jobs
    assert job.proof
    assert job.proof["written"] >= 2
    assert job.proof["marked"] >= 2
    assert {each.language: each.playlist_url for each in ended.captions} == before
    assert "fr" not in before
    assert len(texts_of(ended)) == len(texts_of_mpd(client, ended)) == len(before) == 5
    rungs = [file.url for file in ended.files if file.url.endswith(".m3u8")]
    assert all("SUBTITLES" in text or "#EXTINF" in text for text in (httpx2.get(url).text for url in rungs))


def test_captions_come_with_an_upload(client: Client, clips: Path, tmp_path: Path) -> None:
    spoken, signs = tmp_path / "film.en.srt", tmp_path / "film.de.srt"
    spoken.write_text(SPOKEN)
    signs.write_text("no caption file")
    files = [CaptionFile(path=spoken, language="en", default=True), CaptionFile(path=signs, language="de")]
    video_id = client.upload(clips / "flower_faststart.mp4", template="original", captions=files)
    client.wait(client.video(video_id).batch_id, timeout_s=240)
    video = client.video(video_id)
    assert [(each.language, each.default, each.cues) for each in video.captions] == [("en", True, 2)]
    assert [warning["code"] for warning in video.warnings] == ["caption_left_out"]
    assert times_of(video.captions[0].url)[0][2] == "First <i>one</i>"
    names = {material.name for material in client.list_materials(suffix="srt").materials}
    assert names >= {"film.en", "film.de"}


def test_subtitles_of_a_playlist_are_captions(client: Client, origin: Origin, tmp_path: Path) -> None:
    film = tmp_path / "film.ts"
    words = ["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4", "-c:v", "libx264", "-bf", "0"]
    words += ["-output_ts_offset", "10", "-muxdelay", "0", "-f", "mpegts", str(film)]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *words], check=True, timeout=60)
    kinds = {
        "en": "DEFAULT=YES",
        "de": f'FORCED=YES,CHARACTERISTICS="{SOUNDS_IN_WORDS}"',
        "it": "DEFAULT=NO",
        "fr": "DEFAULT=NO",
    }
    lines = [
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="{tag} text",LANGUAGE="{tag}",{kind},URI="{tag}.m3u8"'
        for tag, kind in kinds.items()
    ]
    variant = ['#EXT-X-STREAM-INF:BANDWIDTH=500000,SUBTITLES="s"', "film.m3u8"]
    origin.put("master.m3u8", "\n".join(["#EXTM3U", *lines, *variant]).encode())
    media = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{}\n#EXTINF:4,\n{}\n#EXT-X-ENDLIST"
    origin.put("film.m3u8", media.format("film.ts", "").replace("#EXTINF:4,\n\n", "").encode())
    origin.put("film.ts", film.read_bytes())
    for tag in ("en", "de", "it"):
        origin.put(f"{tag}.m3u8", media.format(f"{tag}1.vtt", f"{tag}2.vtt").encode())
        head = f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{10 * 90_000},LOCAL:00:00:00.000\n\n"
        cues = ["00:00.500 --> 00:01.500\nFirst\n\n", "00:02.000 --> 00:03.000 line:0\nSecond\n\n"]
        origin.put(f"{tag}1.vtt", (head + cues[0] + cues[1]).encode())
        origin.put(f"{tag}2.vtt", b"<html>" if tag == "it" else (head + cues[1]).encode())
    batch = client.submit([Source(url=origin.url("master.m3u8"))], template="original")
    [job] = client.wait(batch.batch_id, timeout_s=240).jobs
    video = client.video(job.video_id)
    found = {each.language: (each.label, each.default, each.forced, each.origin, each.cues) for each in video.captions}
    assert found == {
        "en": ("en text", True, False, "source", 2),
        "de-x-sdh": ("de text", False, True, "source", 2),
    }
    for caption in video.captions:
        for known, wanted in zip(times_of(caption.url), [(0.5, 1.5, "First"), (2.0, 3.0, "Second")], strict=True):
            assert known[2] == wanted[2]
            assert known[:2] == pytest.approx(wanted[:2], abs=0.04)
    told = {warning["message"].partition(":")[0]: warning["message"] for warning in video.warnings}
    assert "no WebVTT" in told["subtitle 3 of the playlist"]
    assert "404" in told["subtitle 4 of the playlist"]


def test_the_commands_put_list_and_delete(
    service: Vodpull, video: Video, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(service._environment, "VODPULL_SERVER", service.url)
    key = service.key("subtitler")
    who = {"VODPULL_ACCESS_KEY": key.access_key, "VODPULL_SECRET_KEY": key.secret}
    (tmp_path / "ja.srt").write_text(SPOKEN)
    put = service.run("videos", "captions", "put", video.video_id, "ja", str(tmp_path / "ja.srt"), **who)
    assert (put.returncode, "日本語" in put.stdout) == (0, True), put.stderr
    assert "ja" in service.run("videos", "captions", "list", video.video_id, **who).stdout
    (tmp_path / "ja.srt").write_text(SPOKEN.replace("-->", "->"))
    refused = service.run("videos", "captions", "put", video.video_id, "ja", str(tmp_path / "ja.srt"), **who)
    assert (refused.returncode, "caption_invalid" in refused.stderr) == (1, True)
    assert service.run("videos", "captions", "delete", video.video_id, "ja", **who).returncode == 0
    assert urlsplit(video.playlist_url).path.startswith("/media/")
