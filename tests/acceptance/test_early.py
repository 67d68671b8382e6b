"""Playing begins before the renditions are whole; nothing of it counts too early."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import imageio_ffmpeg
import m3u8
import pytest

from tests.origin import Origin, run_origin_in_thread
from tests.services.postgres import Postgres
from tests.services.s3 import BUCKET
from tests.services.vodpull import QUICK, Vodpull
from tests.waiting import until
from vodpull.storage import UPLOADS, open_store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a minute of moving picture and sound in a codec that is always encoded again."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    sources = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=60", "-f", "lavfi", "-i", "sine=f=440:d=60"]
    codecs = ["-c:v", "mpeg4", "-b:v", "200k", "-g", "50", "-c:a", "aac", "-b:a", "48k", "-movflags", "+faststart"]
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *sources, *codecs, str(path)]
    subprocess.run(words, check=True, timeout=120)
    return path


@pytest.fixture(scope="module")
def own_origin(film: Path) -> Iterator[Origin]:
    with run_origin_in_thread(film.parent) as origin:
        yield origin


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, own_origin: Origin) -> Iterator[Vodpull]:
    service = Vodpull(tmp_path_factory.mktemp("early") / "data", origin=own_origin.origin, VODPULL_ENCODE_SLOTS="1")
    service.encode_quickly()
    service.start()
    yield service
    service.stop()


def job_of(service: Vodpull, batch: dict[str, Any]) -> dict[str, Any]:
    [job] = service.state(batch["batch_id"])["jobs"]
    return dict(job)


def wait_playable(service: Vodpull, batch: dict[str, Any]) -> dict[str, Any]:
    """Return the job at the first look at which it can be played."""
    return until(
        lambda: job_of(service, batch),
        holds=lambda job: job["is_playable"],
        every_s=0.1,
        told=lambda: service.log()[-3000:],
    )


def media_of(service: Vodpull, path: str) -> m3u8.M3U8:
    """Return the playlist of the best rendition that a multivariant playlist names."""
    variants = m3u8.loads(service.get(f"/media/{path}").text).playlists
    folder = path.rpartition("/")[0]
    return m3u8.loads(service.get(f"/media/{folder}/{variants[0].uri}").text, uri=f"/media/{folder}/")


def test_the_beginning_plays_while_the_rest_is_encoded(service: Vodpull, own_origin: Origin) -> None:
    batch = service.create(own_origin.url("film.mp4"))
    early = wait_playable(service, batch)
    assert early["stage"] in {"encode", "package"}, "a minute is not encoded within one look"
    growing = media_of(service, early["playlist"])
    assert (growing.playlist_type, growing.is_endlist) == ("event", False)
    first = service.get(growing.segments[0].absolute_uri).content
    assert service.call("pullVideoQuery", {"taskId": batch["batch_id"]})["data"]["items"][0]["cmdStatus"] == 1
    [done] = service.wait_final(batch["batch_id"])["jobs"]
    whole = media_of(service, done["playlist"])
    assert (done["stage"], done["playlist"]) == ("done", early["playlist"])
    assert (whole.playlist_type, whole.is_endlist) == ("vod", True)
    assert len(whole.segments) > len(growing.segments)
    assert service.get(whole.segments[0].absolute_uri).content == first


def tus(
    service: Vodpull, method: str, target: str, body: bytes | Iterator[bytes] = b"", **headers: str
) -> httpx2.Response:
    key = service.own_key
    own = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {key.access_key}.{key.secret}"}
    own |= {name.replace("_", "-"): value for name, value in headers.items()}
    reply = httpx2.request(method, f"{service.url}/api/v1/uploads{target}", content=body, headers=own, timeout=60)
    assert reply.status_code // 100 == 2, reply.text
    return reply


def begin_upload(service: Vodpull, data: bytes, *, encoded_by: Vodpull | None = None) -> str:
    """Send the beginning of a film, wait until a chunk of it is encoded, and return the id of the upload."""
    said = f"filename Zi5tcDQ=,template {base64.b64encode(QUICK.encode()).decode()}"
    made = tus(service, "POST", "", Upload_Length=str(len(data)), Upload_Metadata=said)
    upload_id = made.headers["location"].rpartition("/")[2]
    send_on(service, upload_id, data[: len(data) // 2])
    worker = encoded_by or service
    chunks = work_of(worker, upload_id) / "results"
    until(lambda: list(chunks.glob("chunk-*")), every_s=0.05, told=lambda: worker.log()[-3000:])
    return upload_id


def send_on(service: Vodpull, upload_id: str, data: bytes | Iterator[bytes], *, at: int = 0) -> None:
    kind = {"Content_Type": "application/offset+octet-stream"}
    tus(service, "PATCH", f"/{upload_id}", data, Upload_Offset=str(at), **kind)


def work_of(service: Vodpull, upload_id: str) -> Path:
    return service.data_dir / "work" / f"{upload_id}-1"


def videos_of(service: Vodpull) -> list[dict[str, Any]]:
    videos: list[dict[str, Any]] = service.api("GET", "/videos").json()["videos"]
    return videos


def test_an_upload_is_encoded_while_it_comes(service: Vodpull, film: Path) -> None:
    data, before = film.read_bytes(), len(videos_of(service))
    upload_id = begin_upload(service, data)
    assert len(videos_of(service)) == before, "nothing is shown before the last byte"
    early = {path.name for path in work_of(service, upload_id).glob("results/chunk-*")}
    told = len(service.log())
    send_on(service, upload_id, data[len(data) // 2 :], at=len(data) // 2)
    encoded(service, before)
    log = service.log()[told:]
    assert "upload copied as it came" in log
    made = set(re.findall(r"chunk encoded .* chunk=(\d+)", log))
    assert "3" in made, "the filter of this test reads the log"
    assert not made & {name.split("-")[1] for name in early}


def encoded(service: Vodpull, before: int) -> dict[str, Any]:
    """Return the newest video once it is encoded."""

    def newest() -> dict[str, Any]:
        videos = videos_of(service)
        return videos[0] if len(videos) > before and videos[0]["encode_state"] == "encoded" else {}

    return until(newest, within_s=240, told=lambda: service.log()[-3000:])


def segments_of(service: Vodpull, video_id: str) -> list[str]:
    """Return the digests of the segments of a video's best rendition."""
    path = urlsplit(service.api("GET", f"/videos/{video_id}").json()["playlist_url"]).path.removeprefix("/media/")
    found = media_of(service, path).segments
    return [hashlib.sha256(service.get(each.absolute_uri).content).hexdigest() for each in found]


