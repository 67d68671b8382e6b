"""All playlists and segments of a film, as far as its parts are there, and writing them."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from operator import methodcaller
from pathlib import Path

from vodpull.errors import InternalError, OutputInvalid, error_of_disk
from vodpull.media.encode.codecs import BUFFERED
from vodpull.media.layout import INIT_FILE, SEGMENT_PATTERN
from vodpull.media.mp4.codec_names import codec_names
from vodpull.media.mp4.fragments import TrackRun, media_segment
from vodpull.media.mp4.sample_tables import read_samples
from vodpull.media.package.hls import (
    AudioRendition,
    Segment,
    Variant,
    average_bitrate_bps,
    media_playlist,
    multivariant_playlist,
    peak_bitrate_bps,
)
from vodpull.media.package.pictures import PictureSource, few
from vodpull.media.package.progressive import write_progressive
from vodpull.media.package.storyboard import storyboard_step
from vodpull.media.package.timeline import PictureTrack, SoundTrack, Timeline, init_bytes, on_grid
from vodpull.media.plan.encode_plan import EncodePlan, RungPlan
from vodpull.media.plan.ladder import Rung

VIDEO_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
# What a segment may have at most, as a share of its ceiling, where no decoder's buffer bounds it.
LOOSE_PEAK = 2.0
# The most that copied sound takes, with the boxes around it all; encoded sound may take more.
SOUND_BPS, BOXES_BPS = 240_000, 48_000


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The folders with what was encoded so far."""

    tracks: Path | None
    """Folder with the sound and the copied rung; None: the plan has neither."""
    chunks: tuple[Path, ...]
    """Folders of the first chunks, in order."""


@dataclass(frozen=True, kw_only=True)
class PackagedRendition:
    """One rendition as it lies in the output folder."""

    rung: Rung
    playlist: str
    """Media playlist, relative to the output folder."""
    folder: str
    """Folder of its segments, relative to the output folder."""
    mp4: str = ""
    """The same as one progressive file, relative to the output folder; empty: there is none."""


@dataclass(frozen=True, kw_only=True)
class PackagedPicture:
    """The picture of one rendition without its sound, for players that choose between several sound tracks."""

    playlist: str
    """Media playlist, relative to the output folder."""
    folder: str
    """Folder of its segments, relative to the output folder."""


