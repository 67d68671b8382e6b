"""Chunks are encoded before the last bytes are here, of every layout that can be read from its beginning."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests.services.loopback import serving
from tests.services.vodpull import Vodpull
from tests.waiting import until

pytestmark = pytest.mark.slow

LENGTH_S = 64
TRICKLE_BYTES = 2048
"""Twice a second: enough not to be taken for dead, so little that the end is minutes away."""
MPEG4 = ("-c:v", "mpeg4", "-c:a", "aac")
FILMS = {
    "faststart.mp4": (*MPEG4, "-movflags", "+faststart"),
    "fragments.mp4": (*MPEG4, "-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
    "stream.ts": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "unsized.ts": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "flash.flv": ("-c:v", "flv1", "-c:a", "mp3", "-ar", "44100"),
    "film.mkv": MPEG4,
}


class Holding(BaseHTTPRequestHandler):
    """An origin without ranges that has hardly anything of the end of each film until it may send it."""

    folder: Path
    may_end: dict[str, threading.Event]

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        content = (self.folder / name).read_bytes()
        held = len(content) * 85 // 100
        self.send_response(200)
        if not name.startswith("unsized"):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:held])
        for start in range(held, len(content), TRICKLE_BYTES):
            self.may_end[name].wait(0.5)
            self.wfile.write(content[start : start + TRICKLE_BYTES])

    def log_message(self, *_words: object) -> None:
        """Keep the tests quiet."""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    Holding.folder = tmp_path_factory.mktemp("films")
    Holding.may_end = {name: threading.Event() for name in FILMS}
    with serving(Holding) as url:
        yield url
        for event in Holding.may_end.values():
            event.set()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, origin: str) -> Iterator[Vodpull]:
    service = Vodpull(tmp_path_factory.mktemp("overlap") / "data", origin=origin, VODPULL_ENCODE_SLOTS="2")
    service.encode_quickly()
    service.start()
    yield service
    service.stop()


def make_film(name: str) -> None:
    if (Holding.folder / name).exists():
        return
    sources = ["-f", "lavfi", "-i", f"testsrc2=s=160x90:r=25:d={LENGTH_S}", "-f", "lavfi", "-i", f"sine=d={LENGTH_S}"]
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *sources, "-g", "50", "-b:v", "300k", *FILMS[name]]
    subprocess.run([*words, str(Holding.folder / name)], check=True, timeout=120)


def chunks_encoded(service: Vodpull, job_id: str) -> list[int]:
    lines = [line for line in service.log().splitlines() if "chunk encoded" in line and job_id in line]
    return [int(found.group(1)) for line in lines if (found := re.search(r"chunk\W+(\d+)", line))]


def wait_for_chunks(service: Vodpull, job_id: str) -> list[int]:
    return until(lambda: chunks_encoded(service, job_id), every_s=0.1, told=lambda: service.log()[-3000:])


@pytest.mark.parametrize("name", FILMS)
def test_chunks_are_encoded_before_the_end_is_here_and_only_once(service: Vodpull, origin: str, name: str) -> None:
    make_film(name)
    batch = service.create(f"{origin}/{name}")
    [job] = service.state(batch["batch_id"])["jobs"]
    early = wait_for_chunks(service, job["job_id"])
    assert service.state(batch["batch_id"])["jobs"][0]["stage"] == "fetch"
    Holding.may_end[name].set()
    [job] = service.wait_final(batch["batch_id"])["jobs"]
    assert job["stage"] == "done", (job["error"], service.log()[-3000:])
    encoded = chunks_encoded(service, job["job_id"])
    assert len(early) < len(encoded)
    assert sorted(encoded) == list(range(len(encoded))), "each chunk once"


def test_a_wrong_digest_throws_away_what_was_encoded_early(service: Vodpull, origin: str) -> None:
    name = "film.mkv"
    make_film(name)
    Holding.may_end[name] = threading.Event()
    reply = service.api("POST", "/batches", json={"items": [{"url": f"{origin}/{name}", "md5": "0" * 32}]})
    [job] = reply.json()["jobs"]
    wait_for_chunks(service, job["job_id"])
    Holding.may_end[name].set()
    [job] = service.wait_final(reply.json()["batch_id"])["jobs"]
    assert (job["stage"], job["error"]["code"], job["is_playable"]) == ("failed", "md5_mismatch", False)
    until(lambda: not list((service.data_dir / "work").iterdir()))  # right after the end
