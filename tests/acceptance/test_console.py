"""The console as a person uses it: a real browser, a real service, real videos."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.origin import Origin
from tests.services.chromium import Watched, running_chromium, watched_page
from tests.services.receiver import Receiver
from tests.services.vodpull import Vodpull

PASSWORD = "correct horse battery"
CLIP = "flower_faststart.mp4"
HOSTILE = "<img src=x onerror=alert(1)>\u202egpj.exe שלום "
BLACK_ISH, WHITE_ISH = range(60), range(200, 256)

Session = dict[str, Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, origin: Origin, hook: Receiver) -> Iterator[Vodpull]:
    folder = tmp_path_factory.mktemp("console")
    service = Vodpull(folder / "data", origin=f"{origin.origin},{hook.url}")
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def session(browser: Browser, served: Vodpull, origin: Origin) -> Session:
    """Go the whole first run, and return the cookies of the operator who did."""
    link = re.search(r"http\S+/console/setup\?token=\S+", served.log())
    assert link is not None
    with watched_page(browser, served.url) as watched:
        page = watched.page
        page.goto(link[0])
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button", name="Set up").click()
        expect(page.get_by_text("No tasks yet.")).to_be_visible()
        page.get_by_label("Video URLs").fill(origin.url(CLIP))
        page.get_by_role("button", name="Fetch").click()
        page.get_by_role("link", name=CLIP).click()
        page.get_by_role("link", name="Play", exact=True).click(timeout=120_000)
        watched.wait_until("document.querySelector('video')?.readyState > 1")
        page.evaluate("document.querySelector('video').muted = true")
        page.get_by_role("button", name="Play", exact=True).first.click()
        watched.wait_until("document.querySelector('video').currentTime > 0.5")
        expect(page.get_by_role("button", name="Resolution")).to_be_attached()
        assert page.evaluate("document.querySelector('video').videoHeight") in {360, 480}
        return {"cookies": page.context.cookies(), "origins": []}


@pytest.fixture
def console(browser: Browser, served: Vodpull, session: Session) -> Iterator[Watched]:
    with watched_page(browser, served.url, storage_state=session) as watched:
        yield watched


def submit(console: Watched, *urls: str, notify_url: str = "") -> None:
    """Submit a task, and return when it is the first of the list."""
    console.open("")
    newest = console.page.locator("article").first.get_by_role("link").first
    before = newest.get_attribute("href") or ""
    console.page.get_by_label("Video URLs").fill("\n".join(urls))
    console.page.get_by_label("Outputs").select_option("original")
    console.page.get_by_label("Notify this URL").fill(notify_url)
    console.page.get_by_role("button", name="Fetch").click()
    expect(newest).not_to_have_attribute("href", before)


def test_the_first_run_ends_with_a_playing_video(session: Session) -> None:
    assert [cookie["httpOnly"] for cookie in session["cookies"] if cookie["name"] == "vodpull_console"] == [True]


def test_progress_moves_without_a_reload_and_what_was_opened_stays_open(console: Watched, origin: Origin) -> None:
    submit(console, origin.url(f"throttled?file={CLIP}&rate=60000"), origin.url("status/404"))
    page = console.page
    page.evaluate("window.loadedOnce = true")
    bar = page.locator("article").first.locator("progress").first
    first = float(bar.get_attribute("value") or 0)
    console.wait_until(f"document.querySelector('article progress')?.value > {first + 5}")
    expect(page.locator("article").first).to_contain_text("MB/s" if first < 0 else "kB/s")
    assert page.evaluate("window.loadedOnce") is True
    page.locator("article").first.get_by_role("link").first.click()
    page.locator("#job-0 summary").click()
    before = page.locator("#job-0 .timeline .now .figure").first.inner_text()
    expect(page.locator("#job-0 .timeline .now .figure").first).not_to_have_text(before)
    expect(page.locator("#job-0")).to_have_attribute("open", "")
    page.get_by_role("button", name="Cancel").first.click()
    expect(page.locator("#task .badge")).to_have_text("failed")


def test_a_failed_video_is_explained_and_retried(console: Watched, origin: Origin, clips: Path) -> None:
    submit(console, origin.url("later.mp4"))
    page = console.page
    page.get_by_role("link", name="later.mp4").first.click()
    expect(page.get_by_text("The origin says that the file is not there")).to_be_visible()
    expect(page.get_by_text("What to do: Check the path")).to_be_visible()
    origin.put("later.mp4", (clips / CLIP).read_bytes())
    page.locator("#job-0").get_by_role("button", name="Retry").click()
    expect(page.get_by_text("Started again.")).to_be_visible()
    expect(page.locator("#job-0 .badge")).to_have_text("done")


def test_a_running_video_is_cancelled(console: Watched, origin: Origin) -> None:
    submit(console, origin.url(f"throttled?file={CLIP}&rate=20000"))
    page = console.page
    page.get_by_role("checkbox", name="Select throttled").first.check()
    page.get_by_role("button", name="Cancel selected").click()
    expect(page.get_by_text("1 of 1 tasks changed")).to_be_visible()
    expect(page.locator("article").first.locator(".line .badge")).to_have_text("cancelled")


def test_a_notification_is_shown_and_sent_again(console: Watched, origin: Origin, hook: Receiver) -> None:
    submit(console, origin.url(CLIP), notify_url=f"{hook.url}/hook")
    page = console.page
    page.locator("article").first.get_by_role("link").first.click()
    expect(page.locator("#deliveries .badge")).to_have_text("delivered")
    told = len(hook.received)
    page.get_by_role("button", name="Send again").click()
    hook.wait_for(told + 1)
    expect(page.locator("#deliveries tbody tr")).to_have_count(2)
    page.get_by_text("What is sent, decoded").click()
    expect(page.locator("#deliveries pre")).to_contain_text('"pullStatus": 2')


def test_the_inspector_shows_what_a_receiver_gets(console: Watched, origin: Origin) -> None:
    console.open("inspector")
    page = console.page
    page.get_by_role("link", name="New task that notifies the inspector").click()
    url = page.get_by_label("Notify this URL").input_value()
    submit(console, origin.url(CLIP), notify_url=url)
    console.open("inspector")
    request = page.locator("article").first
    expect(request.get_by_text("webhook signature holds")).to_be_visible()
    expect(request.get_by_text("key signature holds")).to_be_visible()
    request.get_by_text("What is sent, decoded").click()
    expect(request.get_by_text('"pullStatus": 2')).to_be_visible()
    request.get_by_role("button", name="Send again").click()
    expect(page.locator("article")).to_have_count(2)


def test_the_charts_are_drawn_and_say_their_figures(console: Watched, session: Session) -> None:
    console.open("system")
    page = console.page
    expect(page.locator("#charts canvas")).to_have_count(3)
    expect(page.get_by_role("img", name=re.compile("Fetched: now .* at most .*[1-9]"))).to_be_visible()
    page.get_by_role("link", name="24 h").click()
    expect(page.get_by_role("img", name=re.compile("Videos under way: now"))).to_be_visible()


def test_a_task_is_deleted(console: Watched, origin: Origin) -> None:
    submit(console, origin.url("status/404?name=doomed"))
    page = console.page
    page.locator("article").first.get_by_role("link").first.click()
    gone = page.url
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="New task")).to_be_visible()
    page.goto(gone)
    expect(page.get_by_text("there is no such task")).to_be_visible()


def test_the_first_page_of_the_service_is_the_console(console: Watched, served: Vodpull) -> None:
    console.page.goto(f"{served.url}/")
    expect(console.page.get_by_role("heading", name="New task")).to_be_visible()


def test_a_video_that_still_grows_plays_from_its_beginning(console: Watched, served: Vodpull) -> None:
    """Show the player a playlist as it is while encoding goes on, and then the finished one."""
    grown = False

    def cut(route: Route) -> None:
        lines = route.fetch().text().splitlines()
        if "#EXT-X-ENDLIST" in lines and not grown:
            lines = [line.replace("TYPE:VOD", "TYPE:EVENT") for line in lines[: lines.index("#EXT-X-ENDLIST") - 2]]
        route.fulfill(body="\n".join([*lines, ""]), content_type="application/vnd.apple.mpegurl")

    console.page.route("**/*.m3u8", cut)
    open_page(console, "play", served)
    player = "document.getElementById('player').ui.getControls().getPlayer()"
    place = "document.querySelector('video').currentTime"
    assert console.page.evaluate(f"[{player}.isInProgress(), {place}]") == [True, 0]
    grown = True
    console.wait_until(f"!{player}.isInProgress() && {player}.seekRange().end > 4.9")


def test_a_video_with_two_languages_plays_in_either(
    console: Watched, served: Vodpull, origin: Origin, tmp_path: Path
) -> None:
    clip = tmp_path / "two.mp4"
    sources = ["-f", "lavfi", "-i", "testsrc2=s=320x180:d=5", "-f", "lavfi", "-i", "sine=d=5"]
    tracks = [
        "-map",
        "0",
        "-map",
        "1",
        "-map",
        "1",
        "-metadata:s:a:0",
        "language=eng",
        "-metadata:s:a:1",
        "language=deu",
    ]
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *sources, *tracks, str(clip)]
    subprocess.run(words, check=True, timeout=60)
    batch = served.create(origin.put("two.mp4", clip.read_bytes()))
    assert served.wait_final(batch["batch_id"])["jobs"][0]["stage"] == "done"
    player = "document.getElementById('player').ui.getControls().getPlayer()"
    video = "document.querySelector('video')"
    for form in ("HLS", "DASH"):
        console.open("")
        console.open(f"play/{batch['batch_id']}/0#{form.lower()}")
        console.wait_until(f"{video}?.readyState > 1")
        assert console.page.evaluate(f"{player}.getManifestType()") == form
        tongues = console.page.evaluate(f"{player}.getAudioTracks().map((track) => track.language).sort()")
        assert tongues == ["de", "en"]
        assert console.page.evaluate(f"{player}.getVariantTracks().find((track) => track.active).language") == "en"
        assert console.page.evaluate(f"{player}.seekRange().end") == pytest.approx(5, abs=0.1)
        console.page.evaluate(
            f"{player}.selectAudioTrack({player}.getAudioTracks().find((track) => track.language == 'de'))"
        )
        console.page.evaluate(f"{video}.muted = true")
        console.page.evaluate(f"{video}.play().then(() => true)")
        console.wait_until(f"{video}.currentTime > 0.5 && {video}.webkitAudioDecodedByteCount > 0")
        console.page.evaluate(f"{video}.currentTime = 4.1")
        console.wait_until(f"{video}.currentTime > 4.3 && {video}.readyState > 1")
        assert console.page.evaluate(f"{player}.getVariantTracks().find((track) => track.active).language") == "de"


def test_everything_can_be_done_by_keyboard(browser: Browser, served: Vodpull, session: Session) -> None:
    with watched_page(browser, served.url) as watched:
        page = watched.page
        watched.open("keys")
        expect(page.get_by_label("Password")).to_be_focused()
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Keys", exact=True)).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#main"
        page.get_by_label("Account: who will use it").focus()
        page.keyboard.type("by-keyboard")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("The secret is shown this once.")).to_be_visible()


def test_hostile_names_stay_text(console: Watched, served: Vodpull, origin: Origin) -> None:
    names = (HOSTILE + 200 * "x", "\u202e" + 60 * "שלום")
    items = [{"url": origin.url(CLIP), "name": name} for name in names]
    served.wait_final(served.api("POST", "/batches", json={"items": items, "template": "original"}).json()["batch_id"])
    console.open("")
    console.page.get_by_role("link", name="<img src=x onerror=alert(1)>").first.click()
    expect(console.page.locator("#job-0 h2")).to_contain_text("<img src=x onerror=alert(1)>\ufffdgpj.exe")
    assert console.page.locator("img").count() == 0
    console.page.set_viewport_size({"width": 360, "height": 760})
    assert console.overflow_px() == 0


def test_a_video_is_found_renamed_labelled_blocked_and_enabled(console: Watched, session: Session) -> None:
    page = console.page
    console.open("library?sort=oldest")
    page.locator("article .title").first.click()
    page.get_by_label("Name", exact=True).fill("Flower of the first run")
    page.get_by_label("Labels, with commas").fill("Plants/Red, Short")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.locator("#video-head h1")).to_have_text("Flower of the first run")
    page.get_by_role("button", name="Use as poster").click()
    expect(page.get_by_text("The poster is another one")).to_be_visible()
    embed = page.get_by_label("Embed").inner_text()
    page.get_by_role("button", name="Block").click()
    expect(page.locator("#video-head .badge").first).to_have_text("blocked")
    console.open("library")
    page.get_by_label("Search").fill("OF THE FIRST")
    page.get_by_label("State").select_option("blocked")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("article")).to_have_count(1)
    page.get_by_role("checkbox", name="Select Flower").check()
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("1 of 1 videos changed")).to_be_visible()
    expect(page.get_by_text("No video fits.")).to_be_visible()
    console.open("library")
    page.get_by_role("link", name="Red", exact=True).click()
    expect(page.locator("article")).to_have_count(1)
    expect(page.locator("select[name=category] option:checked")).to_have_text("Plants/Red")
    page.route("**/somebody", lambda route: route.fulfill(body=f"<body>{embed}</body>", content_type="text/html"))
    page.goto(f"{console.base}/somebody")  # a page without our content policy and scripts
    console.wait_until("document.querySelector('video')?.readyState > 1")


PAGES = ("", "tasks", "play", "library", "video", "keys", "inspector", "system", "nowhere")


def open_page(console: Watched, name: str, served: Vodpull) -> None:
    """Open a page; of tasks and the player those of the first run's video."""
    if name in {"tasks", "play"}:
        console.open("?q=" + CLIP)
        console.page.locator("article").last.get_by_role("link").first.click()
        console.page.locator("#job-0 .ladder").wait_for()
    elif name == "video":
        console.open("library?sort=oldest")
        console.page.locator("article .title").first.click()
        console.wait_until("document.querySelector('video')?.readyState > 1")
    else:
        console.open(name)
    if name == "play":
        console.page.locator("#job-0").locator("a.button.main").click()
        console.wait_until("document.querySelector('video')?.readyState > 1")
        expect(console.page.locator("#notice")).to_be_empty()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible_in_both_colours(console: Watched, served: Vodpull, name: str) -> None:
    console.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    open_page(console, name, served)
    assert console.serious_findings() == []
    assert ground_of(console) in WHITE_ISH
    console.page.emulate_media(color_scheme="dark")
    assert console.serious_findings() == []
    assert ground_of(console) in BLACK_ISH


