"""HTML that plays a video in somebody's page."""

from __future__ import annotations

from dataclasses import replace

from tests.videos import ASSET, ORIGINAL, VIDEO, stored_file

from vodpull.jobs.states_and_codes import Clarity, ServerType
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.play_urls import playback_of

URLS = FileUrls(public_url="https://vod.example.test/", domains=("media.example.test",))


def test_a_playlist_is_played_by_the_services_script() -> None:
    played = playback_of(VIDEO, URLS)
    assert played.key == VIDEO.asset.playlist_key
    assert '<script src="https://vod.example.test/console/static/shaka-player.js"></script>' in played.embed_code
    assert f'player.load("https://media.example.test/{played.key}")' in played.embed_code


def test_without_a_playlist_whole_files_play_the_best_first_and_need_no_script() -> None:
    made = [
        stored_file(clarity, f"{clarity.name}.mp4", 90_000, ServerType.MOBILE) for clarity in (Clarity.LD, Clarity.HD)
    ]
    asset = replace(ASSET, files=(ORIGINAL, *made), playlist_key="")
    played = playback_of(replace(VIDEO, asset=asset), URLS)
    assert played.key.endswith("HD.mp4")
    names = [part.partition('"')[0].rpartition("/")[2] for part in played.embed_code.split('<source src="')[1:]]
    assert names == ["HD.mp4", "LD.mp4", ORIGINAL.key.rpartition("/")[2]]
    assert "<script" not in played.embed_code


def test_what_no_browser_plays_is_not_embedded() -> None:
    asset = replace(ASSET, files=(replace(ORIGINAL, key="pullvideo/x/a.mkv"),), playlist_key="")
    played = playback_of(replace(VIDEO, asset=asset), URLS)
    assert (played.key, played.embed_code, played.original) == ("", "", "https://media.example.test/pullvideo/x/a.mkv")


def test_nothing_of_a_url_ends_the_code_that_it_is_in() -> None:
    urls = FileUrls(public_url='https://vod.example.test/"></script><script>alert(1)//')
    code = playback_of(VIDEO, urls).embed_code
    assert code.count("<script") == 2
    assert code.count("</script>") == 2
