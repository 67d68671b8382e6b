"""Ten films in hls.js, Shaka Player (HLS and DASH) and FFmpeg: the same tracks in each, and what is chosen comes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from tests.origin import Origin
from tests.pngs import png
from tests.services.chromium import running_chromium
from tests.services.players import Shown, decoded_by_ffmpeg, players_page
from tests.services.vodpull import Vodpull

LENGTH_S = 4.0
# Heard of each sound, so that it is known which one plays.
PITCHES_HZ = {"en": 400, "de": 800, "zh": 1600}
SPOKEN = "1\n00:00:01,000 --> 00:00:02,000\n{0} one\n\n2\n00:00:02,500 --> 00:00:03,500\n{0} two\n"

# A red box, and black where a watermark or text comes.
PICTURE = (
    "testsrc2=s=320x180:r=25:d=4,drawbox=x=20:y=20:w=60:h=40:color=red:t=fill,"
    "drawbox=x=220:y=0:w=100:h=60:color=black:t=fill,drawbox=x=0:y=120:w=320:h=60:color=black:t=fill"
)
RED_BOX, RED_BOX_UPRIGHT = (0.10, 0.15, 0.22, 0.30), (0.15, 0.78, 0.30, 0.90)
CORNER, LINE = (0.85, 0.04, 0.95, 0.12), (0.44, 0.9, 0.56, 0.96)

TEMPLATE = """
{keys}
audio_only = true
segment_s = 1.0

[definitions.LD]
short_side_px = 90
max_bitrate_bps = 400_000