def ground_of(console: Watched) -> int:
    """Return how much red there is in the colour of a page."""
    return int(re.findall(r"\d+", console.page.evaluate("getComputedStyle(document.body).backgroundColor"))[0])


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_a_phone(console: Watched, served: Vodpull, name: str) -> None:
    console.page.set_viewport_size({"width": 360, "height": 760})
    open_page(console, name, served)
    assert console.overflow_px() == 0
    assert console.serious_findings() == []


@pytest.mark.parametrize("name", PAGES)
def test_every_page_speaks_chinese(browser: Browser, served: Vodpull, session: Session, name: str) -> None:
    with watched_page(browser, served.url, storage_state=session, locale="zh-CN") as console:
        open_page(console, name, served)
        assert console.page.evaluate("document.documentElement.lang") == "zh-CN"
        assert re.search("[\u4e00-\u9fff]", console.page.locator("main").inner_text())


def test_entry_pages_are_accessible_and_fit_a_phone(browser: Browser, served: Vodpull, session: Session) -> None:
    with watched_page(browser, served.url, viewport={"width": 360, "height": 760}) as console:
        for path in ("login", "setup?token=used"):
            console.open(path)
            assert console.serious_findings() == []
            assert console.overflow_px() == 0


def test_the_player_has_previews(console: Watched, served: Vodpull) -> None:
    open_page(console, "play", served)
    player = "document.getElementById('player').ui.getControls().getPlayer()"
    console.wait_until(f"{player}.getImageTracks().length == 1")
    assert console.page.evaluate(f"{player}.getVariantTracks().map(track => track.height).sort()") == [360, 480]


