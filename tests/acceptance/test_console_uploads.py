"""Files from a browser: sent through a death of the service and a reload, cut and joined, and materials beside them."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest
from playwright.sync_api import Page, Request, expect

from tests.pngs import png
from tests.services.chromium import Watched, running_chromium, watched_page
from tests.services.vodpull import Vodpull

PASSWORD = "correct horse battery"
SPOKEN = "1\n00:00:00,500 --> 00:00:02,000\nSpoken\n"
FILM_BYTES = 6_000_000
PIECE_BYTES = 500_000
LINE_BYTES_PER_S = 1_500_000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vodpull]:
    service = Vodpull(tmp_path_factory.mktemp("sender") / "data", origin="http://127.0.0.1:9")
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def console(served: Vodpull) -> Iterator[Watched]:
    """One page for all tests, of an operator who is logged in."""
    link = re.search(r"http\S+/console/setup\?token=\S+", served.log())
    assert link is not None
    with running_chromium() as browser, watched_page(browser, served.url) as watched:
        page = watched.page
        page.goto(link[0])
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button", name="Set up").click()
        expect(page.get_by_text("No tasks yet.")).to_be_visible()
        yield watched


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small film that takes seconds on a slow line, most of it a box that nobody reads."""
    path = tmp_path_factory.mktemp("films") / "课 film.mp4"
    sources = ["-f", "lavfi", "-i", "testsrc2=s=320x180:d=3", "-f", "lavfi", "-i", "sine=d=3"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *sources, str(path)], check=True, timeout=60)
    free = FILM_BYTES - path.stat().st_size
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", free, b"free") + bytes(free - 8))
    path.with_name("课 film.en.srt").write_text(SPOKEN)
    return path


def slow(page: Page) -> None:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    speed = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": LINE_BYTES_PER_S}
    line.send("Network.emulateNetworkConditions", speed)
    page.evaluate(f"document.getElementById('uploads').dataset.pieceBytes = {PIECE_BYTES}")


def test_an_upload_goes_on_after_the_service_died_and_the_page_was_loaded_again(
    console: Watched, served: Vodpull, film: Path
) -> None:
    page, sent = console.page, list[int]()

    def note(request: Request) -> None:
        if request.method == "PATCH":
            sent.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    console.open("uploads")
    slow(page)
    page.locator("[data-files]").set_input_files([film, film.with_name("课 film.en.srt")])
    row = page.locator(".upload")
    expect(row.get_by_label("Language")).to_have_value("en")
    page.get_by_label("Labels, with commas").fill("Courses/History")
    page.get_by_role("button", name="Upload", exact=True).click()
    console.wait_until(f"Number(document.querySelector('.upload progress').value) > {100 * 2 / 6}")
    row.get_by_role("button", name="Pause").click()
    expect(row.locator("[data-state]")).to_have_text("paused")
    row.get_by_role("button", name="Resume").click()
    expect(row.locator("[data-state]")).to_have_text("sending")
    served.kill()
    expect(row.locator("[data-state]")).to_have_text("connection lost, trying again")
    served.start()
    console.open("uploads")
    expect(page.locator(".upload [data-state]")).to_have_text("unfinished: choose the file again")
    before = len(sent)
    page.locator("[data-files]").set_input_files(film)
    expect(row.get_by_role("link", name="Open the video")).to_be_visible(timeout=60_000)
    assert sent[before] >= 2 * PIECE_BYTES, "what had arrived counts"
    expect(row.locator("[data-state]")).to_have_text("done", timeout=120_000)
    row.get_by_role("link", name="Open the video").click()
    expect(page.locator("#video-head h1")).to_have_text("课 film")
    expect(page.get_by_label("Labels, with commas")).to_have_value("Courses/History")
    expect(page.locator("#captions tbody")).to_contain_text("English")
    console.wait_until("document.querySelector('video')?.readyState > 1")
    page.evaluate("document.querySelector('video').muted = true")
    page.evaluate("document.querySelector('video').play().then(() => true)")
    console.wait_until("document.querySelector('video').currentTime > 0.5")
    page.remove_listener("request", note)


