"""The library as its owners use it: client and commands against a running service; nothing is encoded for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.origin import Origin
from tests.services.vodpull import Vodpull
from vodpull.client import AsyncClient, Client, Video
from vodpull.errors import NotAllowedNow, NotFound, ParameterError

CLIP = "flower_faststart.mp4"


pytestmark = pytest.mark.in_process


@pytest.fixture(scope="module")
def client(service: Vodpull) -> Iterator[Client]:
    key = service.key("librarian")
    with Client(service.url, key.access_key, key.secret) as client:
        yield client


@pytest.fixture(scope="module")
def stored(client: Client, origin: Origin) -> list[str]:
    """Ids of three videos of one account, in the order of their creation."""
    batch = client.submit([origin.url(f"{CLIP}?{number}") for number in range(3)], template="original")
    return [job.video_id for job in client.wait(batch.batch_id, timeout_s=60).jobs]


def test_the_client_walks_and_changes_the_library(client: Client, stored: list[str]) -> None:
    video_id = stored[0]
    assert {video.video_id for video in client.videos(page_size=2)} == set(stored)
    parent = client.create_category("Courses")
    child = client.create_category("History", parent_id=parent.node_id)
    edited = client.edit_video(video_id, name="第一课", categories=[child.node_id])
    assert (edited.name, edited.categories, edited.description) == ("第一课", (child,), "")
    assert [video.video_id for video in client.videos(search="一课", category=parent.node_id)] == [video_id]
    assert edited.usage is not None
    assert edited.usage.original_bytes == edited.files[0].size_bytes == 1_128_375
    assert client.playback(video_id).original_url == edited.files[0].url
    assert client.block_video(video_id).state == "blocked"
    with pytest.raises(NotAllowedNow):
        client.block_video(video_id)
    assert client.enable_video(video_id).state == "enabled"
    told = {event.kind for event in client.events() if event.video_id == video_id}
    assert told == {"video.created", "video.ready", "video.blocked", "video.enabled"}
    client.delete_category(parent.node_id)
    assert (client.categories(), client.video(video_id).categories) == ((), ())


def test_the_client_is_told_of_every_wrong_member(client: Client, stored: list[str]) -> None:
    with pytest.raises(ParameterError) as refused:
        client.edit_video(stored[0], name="", player_id="x" * 65)
    assert [fault.field for fault in refused.value.faults] == ["name", "player_id"]
    with pytest.raises(NotFound):
        client.video("0" * 32)


def test_an_encode_is_followed_to_its_end(client: Client, stored: list[str]) -> None:
    seen: list[Video] = []
    started = client.encode_video(stored[1], template="original")
    assert (started.is_final, started.jobs[0].attempt) == (False, 2)
    ended = client.wait_video(stored[1], on_progress=seen.append, timeout_s=60)
    assert (ended.encode_state, ended.jobs[0].stage, seen[-1]) == ("not_encoded", "done", ended)


async def test_the_asyncio_client_does_the_same(service: Vodpull, stored: list[str]) -> None:
    key = service.key("librarian")
    async with AsyncClient(service.url, key.access_key, key.secret) as client:
        assert [video.video_id async for video in client.videos(page_size=1, sort="oldest")] == sorted(stored)
        await client.set_callback("transcode", "https://receiver.example.com/hook")
        assert await client.callbacks() == {"transcode": "https://receiver.example.com/hook"}
        await client.delete_callback("transcode")
        assert await client.callbacks() == {}
        assert (await client.list_deliveries()).deliveries == ()


def test_the_commands_do_the_same(
    service: Vodpull, origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(service._environment, "VODPULL_SERVER", service.url)
    service.run("pull", origin.url(CLIP), "--template", "original", "--name", "by command.mp4", "--wait")
    [row] = json.loads(service.run("videos", "list", "--search", "BY COMMAND", "--json").stdout)
    video = row["video_id"]
    assert service.run("categories", "create", "By command").returncode == 0
    edited = service.run("videos", "edit", video, "--category", "By command", "--description", "D", "--json").stdout
    assert [label["name"] for label in json.loads(edited)["categories"]] == ["By command"]
    refused = service.run("videos", "edit", video, "--category", "Nothing")
    assert (refused.returncode, "vodpull categories list" in refused.stderr) == (1, True)
    both = service.run("videos", "block", "0" * 32, video)
    assert (both.returncode, "blocked" in both.stdout, "not_found" in both.stderr) == (1, True, True)
    assert '<source src="http' in service.run("videos", "url", video, "--what", "embed").stdout
    encoded = service.run("videos", "encode", video, "--template", "original", "--wait")
    assert (encoded.returncode, "done" in encoded.stderr) == (0, True)
    shut = service.run("videos", "still", video)
    assert (shut.returncode, "Enable the video first" in shut.stderr) == (1, True)
    assert service.run("videos", "enable", video).returncode == 0
    taken = service.run("videos", "still", video, str(tmp_path / "still.jpg"), "--at", "1.5", "--width", "64")
    assert taken.returncode == 0, taken.stderr
    assert (tmp_path / "still.jpg").read_bytes()[:2] == b"\xff\xd8"
    late = service.run("videos", "still", video, "--at", "9999")
    assert (late.returncode, "seconds long" in late.stderr) == (1, True)
    shown = service.run("videos", "show", video).stdout
    assert "By command" in shown
    assert "1.1 MB: original 1.1 MB, outputs 0 B" in shown
    assert service.run("videos", "delete", video, "--yes").returncode == 0
    assert service.run("videos", "show", video).returncode == 1