def test_the_switches_change_language_and_colours_and_stay_on_the_page(console: Watched) -> None:
    console.open("system")
    console.page.get_by_role("button", name="中文").click()
    expect(console.page.get_by_role("heading", name="系统")).to_be_visible()
    console.page.get_by_role("button", name="配色：自动").click()
    console.page.get_by_role("button", name="配色：浅色").click()
    expect(console.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert console.page.url.endswith("/console/system")
    console.page.get_by_role("button", name="English").click()
    expect(console.page.get_by_role("heading", name="System")).to_be_visible()


def test_a_lost_password_can_be_replaced(browser: Browser, served: Vodpull, session: Session) -> None:
    link = served.run("console-link", "--server", served.url).stdout.strip()
    with watched_page(browser, served.url) as watched:
        watched.page.goto(link)
        expect(watched.page.get_by_role("heading", name="Choose the console's password")).to_be_visible()


def test_a_logout_elsewhere_ends_a_live_page(browser: Browser, served: Vodpull, session: Session) -> None:
    with watched_page(browser, served.url) as watched:
        page = watched.page
        watched.open("login")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("[data-live].on")).to_be_visible()
        other = page.context.new_page()
        other.goto(f"{served.url}/console/system")
        other.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible(timeout=20_000)


def test_captions_are_put_on_the_page_and_seen_in_the_player(console: Watched, served: Vodpull, tmp_path: Path) -> None:
    english, signs = tmp_path / "en.srt", tmp_path / "de.ass"
    english.write_text("1\n00:00:00,000 --> 00:00:06,000\n<i>Seen</i> <img src=x onerror=alert(1)>text\n")
    signs.write_text("[Script Info]\n[Events]\nDialogue: 0,0:00:00.00,0:00:05.00,Default,,0,0,0,,Schild\n")
    page = console.page
    open_page(console, "video", served)
    for language, file, is_default in (("en", english, True), ("de", signs, False)):
        form = page.locator("#captions form[enctype]")
        form.get_by_label("Language, for").fill(language)
        form.get_by_label("File", exact=True).set_input_files(file)
        if is_default:
            form.get_by_label("Players show it").check()
        form.get_by_role("button", name="Put it there").click()
        expect(page.locator("#captions tbody")).to_contain_text(language)
    page.reload()
    page.locator("#player").scroll_into_view_if_needed()  # Shaka draws no text that nobody sees
    expect(page.locator(".shaka-text-container")).to_have_text("Seen text", timeout=30_000)
    embed = page.get_by_label("Embed").inner_text()
    page.route("**/somebody", lambda route: route.fulfill(body=f"<body>{embed}</body>", content_type="text/html"))
    page.goto(f"{console.base}/somebody")
    console.wait_until("document.querySelector('video')?.readyState > 1")
    page.evaluate("document.querySelector('video').currentTime = 1")
    console.wait_until("[...document.querySelector('video').textTracks].some((track) => track.activeCues?.length)")
