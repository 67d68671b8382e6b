"""
A clip that tells what became of it: every picture carries its number, each second has one flash and one beep.

So lost, repeated, garbled and shifted content can be read from what was published. `Clapper` makes clips,
`read_pictures` and `read_sound` read them; `tests/mp4_edits.py` changes the boxes of MP4 files.
"""

from __future__ import annotations

import array
import functools
import itertools
import math
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg

from tests.films import kept
from tests.services.vodpull import Vodpull

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50")
AAC = ("-c:a", "aac", "-b:a", "96k")
SOUND_HZ = 48000
RATE = 25
TONE_HZ = 1000


def ffmpeg(*argv: object, stdin: bytes = b"") -> bytes:
    """Run FFmpeg on trusted files and return what it writes to its standard output."""
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-v", "error", "-y", *map(str, argv)]
    # A pipe would be filled 512 bytes at a time.
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        ran = subprocess.run(words, stdin=given, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    return ran.stdout


@dataclass(frozen=True, kw_only=True)
class Clapper:
    """One clip; `make` writes it."""

    seconds: float = 8
    rate: int = RATE
    size: tuple[int, int] = (320, 180)
    first: int = 0
    """Number of the first picture: a whole number of seconds, so that flashes go with the beeps."""
    total: int | None = None
    """Pictures of the film that this is a part of; None: it is all of it."""
    video: tuple[object, ...] = X264
    sound: tuple[object, ...] = AAC
    """Empty: none."""

    def make(self, target: Path, *options: object) -> Path:
        """Write it; further options of the output come last."""
        return kept(target, (self, options), lambda made: self._encode(made, options))

    def _encode(self, target: Path, options: tuple[object, ...]) -> None:
        width, height = self.size
        picture = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", self.rate, "-i", "pipe:0")
        sound = ("-f", "lavfi", "-i", beeps(self.seconds)) if self.sound else ()
        ffmpeg(*picture, *sound, *self.video, *self.sound, *options, f"file:{target}", stdin=b"".join(self._raw()))

    def _raw(self) -> Iterator[bytes]:
        width, height = self.size
        count, half, top = round(self.seconds * self.rate), width // 2, height // 4 // 2 * 2
        total, colours = self.total or count, bytes([128]) * (width * height // 2)
        for number in range(self.first, self.first + count):
            flash = bytes([235 if number % self.rate == 0 else 16]) * (width * top)
            coarse, fine = round(16 + 200 * number / total), 20 + 8 * (number % 25)
            yield flash + (bytes([coarse]) * half + bytes([fine]) * (width - half)) * (height - top) + colours


def beeps(seconds: float, *, offset_s: float = 0.0) -> str:
    """Return a source for FFmpeg: a beep of 50 ms at each whole second after an offset (negative: before the start)."""
    clock = f"(t-{offset_s})"
    sure = f"0.5*sin(2*PI*{TONE_HZ}*t)*lt(mod({clock}+1000,1),0.05)*gte({clock},0)"
    return f"aevalsrc='{sure}':s={SOUND_HZ}:d={seconds}"


@dataclass(frozen=True)
class Pictures:
    """What the pictures of a clip say."""

    times_s: list[float]
    numbers: list[int]
    flashes_s: list[float]
    sizes: list[tuple[int, int]]

    def wrong(self, due: Sequence[int], *, tolerance: int = 1) -> list[tuple[int, int]]:
        """
        Return number and due number of all pictures that show something else, in order.

        Also of those that are missing, or too many; the last one may be held.
        """
        numbers = self.numbers.copy()
        while len(numbers) > len(due) and numbers[-1:] == numbers[-2:-1]:
            numbers.pop()
        pairs = itertools.zip_longest(numbers, due, fillvalue=-(10**6))
        return [(got, wanted) for got, wanted in pairs if abs(got - wanted) > tolerance]

    @property
    def steps_back(self) -> int:
        return sum(after < before for before, after in itertools.pairwise(self.numbers))


def read_pictures(path: Path, total: int) -> Pictures:
    """Read the pictures of a clip that is `total` pictures of 25 a second long; bars around them are not expected."""
    return _read_pictures(path, total, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=1)
def _read_pictures(path: Path, total: int, _written_ns: int) -> Pictures:
    found = Pictures([], [], [], [])
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0]):
            assert frame.pts is not None
            assert frame.time_base is not None
            time_s, (width, height) = round(float(frame.pts * frame.time_base), 4), (frame.width, frame.height)
            found.times_s.append(time_s)
            found.sizes.append((width, height))
            found.numbers.append(_number(frame, total))
            if _mean(frame, (0, 2, width, height // 4 - 4)) > 120:
                held = found.numbers[-2:-1] == found.numbers[-1:] and found.flashes_s
                found.flashes_s[-1 if held else len(found.flashes_s) :] = [time_s]
    return found


def _number(frame: Any, total: int) -> int:
    half, top, bottom = frame.width // 2, frame.height // 4 + 6, frame.height - 2
    coarse = (_mean(frame, (4, top, half - 4, bottom)) - 16) * total / 200
    fine = round((_mean(frame, (half + 4, top, frame.width - 4, bottom)) - 20) / 8) % 25
    near = round((coarse - fine) / 25)
    return max(0, near) * 25 + fine


def _mean(frame: Any, area: tuple[int, int, int, int]) -> float:
    """Return the mean luma of an area: left, top, right, bottom."""
    left, top, right, bottom = area
    plane = frame.planes[0]
    content, stride = bytes(plane), plane.line_size
    return sum(sum(content[row * stride + left : row * stride + right]) for row in range(top, bottom, 4)) / (
        len(range(top, bottom, 4)) * (right - left)
    )


def read_sound(path: Path, *, track: int = 0, stretched: bool = False) -> array.array[float]:
    """
    Return the samples of one track from time 0 on, mixed to mono, 48000 a second.

    `stretched`: sample behind sample, as devices play it that do not look at times.
    """
    return _read_sound(path, track, stretched, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=1)
def _read_sound(path: Path, track: int, stretched: bool, _written_ns: int) -> array.array[float]:
    steps = () if stretched else ("-af", "aresample=async=1:first_pts=0")
    raw = ffmpeg("-i", path, "-map", f"0:a:{track}", *steps, "-ac", 1, "-ar", SOUND_HZ, "-f", "f32le", "-")
    return array.array("f", raw)


def onsets(samples: Sequence[float], *, level: float = 0.1, quiet_s: float = 0.4) -> list[float]:
    """Return when sound begins after silence, in seconds."""
    found, last = [], -SOUND_HZ
    for begun in range(0, len(samples), 480):
        part = samples[begun : begun + 480]
        if max(part) <= level and min(part) >= -level:
            continue
        for at, sample in enumerate(part, begun):
            if abs(sample) > level:
                if at - last > quiet_s * SOUND_HZ:
                    found.append(round(at / SOUND_HZ, 3))
                last = at
    return found


def tone(samples: Sequence[float], start_s: float, end_s: float) -> tuple[float, float]:
    """Return frequency and loudness (rms) of a stretch; the frequency by zero crossings, 0 where it is silent."""
    part = samples[round(start_s * SOUND_HZ) : round(end_s * SOUND_HZ)]
    rms = math.sqrt(sum(sample * sample for sample in part) / max(1, len(part)))
    rising = [at for at, (before, after) in enumerate(itertools.pairwise(part)) if before < 0 <= after]
    if rms < 0.001 or len(rising) < 2:
        return 0.0, rms
    return (len(rising) - 1) * SOUND_HZ / (rising[-1] - rising[0]), rms


def distances(flashes_s: Sequence[float], beeps_s: Sequence[float]) -> list[float]:
    """Return for each flash how much later its beep comes."""
    return [min((beep - flash for beep in beeps_s), key=abs, default=math.inf) for flash in flashes_s]


def assert_in_step(path: Path, total: int, *, within_s: float = 0.06) -> None:
    """Check that each flash has its beep, in a file with picture and sound; FFmpeg itself may join them at the ends."""
    flashes_s, beeps_s = read_pictures(path, total).flashes_s, onsets(read_sound(path))
    assert len(flashes_s) > 1
    late = distances(flashes_s, beeps_s)
    assert max(map(abs, late[1:-1] or late)) <= within_s, (flashes_s, beeps_s)


def pulled(service: Vodpull, url: str, *, within_s: float = 120) -> tuple[dict[str, Any], Path | None]:
    """Give a source to a service; return the job as `/api/v1` shows it, and one file of what it published, if any."""
    (job,) = service.wait_final(service.create(url)["id"], within_s=within_s)["jobs"]
    root = next(service.data_dir.glob("**/pullvideo"), service.data_dir).parent
    return job, whole(root / job["playlist"]) if job["cmd_status"] == 2 and job["playlist"] else None


def whole(playlist: Path) -> Path:
    """
    Return one file of all that a playlist plays, with its default sound where it is beside the picture.

    Of a multivariant playlist, of its first variant: the best.
    """
    lines = playlist.read_text().splitlines()
    variant = next((number for number, line in enumerate(lines) if line.startswith("#EXT-X-STREAM-INF:")), None)
    if variant is not None:
        sound = _sound_of(lines, lines[variant])
        picture = whole(playlist.parent / lines[variant + 1])
        return _beside(picture, whole(playlist.parent / sound)) if sound else picture
    joined = playlist.with_name(f"whole-{playlist.stem}.mp4")
    maps = re.findall(r'#EXT-X-MAP:URI="(.*?)"', playlist.read_text())
    names = [*maps, *(line for line in lines if line and not line.startswith("#"))]
    joined.write_bytes(b"".join((playlist.parent / name).read_bytes() for name in names))
    return joined


def _sound_of(lines: Sequence[str], variant: str) -> str | None:
    group = re.search(r'AUDIO="(.*?)"', variant)
    sounds = [
        line
        for line in lines
        if line.startswith("#EXT-X-MEDIA:TYPE=AUDIO") and group and f'GROUP-ID="{group[1]}"' in line and "URI=" in line
    ]
    chosen = next((line for line in sounds if "DEFAULT=YES" in line), sounds[0] if sounds else "")
    uri = re.search(r'URI="(.*?)"', chosen)
    return uri[1] if uri else None


def _beside(picture: Path, sound: Path) -> Path:
    both = picture.with_suffix(".mkv")
    inputs = ("-copyts", "-i", picture, "-copyts", "-i", sound)
    ffmpeg(*inputs, "-map", "0:v", "-map", "1:a", "-c", "copy", both)
    return both
