"""Stills and posters over HTTP, of a film that is red, green and blue for a second each."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from tests.clapper import ffmpeg
from tests.integration.api.conftest import Served
from tests.stored import ORIGINAL

from vodpull.errors import RateLimited
from vodpull.jobs.model import Job
from vodpull.jobs.states_and_codes import Clarity, ServerType
from vodpull.media import find_toolbox
from vodpull.videos.library import Library
from vodpull.workflows.attempt.encrypted_segments import ClearFiles
from vodpull.workflows.requests.stills_on_demand import MAX_WAITING, Stills

FOLDER = "pullvideo/202611/" + "5" * 32
SECONDS = ";".join(f"color={colour}:s=320x180:r=25:d=1[{colour}]" for colour in ("red", "lime", "blue"))
FILM = (
    *("-f", "lavfi", "-i", f"{SECONDS};[red][lime][blue]concat=n=3"),
    *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-colorspace", "bt709"),
)
MULTIVARIANT = (
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9,CODECS="avc1.64000c",RESOLUTION=320x180,FRAME-RATE=25.000\nv-01.m3u8\n'
)
PLAYED: dict[str, Any] = {
    "files": (replace(ORIGINAL, key=f"{FOLDER}/film.mp4"),
              replace(ORIGINAL, clarity=Clarity.LD, server_type=ServerType.PC, key=f"{FOLDER}/v-01.m3u8")),
    "playlist_key": f"{FOLDER}/v.m3u8",
    "poster_key": f"{FOLDER}/v.jpg",
    "duration_s": 3.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def film(served: Served, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("film")
    ffmpeg(*FILM, folder / "film.mp4")
    hls = ("-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4")
    ffmpeg("-i", folder / "film.mp4", "-c", "copy", *hls, folder / "v-01.m3u8")
    (folder / "v.m3u8").write_text(MULTIVARIANT)
    (folder / "v.jpg").write_bytes(b"the poster before")

    async def store() -> None:
        for path in folder.iterdir():
            await served.objects.put_file(f"{FOLDER}/{path.name}", path)

    asyncio.run(store())


@pytest.fixture
def video(served: Served, film: None) -> Job:
    return served.video(**PLAYED)


def still(served: Served, job: Job, at: object, **more: Any) -> Any:
    key = more.pop("key", None)
    return served.call("GET", f"/videos/{job.video_id}/still", key=key, params={"at": at, **more})


def seen(picture: bytes, folder: Path) -> tuple[str, tuple[int, int]]:
    """Return which colour a JPEG has in its middle, and its size."""
    (folder / "still.jpg").write_bytes(picture)
    with av.open(folder / "still.jpg") as file:
        pixels = next(file.decode(video=0)).to_ndarray(format="rgb24")
    height, width, _ = pixels.shape
    return ("red", "green", "blue")[int(pixels[height // 2][width // 2].argmax())], (width, height)


@pytest.mark.parametrize(
    ("made_of", "at", "colour"),
    [("rendition", 0, "red"), ("rendition", 1, "green"), ("rendition", 3.0, "blue"),
     ("original", 1.96, "green"), ("original", 3.0, "blue")],
)  # fmt: skip
def test_a_still_is_the_picture_of_its_instant(
    served: Served, film: None, tmp_path: Path, made_of: str, at: float, colour: str
) -> None:
    only = {} if made_of == "rendition" else {"files": PLAYED["files"][:1], "playlist_key": "", "poster_key": ""}
    reply = still(served, served.video(**PLAYED | only), at)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/jpeg")
    assert seen(reply.content, tmp_path) == (colour, (320, 180))


async def test_a_still_is_as_small_as_asked_and_made_once(served: Served, video: Job, tmp_path: Path) -> None:
    stills, found = desk(served), Library(served.database).find(video.video_id, account_id=None)
    pictures = await asyncio.gather(*(stills.still(found, 1.5, width_px=64) for _ in range(8)))
    assert all(picture is pictures[0] for picture in pictures)
    assert seen(pictures[0], tmp_path) == ("green", (64, 36))
    assert await stills.still(found, 1.5, width_px=64) is pictures[0]


async def test_a_crowd_is_turned_away(served: Served, video: Job) -> None:
    stills, found = desk(served), Library(served.database).find(video.video_id, account_id=None)
    async with stills._slots, stills._slots:
        waiting = [asyncio.ensure_future(stills.still(found, number / 100)) for number in range(MAX_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(RateLimited):
            await stills.still(found, 2.0)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def desk(served: Served) -> Stills:
    library, files = Library(served.database), ClearFiles(served.objects, served.content_keys)
    return Stills(library, files, find_toolbox=lambda: find_toolbox("", sandbox="auto"))


def test_what_cannot_be_shown_is_told(served: Served, video: Job) -> None:
    late = still(served, video, 3.01)
    assert (late.status_code, late.json()["code"], late.json()["errors"][0]["field"]) == (400, "parameter_error", "at")
    for at in ("-1", "nan", "inf", "1e9", "soon", ""):
        assert still(served, video, at).status_code == 400, at
    assert still(served, video, 1, width=5000).status_code == 400
    assert served.call("GET", f"/videos/{video.video_id}/still").status_code == 400
    assert still(served, video, 1, key=served.stranger).status_code == 404
    sound = served.video(files=(replace(ORIGINAL, key=f"{FOLDER}/v.m3u8"),), duration_s=3.0)
    assert (still(served, sound, 1).status_code, still(served, sound, 1).json()["code"]) == (409, "not_allowed_now")
    gone = served.video(**PLAYED | {"playlist_key": f"{FOLDER}/gone.m3u8"})
    assert still(served, gone, 1).status_code == 404
    assert served.call("POST", f"/videos/{video.video_id}/block").status_code == 200
    assert (still(served, video, 1).status_code, still(served, video, 1).json()["code"]) == (403, "no_permission")
    assert served.call("DELETE", f"/videos/{video.video_id}").status_code == 204
    assert still(served, video, 1).status_code == 404


def test_a_still_becomes_the_poster_at_the_same_address(served: Served, video: Job, tmp_path: Path) -> None:
    before = served.call("GET", f"/videos/{video.video_id}").json()
    path = f"/videos/{video.video_id}/poster"
    assert served.call("PUT", path, json={"at": 3.5}).status_code == 400
    assert served.call("PUT", path, json={"at": 1}, key=served.stranger).status_code == 404
    after = served.call("PUT", path, json={"at": 2.5})
    assert (after.status_code, after.json()["poster_url"]) == (200, before["poster_url"])
    assert after.json()["updated_at_ms"] > before["updated_at_ms"]
    assert seen(asyncio.run(served.objects.get_bytes(PLAYED["poster_key"])), tmp_path) == ("blue", (320, 180))
    bare = served.video(**PLAYED | {"poster_key": ""})
    assert served.call("PUT", f"/videos/{bare.video_id}/poster", json={"at": 1}).status_code == 409
