"""A thief with every URL of a signed video and no token gets nothing; a bearer gets what the token says."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.acceptance.playback_calls import WITHIN_S, named, playback, wait_for_status
from tests.origin import Origin
from tests.services.vodpull import Vodpull
from tests.waiting import until
from vodpull.request_signing import SigningKey

pytestmark = pytest.mark.waits

CLIP = "flower_faststart.mp4"


@dataclass(frozen=True)
class Signed:
    """A signed video and all of its files."""

    video_id: str
    keys: tuple[str, ...]
    """What is stored of it, the original first."""


@pytest.fixture(scope="module")
def signed(service: Vodpull, origin: Origin) -> Signed:
    [item] = service.wait(service.pull([{"fetchUrl": origin.url(CLIP)}], workflowId="mp4"))["items"]
    video_id = item["videoInfo"]["videoId"]
    found = service.api("GET", f"/videos/{video_id}").json()
    paths = [found[name] for name in ("playlist_url", "poster_url", "storyboard_url")]
    keys = [file["path"] for file in found["files"]]
    for path in [*keys, *(path.partition("/media/")[2] for path in paths)]:
        keys += named(service, "/media", path)
    assert service.api("PATCH", f"/videos/{video_id}", json={"playback": "signed"}).json()["is_signed"]
    for key in dict.fromkeys(keys):
        wait_for_status(service, f"/media/{key}", 403)
    return Signed(video_id=video_id, keys=tuple(dict.fromkeys(keys)))


def test_a_thief_with_every_url_gets_nothing(service: Vodpull, origin: Origin, signed: Signed) -> None:
    assert {key.rpartition(".")[2] for key in signed.keys} >= {"m3u8", "m4s", "mp4", "jpg", "vtt"}
    [item] = service.wait(service.pull([{"fetchUrl": origin.url(CLIP)}], workflowId="original"))["items"]
    own = playback(service, item["videoInfo"]["videoId"], original="true")["token"]
    good = playback(service, signed.video_id)["token"]
    head, _, signature = good.split(".")
    for key in signed.keys:
        for path in (
            f"/media/{key}",
            f"/media//{key}",
            f"/media/./{key}",
            f"/play/{own}/{key}",
            f"/play/{head}.e30.{signature}/{key}",
            f"/play/x/{key}",
            f"/play//{key}",
        ):
            for reply in (
                service.get(path),
                service.get(path, Range="bytes=0-9"),
                service.get(path, **{"If-None-Match": "*"}),
                service.get(path, Cookie=f"vodpull_playback={own}"),
            ):
                assert reply.status_code in {403, 404}, (path, reply.status_code)
                assert reply.headers["content-type"].partition(";")[0] in {"text/plain", "application/problem+json"}


def test_a_bearer_has_everything_but_the_original(service: Vodpull, signed: Signed) -> None:
    played = playback(service, signed.video_id)
    assert played["is_signed"]
    assert played["original_url"] == ""
    base = f"/play/{played['token']}"
    original, *others = signed.keys
    for key in others:
        reply = service.get(f"{base}/{key}")
        assert reply.status_code == 200, key
        assert "public" not in reply.headers["cache-control"], key
        assert service.get(f"/media/{key}", Cookie=f"vodpull_playback={played['token']}").status_code == 200, key
    assert service.get(f"{base}/{original}").status_code == 403
    playlist = played["playlist_url"].partition(service.url)[2]
    assert playlist.startswith(base)
    assert len(named(service, base, playlist.removeprefix(f"{base}/"))) > 3
    with_original = playback(service, signed.video_id, original="true")
    assert service.get(with_original["original_url"].partition(service.url)[2]).status_code == 200


def test_replies_lead_to_a_signed_video_and_pages_keep_the_token(service: Vodpull, signed: Signed) -> None:
    code = service.call("getPublishCode", {"videoId": signed.video_id})["data"]
    for url in (code["autoCode"], *(row["fluentUrl"] for row in code["videoUrl"])):
        assert service.get(url.partition(service.url)[2]).status_code == 200, url
    assert {row["originUrl"] for row in code["videoUrl"]} == {""}
    listed = service.api("GET", "/videos").json()["videos"]
    [poster] = [video["poster_url"] for video in listed if video["video_id"] == signed.video_id]
    assert service.get(poster.partition(service.url)[2]).status_code == 200


@pytest.mark.parametrize(
    ("terms", "headers", "status", "word"),
    [
        ({"address": "127.0.0.0/8"}, {}, 200, ""),
        ({"address": "203.0.113.0/24"}, {}, 403, "token_address_wrong"),
        ({"referrer": "www.example.test"}, {"Referer": "https://www.example.test/a"}, 200, ""),
        ({"referrer": "www.example.test"}, {}, 403, "token_referrer_wrong"),
        ({"only": "pictures"}, {}, 403, "token_not_for_this_file"),
    ],
)
def test_a_token_is_bound_to_what_was_asked_for(
    service: Vodpull, signed: Signed, terms: dict[str, str], headers: dict[str, str], status: int, word: str
) -> None:
    token = playback(service, signed.video_id, **terms)["token"]
    [playlist] = [key for key in signed.keys if key.endswith(f"{signed.video_id}.m3u8")]
    reply = service.get(f"/play/{token}/{playlist}", **headers)
    assert reply.status_code == status
    assert word in reply.text


def test_a_back_end_signs_by_itself_until_its_key_is_revoked(service: Vodpull, signed: Signed) -> None:
    own = Ed25519PrivateKey.generate()
    pem = own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    made = service.api("POST", "/playback-keys", json={"public_key": pem})
    assert made.status_code == 201, made.text
    key_id = made.json()["key_id"]

    def token(life_s: int) -> str:
        claims = {"sub": signed.video_id, "exp": int(time.time()) + life_s}
        return jwt.encode(claims, own, algorithm="EdDSA", headers={"kid": key_id})

    [playlist] = [key for key in signed.keys if key.endswith(f"{signed.video_id}.m3u8")]
    segment = next(key for key in signed.keys if key.endswith(".m4s"))
    assert service.get(f"/play/{token(60)}/{playlist}").status_code == 200
    ended = token(-30)
    reply = service.get(f"/play/{ended}/{playlist}")
    assert (reply.status_code, reply.text) == (403, "forbidden: token_expired\n")
    assert service.get(f"/play/{ended}/{segment}").status_code == 200  # what plays goes on for a while
    assert service.get(f"/play/{token(-700)}/{segment}").status_code == 403
    good = token(600)
    assert service.api("DELETE", f"/playback-keys/{key_id}").status_code == 204
    wait_for_status(service, f"/play/{good}/{segment}", 403)
    assert service.api("DELETE", f"/playback-keys/{key_id}").status_code == 404
    listed = service.api("GET", "/playback-keys").json()["keys"]
    assert next(key for key in listed if key["key_id"] == key_id)["revoked_at_ms"]


def test_an_account_may_say_that_all_its_videos_are_signed(service: Vodpull, origin: Origin) -> None:
    key = service.key("signing")
    batch = service.create(origin.url(CLIP), key=key, template="original")
    until(lambda: service.api("GET", f"/batches/{batch['batch_id']}", key=key).json()["is_final"])
    [video] = service.api("GET", "/videos", key=key).json()["videos"]
    file = service.api("GET", f"/videos/{video['video_id']}", key=key).json()["files"][0]["path"]
    assert service.get(f"/media/{file}").status_code == 200
    assert service.api("PATCH", "/account", key=key, json={"playback": "signed"}).json()["playback"] == "signed"
    wait_for_status(service, f"/media/{file}", 403)
    assert service.api("GET", f"/videos/{video['video_id']}", key=key).json()["is_signed"]
    public = {"playback": "public"}
    assert not service.api("PATCH", f"/videos/{video['video_id']}", key=key, json=public).json()["is_signed"]
    wait_for_status(service, f"/media/{file}", 200)


def test_tokens_are_in_no_log(service: Vodpull, signed: Signed) -> None:
    token = playback(service, signed.video_id)["token"]
    assert service.get(f"/play/{token}/{signed.keys[-1]}").status_code == 200
    log = service.log()
    assert token not in log
    assert token.rpartition(".")[2] not in log


def made_key(service: Vodpull, *words: str) -> SigningKey:
    made = json.loads(service.run("keys", "create", "tester", "--json", *words).stdout)
    return SigningKey(access_key=made["accessKey"], secret=made["secretKey"])


def test_a_key_does_what_its_scopes_say(service: Vodpull, origin: Origin, signed: Signed) -> None:
    reader = made_key(service, "--scope", "read")
    assert service.api("GET", "/batches", key=reader).status_code == 200
    found = service.api("GET", f"/videos/{signed.video_id}", key=reader)
    assert (found.status_code, found.json()["playlist_url"]) == (200, "")  # no scope `playback`, no token
    for method, path, body in (
        ("GET", f"/videos/{signed.video_id}/playback", None),
        ("GET", f"/videos/{signed.video_id}/%70layback", None),
        ("POST", "/batches", {"items": [{"url": origin.url(CLIP)}]}),
        ("PATCH", f"/videos/{signed.video_id}", {"playback": "public"}),
        ("PATCH", "/account", {"playback": "public"}),
        ("POST", "/playback-keys", {}),
    ):
        refused = service.api(method, path, key=reader, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "no_permission"), path
    assert service.call("pullVideo", {"fileList": ""}, key=reader)["code"] == 1301
    assert service.call("videoBlock", {"videoId": signed.video_id}, key=reader)["code"] == 1505
    code = service.call("getPublishCode", {"videoId": signed.video_id}, key=reader)
    assert (code["code"], code["data"]["autoCode"]) == (200, "")
    submitter = made_key(service, "--scope", "submit")
    assert service.call("pullVideoQuery", {"taskId": "x"}, key=submitter)["code"] == 1301
    assert service.call("pullVideo", {"fileList": ""}, key=submitter)["code"] == 1000
    player = made_key(service, "--scope", "playback")
    assert service.api("GET", f"/videos/{signed.video_id}/playback", key=player).json()["token"]


def test_a_key_ends_when_it_was_said_to(service: Vodpull) -> None:
    key = made_key(service, "--expires", "3s")
    assert service.api("GET", "/batches", key=key).status_code == 200
    until(lambda: service.api("GET", "/batches", key=key).status_code != 200, within_s=WITHIN_S)
    assert service.call("pullVideoQuery", {"taskId": "x"}, key=key)["code"] == 401
    listed = service.run("keys", "list").stdout
    assert "expired" in next(line for line in listed.splitlines() if key.access_key in line)


def test_a_clip_of_a_signed_video_is_signed(service: Vodpull, signed: Signed) -> None:
    order = {"start_s": 0, "length_s": 1, "name": "excerpt"}
    made = service.api("POST", f"/videos/{signed.video_id}/clips", json=order)
    assert made.status_code == 202, made.text
    service.wait_final(made.json()["batch_id"])
    clip = service.api("GET", f"/videos/{made.json()['video_id']}").json()
    assert (clip["playback"], clip["is_signed"]) == ("signed", True)
    assert service.get(f"/media/{clip['files'][0]['path']}").status_code == 403
