"""
A bucket comes along, one object in twenty no video, into a service that is killed at random: `make bucket-campaign`.

Prints what it took, and fails unless every film is there once, as it was, and of the others each has its reason.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import logging
import os
import random
import subprocess
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import imageio_ffmpeg

from tests.pngs import png
from tests.services.s3 import BUCKET, running_s3
from tests.services.vodpull import Vodpull

ONE_IN = 20
"""Objects, of which one is no video."""

FILMS = {
    "plain.mp4": ("-c:v", "libx264", "-movflags", "+faststart"),
    "index-last.mp4": ("-c:v", "libx264"),
    "fragments.mp4": ("-c:v", "libx264", "-movflags", "+frag_keyframe+empty_moov"),
    "film.mkv": ("-c:v", "libx264"),
    "film.mov": ("-c:v", "mpeg4"),
    "film.webm": ("-c:v", "libvpx"),
    "film.ts": ("-c:v", "libx264"),
    "film.avi": ("-c:v", "mpeg4"),
}

TICKS_PER_S = os.sysconf("SC_CLK_TCK")

INVALID, FAILED = "invalid", "failed"


@dataclass
class Meter:
    """What the bucket was asked for, as it saw it."""

    requests: Counter[str] = field(default_factory=Counter)
    sent_bytes: int = 0
    """Of objects."""

    def wrap(self, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        """Return an application that answers as this one does, and counts."""

        def counted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
            is_object = environ["PATH_INFO"].count("/") > 1 and environ["REQUEST_METHOD"] == "GET"
            self.requests[environ["REQUEST_METHOD"] if is_object else "list and others"] += 1
            for part in app(environ, start_response):
                self.sent_bytes += len(part) if is_object else 0
                yield part

        return counted


@dataclass
class Spent:
    """What all processes of a service took that was killed now and then."""

    cpu_s: float = 0.0
    memory_bytes: int = 0
    kills: int = 0

    def count(self, service: Vodpull) -> None:
        """Add what the running process and those it waited for took; what a kill ends at once is not seen."""
        fields = Path(f"/proc/{service.pid}/stat").read_text().rpartition(")")[2].split()
        self.cpu_s += sum(map(int, fields[11:15])) / TICKS_PER_S
        self.memory_bytes = max(self.memory_bytes, service.memory_bytes)


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """What was put into it."""

    films: dict[str, bytes]
    """By key."""
    others: dict[str, str]
    """By key: the state that it must end in."""
    needed_bytes: int
    """Of all objects that have to be read to know what they are."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--template", default="original")
    parser.add_argument("--parallel", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would tell each request
    meter = Meter()
    with tempfile.TemporaryDirectory() as place, running_s3(meter.wrap) as environment:
        for line in bring(Path(place), environment, meter, asked):
            print(line, flush=True)  # noqa: T201 - the result


def bring(folder: Path, environment: dict[str, str], meter: Meter, asked: argparse.Namespace) -> Iterator[str]:
    """Fill a bucket, import it with the installed command, compare, and give lines that tell what it took."""
    bucket = fill(folder, environment, objects=asked.objects)
    access = {f"LIBRARY_{name}": value for name, value in environment.items()}
    stores = {"VODPULL_SOURCE_STORES": f"library=s3://{BUCKET}"}
    trusted = environment["AWS_ENDPOINT_URL"]
    service, spent = Vodpull(folder / "data", origin=trusted, **stores, **access), Spent()
    service.start()
    try:
        meter.requests.clear()
        meter.sent_bytes, started_s = 0, time.monotonic()
        found = carry(service, spent, asked)
        took_s = time.monotonic() - started_s
        spent.count(service)
        yield from told(meter, bucket, spent, objects=asked.objects, took_s=took_s)
        check(service, bucket, found)
        yield "nothing lost, nothing double, every reason told"
    finally:
        service.stop()


def told(meter: Meter, bucket: Bucket, spent: Spent, *, objects: int, took_s: float) -> Iterator[str]:
    """Give the figures."""
    yield f"{objects} objects, {len(bucket.others)} no videos, {spent.kills} kills: {took_s:.0f} s"
    yield (
        f"{meter.sent_bytes} bytes fetched, {bucket.needed_bytes} needed "
        f"({meter.sent_bytes / bucket.needed_bytes:.3f} times); requests: {dict(meter.requests)}"
    )
    yield f"{1000 * spent.cpu_s / objects:.0f} ms of CPU an object; at most {spent.memory_bytes / 1e6:.0f} MB"


def fill(folder: Path, environment: dict[str, str], *, objects: int) -> Bucket:
    """Put films and other things into the bucket, each under a key of its own."""
    client = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    )
    made = films(folder)
    strange = list(no_films(made))
    kept, others, needed = {}, {}, 0
    for number in range(objects):
        if number % ONE_IN == ONE_IN - 1:
            name, state, body = strange[number // ONE_IN % len(strange)]
            key = f"{number % 7}/{number:05d}-{name}"
            others[key] = state
            needed += len(body) if state == FAILED else 0
        else:
            name = list(made)[number % len(made)]
            key, body = f"{number % 7}/{number:05d} 影 {name}", made[name]
            kept[key] = body
            needed += len(body)
        client.put_object(Bucket=BUCKET, Key=key, Body=body)
    return Bucket(films=kept, others=others, needed_bytes=needed)


def films(folder: Path) -> dict[str, bytes]:
    """Return a second of film in each form, by its name."""
    found = {}
    for number, (name, words) in enumerate(FILMS.items()):
        file = folder / name
        source = f"testsrc=size=64x36:rate={10 + number}:duration=1"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", source, *words, str(file)]
        subprocess.run(command, check=True)
        found[name] = file.read_bytes()
    return found


def no_films(made: dict[str, bytes]) -> Iterator[tuple[str, str, bytes]]:
    """Give what people keep beside films: a name, what becomes of it, and its bytes."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("film.mp4", made["plain.mp4"])
    page, picture = b"<!doctype html><title>Not found</title><p>No film here.", png(64, 36)
    yield "notes.txt", INVALID, b"notes"
    yield "poster.png", INVALID, picture
    yield "films.zip", INVALID, zipped.getvalue()
    yield "empty.mp4", INVALID, b""
    yield "no-index.mp4", FAILED, made["index-last.mp4"][:-400]
    yield "header-only.mp4", FAILED, made["plain.mp4"][:40]
    yield "page.mp4", FAILED, page
    yield "document.mp4", FAILED, b"%PDF-1.7\n" + 50 * b"1 0 obj << /Type /Catalog >> endobj\n"
    yield "archive.mp4", FAILED, zipped.getvalue()
    yield "text.mov", FAILED, b"this is no film\n" * 100


def carry(service: Vodpull, spent: Spent, asked: argparse.Namespace) -> dict[str, Any]:
    """Import by the command as a user types it, kill the service now and then, and return the import at its end."""
    chance = random.Random(asked.seed)
    words = ["s3", "store=library", "--template", asked.template, "--parallel", str(asked.parallel), "--detach"]
    begun = command(service, *words, "--json")
    import_id = json.loads(begun.stdout)["import_id"]
    state = "running"
    while state in {"listing", "running"}:
        time.sleep(chance.uniform(1, 8))
        if spent.kills < asked.kills:
            spent.count(service)
            service.kill()
            service.start()
            spent.kills += 1
        state = service.api("GET", f"/imports/{import_id}").json()["state"]
    found: dict[str, Any] = json.loads(command(service, "status", import_id, "--json").stdout)
    found["failures"] = json.loads(command(service, "failures", import_id, "--json").stdout)
    return found


def command(service: Vodpull, *words: str, **secret: str) -> subprocess.CompletedProcess[str]:
    """Run a command of imports."""
    key = service.own_key
    access = {"VODPULL_SERVER": service.url, "VODPULL_ACCESS_KEY": key.access_key, "VODPULL_SECRET_KEY": key.secret}
    ran = service.run("import", *words, **access, **secret)
    assert ran.returncode == 0, ran.stderr
    return ran


def check(service: Vodpull, bucket: Bucket, found: dict[str, Any]) -> None:
    """Fail unless every film is there once, as it was, and every other object has its reason."""
    counted = Counter({state: tally["entries"] for state, tally in found["counts"].items() if tally["entries"]})
    assert found["state"] == "done", found["error"]
    assert counted == Counter(done=len(bucket.films)) + Counter(bucket.others.values())
    for told in found["failures"]:
        assert told["error"]["code"], told
        assert told["error"]["message"], told
    assert {each["origin_id"] for each in found["failures"] if each["origin_id"]} == {
        key for key, state in bucket.others.items() if state == FAILED
    }
    assert kept(service, found["import_id"]) == {
        key: (key.rpartition("/")[2].rpartition(".")[0], hashlib.sha256(body).hexdigest())
        for key, body in bucket.films.items()
    }
    assert sum(1 for _ in videos(service)) == len(bucket.films)


def kept(service: Vodpull, import_id: str) -> dict[str, tuple[str, str]]:
    """Return the name and the digest of what each key became."""
    rows = csv.DictReader(io.StringIO(command(service, "map", import_id).stdout))
    brought = {row["origin_id"]: row["video_id"] for row in rows if row["state"] == "done"}
    here = {key: service.api("GET", f"/videos/{video_id}").json() for key, video_id in brought.items()}
    return {key: (video["name"], video["sha256"]) for key, video in here.items()}


def videos(service: Vodpull) -> Iterator[dict[str, Any]]:
    """Give what the library has."""
    cursor = ""
    while True:
        page = service.api("GET", "/videos", params={"limit": 100, "cursor": cursor}).json()
        yield from page["videos"]
        cursor = page["next_cursor"]
        if not cursor:
            return


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