def test_an_upload_outlives_kills_while_it_is_encoded(service: Vodpull, own_origin: Origin, film: Path) -> None:
    data = film.read_bytes()
    [pulled] = service.wait_final(service.create(own_origin.url("film.mp4"))["batch_id"])["jobs"]
    before = len(videos_of(service))
    upload_id = begin_upload(service, data)
    at = len(data) // 2
    for end in (3 * len(data) // 4, len(data)):
        service.kill()
        service.start()
        assert len(videos_of(service)) == before, "nothing is shown before the last byte"
        assert int(tus(service, "HEAD", f"/{upload_id}").headers["upload-offset"]) == at
        send_on(service, upload_id, data[at:end], at=at)
        at = end
    video = encoded(service, before)
    assert service.api("GET", f"/videos/{video['video_id']}").json()["sha256"] == hashlib.sha256(data).hexdigest()
    assert segments_of(service, video["video_id"]) == segments_of(service, pulled["video_id"])
    assert len(videos_of(service)) == before + 1


@pytest.fixture
def apart(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, s3_environment: dict[str, str]
) -> Iterator[tuple[Vodpull, Vodpull]]:
    """Give a process that only takes files in, and one that only works, each with a folder of its own."""
    shared = {
        "VODPULL_DATABASE_URL": postgres.url(postgres.with_tables),
        "VODPULL_STORAGE_URL": f"s3://{BUCKET}/apart",
        "VODPULL_MASTER_KEY": "one master key for both",
        **s3_environment,
    }
    both = []
    for role in ("api", "worker"):
        one = Vodpull(tmp_path_factory.mktemp(role) / "data", origin="http://127.0.0.1:9", **shared)
        one.role = role
        one.encode_quickly()
        one.start()
        both.append(one)
    yield both[0], both[1]
    for one in both:
        one.stop()


def test_an_upload_outlives_kills_of_who_takes_it_in_and_of_who_encodes_it(
    apart: tuple[Vodpull, Vodpull], film: Path, s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api, worker = apart
    data, ends = film.read_bytes(), [len(film.read_bytes()) * n // 4 for n in range(5)]
    upload_id = begin_upload(api, data, encoded_by=worker)

    def broken_off() -> Iterator[bytes]:
        yield data[ends[2] : ends[3]]
        api.kill()
        yield data[ends[3] :]

    with pytest.raises(httpx2.TransportError):
        send_on(api, upload_id, broken_off(), at=ends[2])
    api.start()
    at = int(tus(api, "HEAD", f"/{upload_id}").headers["upload-offset"])
    assert ends[2] <= at <= ends[3]
    send_on(api, upload_id, data[at : ends[3]], at=at)
    worker.kill()
    send_on(api, upload_id, data[ends[3] : -1], at=ends[3])
    assert videos_of(api) == [], "nothing is shown before the last byte"
    worker.start()
    send_on(api, upload_id, data[-1:], at=len(data) - 1)
    video = encoded(api, 0)  # a worker that is gone is waited for half a minute
    assert api.api("GET", f"/videos/{video['video_id']}").json()["sha256"] == hashlib.sha256(data).hexdigest()
    path = urlsplit(api.api("GET", f"/videos/{video['video_id']}").json()["playlist_url"]).path
    found = media_of(api, path.removeprefix("/media/")).segments
    assert sum(each.duration for each in found) == pytest.approx(60, abs=0.1)
    assert len(videos_of(api)) == 1
    for name, value in s3_environment.items():
        monkeypatch.setenv(name, value)
    assert asyncio.run(open_store(f"s3://{BUCKET}/apart").list_keys(UPLOADS)) == []


def test_of_an_upload_that_is_given_up_nothing_stays(service: Vodpull, film: Path) -> None:
    before = len(videos_of(service))
    upload_id = begin_upload(service, film.read_bytes())
    tus(service, "DELETE", f"/{upload_id}")
    until(lambda: not work_of(service, upload_id).exists(), told=lambda: service.log()[-3000:])
    assert len(videos_of(service)) == before
    assert not list((service.data_dir / "media" / "uploads").glob("*/*"))


def is_gone(service: Vodpull, key: str) -> bool:
    """Tell whether a file answers 404; one that goes while it is read ends the connection, and is asked for again."""
    try:
        return service.get(f"/media/{key}").status_code == 404
    except httpx2.RemoteProtocolError:
        return False


def test_what_was_shown_early_goes_with_a_cancelled_job(service: Vodpull, own_origin: Origin) -> None:
    batch = service.create(own_origin.url("film.mp4"))
    early = wait_playable(service, batch)
    assert service.api("POST", f"/batches/{batch['batch_id']}/cancel").is_success
    until(lambda: is_gone(service, early["playlist"]))
    assert not job_of(service, batch)["is_playable"]