[definitions.SD]
short_side_px = 180
max_bitrate_bps = 2_000_000
{codec}
[video.h264]
preset = "ultrafast"
crf = 23
{tables}
"""
PLAIN = {"keys": "copy = false", "codec": "", "tables": ""}
TEMPLATES = {
    "plain": PLAIN,
    "copying": PLAIN | {"keys": ""},
    "hevc": PLAIN | {"codec": '[video.hevc]\npreset = "ultrafast"\ncrf = 24\n'},
    "marked": PLAIN | {"tables": '[watermark]\nfile = "logo.png"\nwidth_percent = 20\n'},
    "burnt": PLAIN | {"keys": 'burn_in = "en"'},
}


@dataclass(frozen=True, kw_only=True)
class Film:
    """A source, and what players make of it."""

    file: str
    template: str = "plain"
    sounds: tuple[str, ...] = ("en",)
    """Languages in the order in which players offer them; the first one is heard."""
    texts: tuple[str, ...] = ()
    size: tuple[int, int] = (320, 180)

    @property
    def pictures(self) -> int:
        return 100 if all(self.size) else 0


FILMS = {
    "one sound": Film(file="one.mp4"),
    "no sound": Film(file="none.mp4", sounds=()),
    "three languages": Film(file="three.mp4", sounds=("de", "en", "zh")),
    "captions": Film(file="texts.mp4", texts=("de", "en")),
    "rotated": Film(file="rotated.mp4", size=(180, 320)),
    "hdr": Film(file="hdr.mp4", template="hevc"),
    "copied": Film(file="one.mp4", template="copying"),
    "sound alone": Film(file="sound.m4a", size=(0, 0)),
    "watermark": Film(file="one.mp4", template="marked"),
    "burnt in": Film(file="texts.mp4", template="burnt", texts=("de",)),
}
IN_TIME: Any = (pytest.approx((1.0, 2.0), abs=0.04), pytest.approx((2.5, 3.5), abs=0.04))
LABELS = {"en": "English", "de": "Deutsch", "zh": "中文"}
PLAYERS = ("hls.js", "Shaka HLS", "Shaka DASH")


def make_films(folder: Path) -> None:
    """Encode one film with all tracks and one in HDR; the others are parts of the first."""

    def ffmpeg(*words: str) -> None:
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *words], check=True, timeout=60, cwd=folder)

    texts = {"eng": "English", "ger": "Deutsch"}
    for language, word in texts.items():
        (folder / f"{language}.srt").write_text(SPOKEN.format(word))
    sounds = [word for hz in PITCHES_HZ.values() for word in ("-f", "lavfi", "-i", f"sine=f={hz}:r=48000:d=4")]
    words = ["-f", "lavfi", "-i", PICTURE, *sounds, "-i", "eng.srt", "-i", "ger.srt"]
    words += [word for number in range(6) for word in ("-map", str(number))]
    words += ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-bf", "0", "-pix_fmt", "yuv420p"]
    words += ["-c:a", "aac", "-b:a", "64k", "-ac", "2", "-c:s", "mov_text"]
    for kind, languages in (("a", ("eng", "ger", "chi")), ("s", tuple(texts))):
        for number, language in enumerate(languages):
            words += [f"-metadata:s:{kind}:{number}", f"language={language}"]
        words += [f"-disposition:{kind}:0", "0", f"-disposition:{kind}:1", "default"]
    ffmpeg(*words, "all.mp4")
    parts = {
        "one.mp4": ("v", "a:0"),
        "none.mp4": ("v",),
        "three.mp4": ("v", "a"),
        "texts.mp4": ("v", "a:0", "s"),
        "sound.m4a": ("a:0",),
    }
    for name, tracks in parts.items():
        ffmpeg("-i", "all.mp4", "-c", "copy", *(word for track in tracks for word in ("-map", f"0:{track}")), name)
    ffmpeg("-display_rotation:v:0", "90", "-i", "one.mp4", "-c", "copy", "rotated.mp4")
    wide = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"]
    hevc = ["-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error"]
    ffmpeg("-i", "one.mp4", "-c:a", "copy", *hevc, *wide, "-tag:v", "hvc1", "hdr.mp4")


@dataclass(frozen=True, kw_only=True)
class Urls:
    """Where a film is played."""

    hls: str
    dash: str

    @property
    def of_players(self) -> dict[str, str]:
        return dict(zip(PLAYERS, (self.hls, self.hls, self.dash), strict=True))


@dataclass(frozen=True, kw_only=True)
class Cinema:
    """All films, ready, and a page with the players."""

    films: Mapping[str, Urls]
    page: Shown

    def show(self, film: str, *players: str) -> None:
        """Show a film in players, or in each of them, until they have played a second and a quarter."""
        urls = self.films[film].of_players
        self.page.show({player: urls[player] for player in players or PLAYERS})
        for player in players or PLAYERS:
            self.page.wait(player, "stage.video.currentTime > 1.25 || stage.errors.length")


@pytest.fixture(scope="module")
def cinema(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[Cinema]:
    folder = tmp_path_factory.mktemp("films")
    make_films(folder)
    templates = folder / "data" / "templates"
    (templates / "watermarks").mkdir(parents=True)
    (templates / "watermarks" / "logo.png").write_bytes(png(40, 20))
    for name, words in TEMPLATES.items():
        (templates / f"{name}.toml").write_text(TEMPLATE.format(**words))
    service = Vodpull(folder / "data", origin=origin.origin)
    service.start()
    for file in {film.file for film in FILMS.values()}:
        origin.put(file, (folder / file).read_bytes())
    started = {
        name: service.create(origin.url(film.file), template=film.template)["batch_id"] for name, film in FILMS.items()
    }
    with running_chromium() as browser, players_page(browser, service.url) as page:
        yield Cinema(films={name: _urls(service, batch) for name, batch in started.items()}, page=page)
    service.stop()


def _urls(service: Vodpull, batch_id: str) -> Urls:
    [job] = service.wait_final(batch_id)["jobs"]
    assert job["stage"] == "done", job
    found = service.api("GET", f"/videos/{job['video_id']}/playback").json()
    return Urls(hls=found["playlist_url"], dash=found["dash_url"])


@pytest.mark.parametrize("name", FILMS)
def test_each_player_sees_the_same_film(cinema: Cinema, name: str) -> None:
    film = FILMS[name]
    cinema.show(name)
    for player in PLAYERS:
        seen = cinema.page.ask(player, "seen")
        assert seen["errors"] == [], player
        assert seen["duration_s"] == pytest.approx(LENGTH_S, abs=0.05), player
        assert tuple(seen["size"]) == film.size, player
        assert (seen["pictures"] > 20, seen["soundBytes"] > 0) == (film.pictures > 0, bool(film.sounds)), player
        long_sides = [160, 320] if film.size == (180, 320) else [90, 180]
        assert seen["heights"] == (long_sides if film.pictures else [0]), player
        sounds = [(sound["language"], sound["label"], sound["isOn"]) for sound in seen["sounds"]]
        assert sounds == [(each, LABELS[each], each == film.sounds[0]) for each in film.sounds], player
        texts = [(text["language"], text["label"], text["isForced"]) for text in seen["texts"]]
        assert texts == [(each, LABELS[each], False) for each in film.texts], player
        if film.sounds:
            assert cinema.page.ask(player, "pitch_hz") == pytest.approx(PITCHES_HZ[film.sounds[0]], abs=12), player


@pytest.mark.parametrize("name", FILMS)
def test_ffmpeg_decodes_the_same_film(cinema: Cinema, name: str) -> None:
    film = FILMS[name]
    tracks = decoded_by_ffmpeg(cinema.films[name].hls)
    rungs = 4 if film.template == "hevc" else 2 if film.pictures else 0
    assert [len(track.times_s) for track in tracks if track.kind == "Video"] == rungs * [film.pictures]
    sounds = [track for track in tracks if track.kind == "Audio"]
    assert [sound.language for sound in sounds] == list(film.sounds)
    assert all(sound.times_s[-1][1] == pytest.approx(LENGTH_S, abs=0.05) for sound in sounds)
    texts = [track for track in tracks if track.kind == "Subtitle"]
    assert [text.language for text in texts] == list(film.texts)
    assert all(text.times_s == IN_TIME for text in texts)


@pytest.mark.parametrize("player", PLAYERS)
def test_another_language_is_heard_when_it_is_chosen(cinema: Cinema, player: str) -> None:
    cinema.show("three languages", player)
    page = cinema.page
    page.ask(player, "video.loop = true")
    assert page.ask(player, "pitch_hz") == pytest.approx(PITCHES_HZ["de"], abs=12)
    for language in ("zh", "en"):
        page.ask(player, f"player.chooseSound('{language}')")
        page.wait(player, f"Math.abs(stage.pitch_hz - {PITCHES_HZ[language]}) < 12")
        on = [sound["language"] for sound in page.ask(player, "seen")["sounds"] if sound["isOn"]]
        assert on == [language]


@pytest.mark.parametrize("player", PLAYERS)
def test_captions_are_shown_at_their_times_in_the_language_that_is_chosen(cinema: Cinema, player: str) -> None:
    cinema.show("captions", player)
    page = cinema.page
    page.seek(player, LENGTH_S)  # the film has come whole
    for language in ("en", "de"):
        page.ask(player, f"player.chooseText('{language}')")
        word = LABELS[language]
        for at_s, text in ((1.5, f"{word} one"), (2.25, ""), (2.6, f"{word} two"), (3.7, "")):
            page.seek(player, at_s)
            page.wait(player, f"stage.player.shown === {text!r}")
        times = [(start, end) for start, end, _ in page.ask(player, "player.cues")]
        assert tuple(times) == IN_TIME
        on = [text["language"] for text in page.ask(player, "seen")["texts"] if text["isOn"]]
        assert on == [language]


def colour(cinema: Cinema, player: str, part: tuple[float, ...]) -> list[int]:
    found: list[int] = cinema.page.ask(player, f"colour({list(part)})")
    return found


def colours(cinema: Cinema, part: tuple[float, ...]) -> list[list[int]]:
    """Return the mean colour of a part of the picture in each player."""
    return [cinema.page.ask(player, f"colour({list(part)})") for player in PLAYERS]


@pytest.mark.parametrize(("name", "box"), [("rotated", RED_BOX_UPRIGHT), ("copied", RED_BOX), ("hdr", RED_BOX)])
def test_pictures_are_upright_and_have_their_colours(cinema: Cinema, name: str, box: tuple[float, ...]) -> None:
    cinema.show(name)
    for red, green, blue in colours(cinema, box):
        assert red > 2 * max(green, blue, 20), (red, green, blue)


def test_a_watermark_is_in_the_picture(cinema: Cinema) -> None:
    cinema.show("one sound")
    assert max(max(found) for found in colours(cinema, CORNER)) < 40
    cinema.show("watermark")
    assert min(min(found) for found in colours(cinema, CORNER)) > 200


def test_burnt_in_text_is_in_the_picture_at_its_time(cinema: Cinema) -> None:
    cinema.show("burnt in")
    levels = []
    for at_s in (0.5, 1.5):
        for player in PLAYERS:
            cinema.page.seek(player, at_s)
        levels.append([sum(found) for found in colours(cinema, LINE)])
    assert all(later > before + 100 for before, later in zip(*levels, strict=True)), levels


def test_hevc_is_for_players_that_take_it(cinema: Cinema) -> None:
    """Chromium of Debian takes none: there the tone-mapped H.264 renditions are what plays."""
    page = cinema.page.page
    playlist = page.evaluate("(url) => fetch(url).then((reply) => reply.text())", cinema.films["hdr"].hls)
    [hevc] = {word for word in playlist.split('"') if word.startswith("hvc1.1.6.L60")}
    taken = page.evaluate('(codecs) => MediaSource.isTypeSupported(`video/mp4; codecs="${codecs}"`)', hevc)
    cinema.show("hdr")
    for player in PLAYERS:
        codecs = {codec[:4] for codec in cinema.page.ask(player, "seen")["codecs"]}
        assert codecs == ({"hvc1", "avc1"} if taken else {"avc1"}), player