@dataclass(frozen=True, kw_only=True)
class PackagedSound:
    """One of several sound tracks as it lies in the output folder."""

    playlist: str
    """Media playlist, relative to the output folder."""
    folder: str
    """Folder of its segments, relative to the output folder."""
    language: str | None


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One media playlist in the making."""

    playlist: str
    folder: str
    sources: tuple[PictureTrack | SoundTrack, ...]
    """Tracks in its segments."""


class Assembly:
    """All media playlists of a film, as far as its parts are there, and what goes into them."""

    def __init__(self, plan: EncodePlan, parts: Parts, video_id: str) -> None:
        """Read the tables of all parts."""
        if not VIDEO_ID.fullmatch(video_id):
            raise InternalError("a video id consists of letters and digits")
        self.plan = plan
        self.parts = parts
        self.multivariant = f"{video_id}.m3u8"
        self.timeline = _timeline(plan, parts)
        placed = _placed(plan, video_id)
        self.renditions = tuple(rendition for rendition, _ in placed)
        # One sound track is in every rendition. Of several a player must choose, and then picture and sound must be
        # apart: browsers refuse a rendition with sound beside a sound track (Media Source Extensions).
        several = plan.sounds if len(plan.sounds) > 1 else ()
        self.sounds = tuple(
            PackagedSound(
                playlist=f"{video_id}-a{number}.m3u8", folder=f"{video_id}/a{number}", language=sound.language
            )
            for number, sound in enumerate(several, start=1)
        )
        names = [
            rendition.folder.rpartition("/")[2] for rendition in self.renditions if several and not plan.sound_only
        ]
        self.silent = tuple(
            PackagedPicture(playlist=f"{video_id}-v{name}.m3u8", folder=f"{video_id}/v{name}") for name in names
        )
        self.pictures = [] if plan.sound_only else [self._picture(planned) for _, planned in placed]
        muxed = [self._sound(0, track_number=2 if self.pictures else 1)] if plan.sounds else []
        shown: Sequence[tuple[PictureTrack, ...]] = [(picture,) for picture in self.pictures] or [()]
        self.streams = (
            *(
                Stream(playlist=placed.playlist, folder=placed.folder, sources=(*picture, *muxed))
                for placed, picture in zip(self.renditions, shown, strict=True)
            ),
            *(
                Stream(playlist=placed.playlist, folder=placed.folder, sources=(self._sound(at, track_number=1),))
                for at, placed in enumerate(self.sounds)
            ),
            *(
                Stream(playlist=placed.playlist, folder=placed.folder, sources=(picture,))
                for placed, picture in zip(self.silent, self.pictures, strict=False)
            ),
        )

    def _picture(self, planned: RungPlan) -> PictureTrack:
        if planned.rung.copied:
            tables = [(0, on_grid(read_samples(self._tracks() / planned.file), self.plan.rate))]
        else:
            chunks = zip(self.plan.chunks, self.parts.chunks, strict=False)
            tables = [(chunk.first_frame, read_samples(folder / planned.file)) for chunk, folder in chunks]
        return PictureTrack(tables, self.timeline, track_number=1)

    def _sound(self, at: int, *, track_number: int) -> SoundTrack:
        sound = self.plan.sounds[at]
        table = read_samples(self._tracks() / sound.file)
        return SoundTrack(table, self.timeline, track_number=track_number, language=sound.language)

    def _tracks(self) -> Path:
        if self.parts.tracks is None:
            raise InternalError("the folder with the tracks of the whole film is missing")
        return self.parts.tracks

    def write(self, out_folder: Path) -> None:
        """Write all playlists and segments."""
        with _disk_errors():
            self._write_files(out_folder, after=0)
            written = [self._segments(out_folder, stream) for stream in self.streams]
            for stream, segments in zip(self.streams, written, strict=True):
                self._write_playlist(out_folder, stream, segments)
            variants = [
                self._variant(
                    placed,
                    stream,
                    peak_bitrate_bps=peak_bitrate_bps(segments),
                    bitrate_bps=average_bitrate_bps(segments),
                )
                for placed, stream, segments in zip(self.renditions, self.streams, written, strict=False)
            ]
            # Last: whoever sees it finds everything that it names.
            self._write_multivariant(out_folder, variants)

    def write_preview(self, out_folder: Path, after: int) -> tuple[str, ...]:
        """Write the segments after the given one, and playlists that will grow; return the names of the segments."""
        with _disk_errors():
            files = self._write_files(out_folder, after=after)
            for stream in self.streams:
                names = [f"{stream.folder}/{SEGMENT_PATTERN % number}" for number in self._numbers()]
                segments = [
                    Segment(uri=uri, duration_s=self.timeline.duration_s(number), size_bytes=0)
                    for number, uri in enumerate(names, start=1)
                ]
                self._write_playlist(out_folder, stream, segments)
            variants = [
                self._variant(
                    placed, stream, peak_bitrate_bps=planned_bandwidth_bps(self.plan, placed.rung), bitrate_bps=None
                )
                for placed, stream in zip(self.renditions, self.streams, strict=False)
            ]
            self._write_multivariant(out_folder, variants)
        return files

    def _numbers(self) -> range:
        return range(1, self.timeline.segments + 1)

    def _write_files(self, out_folder: Path, *, after: int) -> tuple[str, ...]:
        files = []
        for stream in self.streams:
            (out_folder / stream.folder).mkdir(parents=True, exist_ok=True)
            if not after:
                files.append(f"{stream.folder}/{INIT_FILE}")
                (out_folder / files[-1]).write_bytes(init_bytes(stream.sources))
        for number in self._numbers()[after:]:
            # A sound track goes into many streams and is the same in all of them.
            run_of = cache(methodcaller("run", number))
            for stream in self.streams:
                files.append(f"{stream.folder}/{SEGMENT_PATTERN % number}")
                runs = [run for run in map(run_of, stream.sources) if run.samples]
                (out_folder / files[-1]).write_bytes(media_segment(number, runs))
        return tuple(files)

    def _segments(self, out_folder: Path, stream: Stream) -> tuple[Segment, ...]:
        names = [f"{stream.folder}/{SEGMENT_PATTERN % number}" for number in self._numbers()]
        return tuple(
            Segment(uri=uri, duration_s=self.timeline.duration_s(number), size_bytes=(out_folder / uri).stat().st_size)
            for number, uri in enumerate(names, start=1)
        )

    def write_mp4s(self, out_folder: Path) -> None:
        """Write the progressive files."""
        with _disk_errors():
            for placed, stream in zip(self.renditions, self.streams, strict=False):
                if placed.mp4:
                    write_progressive(out_folder / placed.mp4, stream.sources, self.timeline.segments)

    def _write_playlist(self, out_folder: Path, stream: Stream, segments: Sequence[Segment]) -> None:
        cuts = (*self.plan.cuts, self.plan.frames_total)
        longest_s = float(max(after - before for before, after in pairwise(cuts)) / self.plan.rate)
        more = {} if self.timeline.complete else {"longest_s": longest_s}
        text = media_playlist(f"{stream.folder}/{INIT_FILE}", segments, **more)
        (out_folder / stream.playlist).write_text(text, encoding="utf-8")

    def _write_multivariant(self, out_folder: Path, variants: Sequence[Variant]) -> None:
        sounds = [
            AudioRendition(uri=placed.playlist, name=_sound_name(placed.language, number), language=placed.language)
            for number, placed in enumerate(self.sounds, start=1)
        ]
        # Two playlists of one picture need the same bandwidth: sound counts either way (RFC 8216 §4.3.4.2).
        silent = [replace(variant, uri=placed.playlist) for variant, placed in zip(variants, self.silent, strict=False)]
        variants = silent or variants
        (out_folder / self.multivariant).write_text(multivariant_playlist(variants, sounds), encoding="utf-8")

    def _variant(
        self, placed: PackagedRendition, stream: Stream, *, peak_bitrate_bps: int, bitrate_bps: int | None
    ) -> Variant:
        return Variant(
            uri=placed.playlist,
            width_px=placed.rung.width_px,
            height_px=placed.rung.height_px,
            frame_rate=placed.rung.frame_rate,
            codecs=",".join(codec_names(init_bytes(stream.sources))),
            peak_bitrate_bps=peak_bitrate_bps,
            bitrate_bps=bitrate_bps,
        )

    def write_small_pictures(self, file: Path) -> PictureSource:
        """Write what storyboard and poster are chosen from: pictures of the lowest rendition."""
        segments = tuple(
            Segment(uri="", duration_s=self.timeline.duration_s(number), size_bytes=0) for number in self._numbers()
        )
        picture, step = self.pictures[self._lowest], storyboard_step(len(segments))
        runs = map(picture.run if self._few else picture.keyframe, self._numbers()[::step])
        self._write_runs(picture, runs, file)
        return PictureSource(file=file, rung=self.renditions[self._lowest].rung, segments=segments)

    def write_chosen_picture(self, choice: int, file: Path) -> int:
        """Write the best rendition of one of the small pictures, with what it needs; return its number in the file."""
        best = self.pictures[-1]
        number, place = 1 + choice * storyboard_step(self.timeline.segments), 0
        if self._few:
            number = bisect.bisect_right(self.timeline.cuts, choice)
            place = choice - self.timeline.cuts[number - 1]
        if number not in self._numbers():
            raise OutputInvalid("the poster shows a moment that is not in the film")
        self._write_runs(best, [best.run(number) if self._few else best.keyframe(number)], file)
        return place

    @property
    def _few(self) -> bool:
        return few(self.timeline.segments)

    @property
    def _lowest(self) -> int:
        """Number of the lowest rendition of the fallback codec; its best is the last of all."""
        return next(at for at, placed in enumerate(self.renditions) if placed.rung.codec == self.plan.fallback)

    def _write_runs(self, picture: PictureTrack, runs: Iterable[TrackRun], file: Path) -> None:
        with _disk_errors(), file.open("wb") as out:
            out.write(init_bytes([picture]))
            for number, run in enumerate(runs, start=1):
                out.write(media_segment(number, [run]))


def _placed(plan: EncodePlan, video_id: str) -> list[tuple[PackagedRendition, RungPlan]]:
    """Return where each rendition lies: codec by codec with the fallback last, each with the lowest first."""
    lowest_first = sorted(plan.rungs, key=lambda planned: planned.rung.clarity)
    placed = []
    codecs = dict.fromkeys(planned.rung.codec for planned in plan.rungs)
    for codec in sorted(codecs, key=lambda codec: codec == plan.fallback):
        rungs = [planned for planned in lowest_first if planned.rung.codec == codec]
        prefix = "" if codec == plan.fallback else f"{codec}-"
        for number, planned in enumerate(rungs, start=1):
            name = f"{prefix}{number:02d}"
            wanted = plan.mp4 == "each" or (plan.mp4 == "best" and planned is rungs[-1])
            rendition = PackagedRendition(
                rung=planned.rung,
                playlist=f"{video_id}-{name}.m3u8",
                folder=f"{video_id}/{name}",
                mp4=f"{video_id}-{name}.mp4" if wanted and codec == plan.fallback else "",
            )
            placed.append((rendition, planned))
    return placed


def _timeline(plan: EncodePlan, parts: Parts) -> Timeline:
    chunks = plan.chunks[: len(parts.chunks)]
    if plan.chunks and not chunks:
        raise InternalError("there is no chunk to package")
    end = chunks[-1].first_frame + chunks[-1].frames if chunks else plan.frames_total
    cuts = (*(cut for cut in plan.cuts if cut < end), end)
    return Timeline(rate=plan.rate, cuts=cuts, complete=end == plan.frames_total)


def _sound_name(language: str | None, number: int) -> str:
    # Players show it beside the language; two tracks may have the same.
    return f"{number} ({language})" if language else str(number)


def planned_bandwidth_bps(plan: EncodePlan, rung: Rung) -> int:
    """Return what a rendition needs at most, before anything of it is measured."""
    rate = next(planned.rate for planned in plan.rungs if planned.rung == rung)
    # A segment at the ceiling, and a full buffer more.
    peak = 1 + rate.buffer_bits / rate.max_bitrate_bps * float(plan.rate / plan.gop_frames)
    loose = rung.copied or rung.codec not in BUFFERED
    sound_bps = max(SOUND_BPS, plan.audio.bitrate_bps + BOXES_BPS)
    return round((max(peak, LOOSE_PEAK) if loose else peak) * rung.max_bitrate_bps) + sound_bps


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise error_of_disk(error, "packaging cannot write or read its files") from error
