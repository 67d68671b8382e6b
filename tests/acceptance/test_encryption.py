"""An encrypted video: what a thief with every URL gets, and what a bearer's players do."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import jwt
import pytest
from playwright.sync_api import Error

from tests.acceptance.playback_calls import named, playback, wait_for_status
from tests.origin import Origin
from tests.services.chromium import running_chromium
from tests.services.players import players_page
from tests.services.vodpull import Vodpull
from tests.waiting import until
from vodpull.media import ContentKey, decrypted, locks_of

CLIP = "flower_faststart.mp4"
DOMAIN = "media.example.test"
SECRET = """
encrypt = "aes-128"
key_segments = 2
segment_s = 1.0

[definitions.LD]
short_side_px = 96
max_bitrate_bps = 200_000

[definitions.SD]
short_side_px = 144
max_bitrate_bps = 300_000

[video.h264]
preset = "ultrafast"
crf = 28
"""


@dataclass(frozen=True)
class Encrypted:
    """An encrypted video and all of its files."""

    service: Vodpull
    video_id: str
    batch_id: str
    files: tuple[str, ...]
    """What is stored of it, the original first."""
    keys: tuple[str, ...]
    """Ids of its content keys."""

    @property
    def playlist(self) -> str:
        return next(key for key in self.files if key.endswith(f"/{self.video_id}.m3u8"))

    def token(self, **terms: Any) -> str:
        return str(playback(self.service, self.video_id, **terms)["token"])


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[Encrypted]:
    data = tmp_path_factory.mktemp("encrypted") / "data"
    (data / "templates").mkdir(parents=True)
    (data / "templates" / "secret.toml").write_text(SECRET)
    service = Vodpull(data, origin=origin.origin, VODPULL_PUBLISH_DOMAINS=DOMAIN)
    service.is_measured = True
    service.start()
    batch_id = service.pull([{"fetchUrl": origin.url(CLIP)}], workflowId="secret")
    [item] = service.wait(batch_id)["items"]
    video_id = item["videoInfo"]["videoId"]
    token = playback(service, video_id, original="true")["token"]
    found = service.api("GET", f"/videos/{video_id}").json()
    files = [file["path"] for file in found["files"]]
    urls = [found[name] for name in ("playlist_url", "poster_url", "storyboard_url")]
    for path in [*files, *(url.partition("/play/")[2].partition("/")[2] for url in urls)]:
        files += named(service, f"/play/{token}", path)
    stored = [path for path in dict.fromkeys(files) if "/keys/" not in path]
    keys = dict.fromkeys(path.rpartition("/")[2] for path in files if "/keys/" in path)
    yield Encrypted(service=service, video_id=video_id, batch_id=batch_id, files=tuple(stored), keys=tuple(keys))
    service.stop()


def test_the_wire_says_that_it_is_encrypted(encrypted: Encrypted) -> None:
    [info] = encrypted.service.call("getVideoList", {"videoId": encrypted.video_id})["data"]["videoListInfo"]
    assert (info["encrypt"], info["transcodeState"]) == (1, 1)
    code = encrypted.service.call("getPublishCode", {"videoId": encrypted.video_id})["data"]
    assert (code["encrypt"], code["autoCode"]) == (1, "")
    url = code["videoUrl"][0]["fluentUrl"].partition("/play/")[2]
    assert encrypted.service.get(f"/play/{url}", Host=DOMAIN).status_code == 200
    refused = encrypted.service.api("PATCH", f"/videos/{encrypted.video_id}", json={"playback": "public"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_allowed_now")
    assert encrypted.service.api("GET", f"/videos/{encrypted.video_id}").json()["is_signed"]


def test_nothing_of_it_lies_in_the_store_in_clear(encrypted: Encrypted) -> None:
    store = encrypted.service.data_dir / "media"
    names = {key.rpartition(".")[2] for key in encrypted.files}
    assert names >= {"m3u8", "m4s", "jpg", "vtt"}
    assert not [path for path in store.rglob("*") if path.suffix == ".mpd"]
    sources = {store / encrypted.files[0]}
    for path in store.rglob("*.m4s"):
        assert b"moof" not in path.read_bytes()
    clear = {path for path in store.rglob("*.mp4") if b"mdat" in path.read_bytes()}
    assert clear == sources
    assert len(encrypted.keys) > 1  # one for each two seconds
    token = encrypted.token()
    for key in encrypted.keys:
        secret = encrypted.service.get(f"/play/{token}/keys/{key}").content
        for path in encrypted.service.data_dir.rglob("*"):
            assert not path.is_file() or secret not in path.read_bytes(), path


def test_a_thief_with_every_url_and_no_token_gets_nothing(encrypted: Encrypted, origin: Origin) -> None:
    service = encrypted.service
    [item] = service.wait(service.pull([{"fetchUrl": origin.url(CLIP)}], workflowId="original"))["items"]
    other = playback(service, item["videoInfo"]["videoId"], original="true")["token"]
    good = encrypted.token()
    head, _, signature = good.split(".")
    claims = {"sub": encrypted.video_id, "exp": int(time.time()) + 10**6}
    forged = jwt.encode(claims, "0" * 64, headers=jwt.get_unverified_header(good))
    unsigned = jwt.encode(claims, "", algorithm="none")
    bad = (other, f"{head}.e30.{signature}", forged, unsigned, "x", "", good[:-2])
    paths = [*encrypted.files, *(f"keys/{key}" for key in encrypted.keys)]
    tried = 0
    for path in paths:
        without = {
            f"/media/{path}", f"/media//{path}", f"/media/./{path}", f"/{path}", f"/media/{path}?token={good}",
            f"/console/files/{path}",
        }  # fmt: skip
        for target in (*without, *(f"/play/{token}/{path}" for token in bad)):
            for asked in (
                {},
                {"Range": "bytes=0-9"},
                {"Range": "bytes=-1"},
                {"If-None-Match": "*"},
                {"Host": DOMAIN},
                {"Cookie": f"vodpull_playback={other}"},
                {"Authorization": f"Bearer {good}"},
                {"X-Original-URI": f"/play/{good}/{path}", "X-Forwarded-Host": DOMAIN},
            ):
                reply = service.get(target, **asked)
                tried += 1
                assert reply.status_code in {303, 403, 404}, (target, asked, reply.status_code)
                assert "/login" in reply.headers.get("location", "/login"), target
                kind = reply.headers.get("content-type", "text/plain").partition(";")[0]
                assert kind in {"text/plain", "application/problem+json"}, (target, kind)
    assert tried > 1000


def test_a_bearer_gets_keys_that_no_cache_keeps_and_the_segments_open(encrypted: Encrypted) -> None:
    service, token = encrypted.service, encrypted.token()
    store = service.data_dir / "media"
    opened = 0
    for key in encrypted.files:
        if key.endswith(".m3u8"):
            for uri, lock in locks_of((store / key).read_text()).items():
                reply = service.get(f"/play/{token}/keys/{lock.key_id}")
                assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-store")
                assert reply.headers["access-control-allow-origin"] == "*"
                secret = ContentKey(key_id=lock.key_id, secret=reply.content)
                clear = decrypted((store / key.rpartition("/")[0] / uri).read_bytes(), secret, lock.number)
                assert b"moof" in clear[:200]
                opened += 1
    assert opened > 10
    for path in (f"/media/keys/{encrypted.keys[0]}", f"/keys/{encrypted.keys[0]}"):
        assert service.get(path, Cookie=f"vodpull_playback={token}").status_code == 200
    pictures = encrypted.token(only="pictures")
    assert service.get(f"/play/{pictures}/keys/{encrypted.keys[0]}").status_code == 403
    assert service.get(f"/play/{token}/keys/{'0' * 32}").status_code == 404


def test_ffmpeg_decodes_all_of_it(encrypted: Encrypted) -> None:
    url = f"{encrypted.service.url}/play/{encrypted.token()}/{encrypted.playlist}"
    words = ["-v", "error", "-xerror", "-i", url, "-map", "0:v:0", "-map", "0:a:0", "-f", "framemd5", "-"]
    done = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), *words], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len([line for line in done.stdout.splitlines() if line.startswith("0,")]) > 100


PLAY = """async (url) => {
  const video = document.getElementById("v");
  window.player = new shaka.Player();
  player.configure({streaming: {bufferingGoal: 1, retryParameters: {maxAttempts: 1}}});
  window.stopped = new Promise((stop) => player.addEventListener("error", (event) => stop(event.detail.data[1])));
  await player.attach(video);
  await player.load(url).catch((error) => { throw Error(`code ${error.code}`); });
  await video.play();
  await new Promise((done) => setInterval(() => video.currentTime > 0.5 && done(), 20));
  video.pause();
  return [video.videoHeight, player.getVariantTracks().length];
}"""
GO_ON = "document.getElementById('v').currentTime = 4.5; stopped"


def test_a_player_in_a_browser_plays_it_and_stops_when_its_token_ends(encrypted: Encrypted) -> None:
    service = encrypted.service
    made = service.api("POST", "/playback-keys", json={}).json()

    def path(life_s: int) -> str:
        claims = {"sub": encrypted.video_id, "exp": int(time.time()) + life_s}
        token = jwt.encode(claims, made["secret"], headers={"kid": made["key_id"]})
        return f"/play/{token}/{encrypted.playlist}"

    html = '<video id="v" muted></video><script src="/console/static/shaka-player.js"></script>'
    with running_chromium() as browser:
        page = browser.new_context().new_page()
        page.route("**/page", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(f"{service.url}/page")
        with pytest.raises(Error, match="code 1001"):  # BAD_HTTP_STATUS
            page.evaluate(PLAY, path(-1))
        good = path(600)
        height, variants = page.evaluate(PLAY, good)
        assert (height in {96, 144}, variants) == (True, 2)
        assert service.api("DELETE", f"/playback-keys/{made['key_id']}").status_code == 204
        wait_for_status(service, good, 403)
        assert page.evaluate(GO_ON) == 403


def test_hls_js_asks_for_its_keys_with_the_token_and_decrypts_it(encrypted: Encrypted) -> None:
    keys: set[str] = set()
    with running_chromium() as browser, players_page(browser, encrypted.service.url) as shown:
        shown.page.on("request", lambda request: keys.update(key for key in encrypted.keys if key in request.url))
        shown.show({"hls.js": f"/play/{encrypted.token()}/{encrypted.playlist}"})
        shown.wait("hls.js", "stage.video.currentTime > 2.5 || stage.errors.length")
        seen = shown.ask("hls.js", "seen")
        assert (seen["errors"], seen["heights"], seen["soundBytes"] > 0) == ([], [96, 144], True)
        assert seen["pictures"] > 50
        assert len(keys) > 1
        shown.show({"hls.js": f"/play/{encrypted.token()[:-2]}/{encrypted.playlist}"})
        shown.wait("hls.js", "stage.errors.length")
        assert shown.ask("hls.js", "errors") == ["manifestLoadError fatal 403"]


def test_stills_and_clips_are_made_of_it_when_its_original_is_gone(encrypted: Encrypted) -> None:
    service = encrypted.service
    service.call("deleteVideo", {"videoId": encrypted.video_id, "onlyDeleteSource": 1})
    still = service.api("GET", f"/videos/{encrypted.video_id}/still", params={"at": "1.5"})
    assert (still.status_code, still.content[:2]) == (200, b"\xff\xd8")
    order = {"start_s": 0, "length_s": 1, "name": "excerpt"}
    clip = service.api("POST", f"/videos/{encrypted.video_id}/clips", json=order)
    assert clip.status_code == 202, clip.text
    service.wait_final(clip.json()["batch_id"])
    made = service.api("GET", f"/videos/{clip.json()['video_id']}").json()
    assert (made["is_signed"], made["files"][0]["size_bytes"] > 0) == (True, True)


def key_rows(database: Path) -> list[Any]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT * FROM content_key ORDER BY key_id").fetchall()


def test_its_keys_come_back_with_the_index_and_go_with_the_video(encrypted: Encrypted, tmp_path: Path) -> None:
    service = encrypted.service
    known = key_rows(service.data_dir / "vodpull.db")
    own = {"VODPULL_DATA_DIR": str(tmp_path / "data"), "VODPULL_STORAGE_URL": (service.data_dir / "media").as_uri()}

    def is_rebuilt() -> bool:  # once its manifest is there
        rebuilt = service.run("rebuild", **own)
        assert rebuilt.returncode == 0, rebuilt.stderr
        return key_rows(tmp_path / "data" / "vodpull.db") == known

    until(is_rebuilt)
    assert known
    assert service.call("deleteVideo", {"videoId": encrypted.video_id})["code"] == 200
    assert key_rows(service.data_dir / "vodpull.db") == []
