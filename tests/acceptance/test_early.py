"""Playing begins before the renditions are whole; nothing of it counts too early."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import imageio_ffmpeg
import m3u8
import pytest

from tests.origin import Origin, run_origin_in_thread
from tests.services.vodpull import Vodpull

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a minute of moving picture and sound in a codec that is always encoded again."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    sources = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=60", "-f", "lavfi", "-i", "sine=f=440:d=60"]
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
    service.start()
    yield service
    service.stop()


def job_of(service: Vodpull, batch: dict[str, Any]) -> dict[str, Any]:
    [job] = service.state(batch["batch_id"])["jobs"]
    return dict(job)


def wait_playable(service: Vodpull, batch: dict[str, Any]) -> dict[str, Any]:
    """Return the job at the first look at which it can be played."""
    deadline_s = time.monotonic() + 120
    while not (job := job_of(service, batch))["is_playable"]:
        assert time.monotonic() < deadline_s, (job, service.log()[-3000:])
        time.sleep(0.02)
    return job


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
    deadline_s = time.monotonic() + 30
    while not is_gone(service, early["playlist"]):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    assert not job_of(service, batch)["is_playable"]