def test_what_cannot_be_sent_says_why(console: Watched, film: Path, tmp_path: Path) -> None:
    empty, large, text = tmp_path / "empty.mp4", tmp_path / "large.mp4", tmp_path / "film.srt"
    empty.write_bytes(b"")
    text.write_text(SPOKEN)
    page = console.page
    console.open("uploads")
    page.evaluate(f"document.getElementById('uploads').dataset.mostBytes = {FILM_BYTES}")
    with large.open("wb") as file:
        file.truncate(FILM_BYTES + 1)
    page.locator("[data-files]").set_input_files([large])
    refused = page.locator(".upload")
    expect(refused.locator("[data-problem]")).to_have_text(re.compile(r"larger than [\d.]+ .B, the most that is taken"))
    expect(refused.locator("[data-fix]")).to_contain_text("VODPULL_MAX_SOURCE_BYTES")
    refused.get_by_role("button", name="Remove").click()
    page.locator("[data-files]").set_input_files([empty, film, text])
    expect(page.get_by_text("the file is empty")).to_be_visible()
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text("a caption file has no language")).to_be_visible()
    second = page.locator(".upload").nth(1)
    second.get_by_label("Language").fill("no tag")
    second.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("a caption file has no language")).to_be_visible()
    second.get_by_role("button", name="Remove").last.click()
    page.get_by_label("Labels, with commas").fill("a/b/c")
    second.get_by_role("button", name="Resume").click()
    expect(second.locator("[data-problem]")).to_contain_text("label")


def test_a_section_is_cut_with_the_player_and_joined(console: Watched) -> None:
    page = console.page
    console.open("library")
    page.locator("article .title").first.click()
    console.wait_until("document.querySelector('video')?.readyState > 1")
    page.evaluate("document.querySelector('video').pause()")
    page.evaluate("document.querySelector('video').currentTime = 1.5")
    page.get_by_role("button", name="End here").click()
    expect(page.get_by_label("Ends at second")).to_have_value("1.500")
    page.locator("#clip").get_by_label("Name of the new video").fill("Beginning")
    page.get_by_role("button", name="Make a clip").click()
    expect(page.locator("#job-0 .badge").first).to_have_text("done", timeout=120_000)
    page.get_by_role("link", name="In the library").click()
    expect(page.locator("#video-head h1")).to_have_text("Beginning")
    expect(page.locator("#video-head .facts")).to_contain_text("1.5 s")
    console.open("library")
    page.get_by_label("Select all").check()
    page.get_by_role("button", name="Join…").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text("Beginning")
    page.get_by_role("link", name="Move Beginning down").click()
    expect(page.locator("tbody tr").last).to_contain_text("Beginning")
    page.get_by_label("Name of the new video").fill("Both")
    page.get_by_label("Cut").select_option("copied")
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.locator("#job-0 .badge").first).to_have_text("done", timeout=120_000)
    page.get_by_role("link", name="In the library").click()
    expect(page.locator("#video-head h1")).to_have_text("Both")


def test_materials_are_sent_found_renamed_and_deleted(console: Watched, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(png(8, 8))
    page = console.page
    console.open("materials")
    expect(page.locator("article").first).to_contain_text("课 film.en")
    page.locator("[data-files]").set_input_files(logo)
    expect(page.locator("article")).to_have_count(2)
    name = page.get_by_label("New name of logo")
    name.fill("corner")
    name.press("Enter")
    expect(page.get_by_role("link", name="corner")).to_be_visible()
    page.get_by_role("button", name="Delete corner").click()
    expect(page.locator("article")).to_have_count(1)
    expect(page.get_by_text("in use", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete 课").click()
    expect(page.get_by_text("There is no material yet.")).to_be_visible()


@pytest.mark.parametrize("path", ["uploads", "materials", "join", "library"])
@pytest.mark.parametrize("looks", [{}, {"color_scheme": "dark"}])
def test_the_pages_are_accessible_and_fit_a_phone(console: Watched, path: str, looks: dict[str, str]) -> None:
    page = console.page
    page.emulate_media(**looks)  # type: ignore[arg-type]
    console.open(path)
    assert console.serious_findings() == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert console.overflow_px() == 0
    page.set_viewport_size({"width": 1200, "height": 800})
