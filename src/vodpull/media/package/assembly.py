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
from vodpull.media.mp4.boxes import HEADER_BYTES
from vodpull.media.mp4.codec_names import channel_counts, codec_names
from vodpull.media.mp4.fragments import TrackRun, media_segment
from vodpull.media.mp4.sample_tables import read_samples
from vodpull.media.package.pictures.poster_and_storyboard import PictureSource, few
from vodpull.media.package.pictures.storyboard import storyboard_step
from vodpull.media.package.playlists.all_playlists import playlists
from vodpull.media.package.playlists.hls import Segment, average_bitrate_bps, peak_bitrate_bps, whole_s
from vodpull.media.package.playlists.presentation import Keyframes, Presentation, Track, presentation_bytes
from vodpull.media.package.progressive import write_progressive
from vodpull.media.package.timeline import PictureTrack, SoundTrack, Timeline, init_bytes, on_grid
from vodpull.media.package.track_layout import PlacedTrack, placed_renditions, placed_tracks, planned_bps
from vodpull.media.plan.encode_plan import EncodePlan, RungPlan
from vodpull.media.segment_names import INIT_FILE

VIDEO_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The folders with what was encoded so far."""

    tracks: Path | None
    """Folder with the sound and the copied rung; None: the plan has neither."""
    chunks: tuple[Path, ...]
    """Folders of the first chunks, in order."""


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One track in the making."""

    placed: PlacedTrack
    sources: tuple[PictureTrack | SoundTrack, ...]
    """What goes into its segments."""

    segments: int
    """So many of it are finished."""

    @property
    def track(self) -> Track:
        """Without what is measured of it."""
        return self.placed.track


class Assembly:
    """All tracks of a film, as far as its parts are there, and what goes into them."""

    def __init__(self, plan: EncodePlan, parts: Parts, video_id: str) -> None:
        """Read the tables of all parts."""
        if not VIDEO_ID.fullmatch(video_id):
            raise InternalError("a video id consists of letters and digits")
        self.plan = plan
        self.parts = parts
        self.video_id = video_id
        self.timeline = _timeline(plan, parts)
        self._sounds: dict[tuple[int, int], SoundTrack] = {}
        self.renditions = placed_renditions(plan, video_id)
        self.streams = tuple(self._stream(placed) for placed in placed_tracks(plan, video_id))
        of_track = {stream.track.id: stream for stream in self.streams}
        self._leads = [of_track[rendition.track] for rendition in self.renditions]

    def _stream(self, placed: PlacedTrack) -> Stream:
        pictures = (self._picture(placed.picture),) if placed.picture else ()
        sounds = () if placed.sound is None else (self._sound(placed.sound, track_number=len(pictures) + 1),)
        segments = self.timeline.segments if pictures or not sounds else sounds[0].segments
        return Stream(placed=placed, sources=(*pictures, *sounds), segments=segments)

    def _picture(self, planned: RungPlan) -> PictureTrack:
        if planned.rung.copied:
            tables = [(0, on_grid(read_samples(self._tracks() / planned.file), self.plan.rate))]
        else:
            chunks = zip(self.plan.chunks, self.parts.chunks, strict=False)
            tables = [(chunk.first_frame, read_samples(folder / planned.file)) for chunk, folder in chunks]
        return PictureTrack(tables, self.timeline, track_number=1)

    def _sound(self, at: int, *, track_number: int) -> SoundTrack:
        """Return a sound, the same one whenever it is asked for: muxed, it goes into many streams."""
        if (at, track_number) not in self._sounds:
            sound = self.plan.sounds[at]
            table = read_samples(self._tracks() / sound.file)
            made = SoundTrack(table, self.timeline, track_number=track_number, language=sound.language)
            self._sounds[at, track_number] = made
        return self._sounds[at, track_number]

    def _tracks(self) -> Path:
        if self.parts.tracks is None:
            raise InternalError("the folder with the tracks of the whole film is missing")
        return self.parts.tracks

    def write(self, out_folder: Path) -> Presentation:
        """Write all segments and playlists."""
        with _disk_errors():
            self._write_files(out_folder, after=0)
            tracks = []
            for stream in self.streams:
                segments = self._segments(out_folder, stream)
                bitrates = peak_bitrate_bps(segments), average_bitrate_bps(segments)
                track = self._described(stream, peak_bps=bitrates[0], average_bps=bitrates[1])
                tracks.append(replace(track, keyframes=self._keyframes(out_folder, stream)))
            presentation = self._presentation(tracks)
            (out_folder / presentation.file).write_bytes(presentation_bytes(presentation))
            _write_playlists(out_folder, presentation)
        return presentation

    def write_preview(self, out_folder: Path, after: int) -> tuple[Presentation, tuple[str, ...]]:
        """Write the segments after the given one, and playlists that will grow; return the names of the segments."""
        with _disk_errors():
            files = self._write_files(out_folder, after=after)
            planned = [(stream, planned_bps(self.plan, stream.placed)) for stream in self.streams]
            tracks = [self._described(stream, peak_bps=most_bps) for stream, most_bps in planned]
            presentation = self._presentation(tracks)
            _write_playlists(out_folder, presentation)
        return presentation, files

    def _presentation(self, tracks: Sequence[Track]) -> Presentation:
        cuts = (*self.plan.cuts, self.plan.frames_total)
        longest_s = float(max(after - before for before, after in pairwise(cuts)) / self.plan.rate)
        return Presentation(
            name=self.video_id,
            durations_s=self._lengths_s(),
            target_s=whole_s(longest_s),
            tracks=tuple(tracks),
            complete=self.timeline.complete,
            dash=self.plan.dash,
        )

    def _described(self, stream: Stream, *, peak_bps: int, average_bps: int | None = None) -> Track:
        header, is_whole = init_bytes(stream.sources), stream.segments == self.timeline.segments
        return replace(
            stream.track,
            codecs=codec_names(header),
            durations_s=() if is_whole else self._lengths_s()[: stream.segments],
            channels=max(channel_counts(header), default=0),
            timescale=stream.sources[0].track.timescale if self.plan.dash else 0,
            starts=stream.sources[0].starts() if self.plan.dash else (),
            peak_bitrate_bps=peak_bps,
            bitrate_bps=average_bps,
        )

    def _lengths_s(self) -> tuple[float, ...]:
        return tuple(map(self.timeline.duration_s, self._numbers()))

    def _numbers(self) -> range:
        return range(1, self.timeline.segments + 1)

    def _write_files(self, out_folder: Path, *, after: int) -> tuple[str, ...]:
        files = []
        for stream in self.streams:
            (out_folder / stream.track.folder).mkdir(parents=True, exist_ok=True)
            if not after:
                files.append(f"{stream.track.folder}/{INIT_FILE}")
                (out_folder / files[-1]).write_bytes(init_bytes(stream.sources))
        for number in self._numbers()[after:]:
            # A sound track goes into many streams and is the same in all of them.
            run_of = cache(methodcaller("run", number))
            for stream in self.streams:
                if number > stream.segments:
                    continue
                files.append(stream.track.segment(number))
                runs = [run for run in map(run_of, stream.sources) if run.samples]
                (out_folder / files[-1]).write_bytes(media_segment(number, runs))
        return tuple(files)

    def _segments(self, out_folder: Path, stream: Stream) -> tuple[Segment, ...]:
        names = [stream.track.segment(number) for number in range(1, stream.segments + 1)]
        return tuple(
            Segment(uri=uri, duration_s=self.timeline.duration_s(number), size_bytes=(out_folder / uri).stat().st_size)
            for number, uri in enumerate(names, start=1)
        )

    def _keyframes(self, out_folder: Path, stream: Stream) -> Keyframes | None:
        """Return where the first picture of each segment lies, of the lowest picture that stands alone."""
        # Of what is encrypted as a whole no range can be read.
        cannot = self.plan.sound_layout == "muxed" or self.plan.sound_only or self.plan.encrypt != "none"
        if cannot or stream is not self._leads[self._lowest]:
            return None
        picture, segments = self._lead_picture(self._lowest), self._segments(out_folder, stream)
        ranges = tuple(
            _keyframe_range(out_folder / segment.uri, picture.keyframe_bytes(number))
            for number, segment in enumerate(segments, start=1)
        )
        shown = [replace(one, size_bytes=size) for one, (size, _) in zip(segments, ranges, strict=True)]
        return Keyframes(
            playlist=f"{self.video_id}-i{stream.track.id.removeprefix('v')}.m3u8",
            ranges=ranges,
            peak_bitrate_bps=peak_bitrate_bps(shown),
            bitrate_bps=average_bitrate_bps(shown),
        )

    def write_mp4s(self, out_folder: Path) -> None:
        """Write the progressive files."""
        with _disk_errors():
            for placed, stream in zip(self.renditions, self._leads, strict=True):
                if placed.mp4:
                    write_progressive(out_folder / placed.mp4, self._with_sound(stream), self.timeline.segments)

    def _with_sound(self, stream: Stream) -> tuple[PictureTrack | SoundTrack, ...]:
        if self.plan.sound_layout == "muxed" or not self.plan.sounds:
            return stream.sources
        return (*stream.sources, self._sound(0, track_number=2))

    def write_small_pictures(self, file: Path) -> PictureSource:
        """Write what storyboard and poster are chosen from: pictures of the lowest rendition."""
        segments = tuple(
            Segment(uri="", duration_s=self.timeline.duration_s(number), size_bytes=0) for number in self._numbers()
        )
        picture, step = self._lead_picture(self._lowest), storyboard_step(len(segments))
        runs = map(picture.run if self._few else picture.keyframe, self._numbers()[::step])
        self._write_runs(picture, runs, file)
        return PictureSource(file=file, rung=self.renditions[self._lowest].rung, segments=segments)

    def write_chosen_picture(self, choice: int, file: Path) -> int:
        """Write the best rendition of one of the small pictures, with what it needs; return its number in the file."""
        best, number = self._lead_picture(-1), self._segment_of(choice)
        place = choice - self.timeline.cuts[number - 1] if self._few else 0
        if number not in self._numbers():
            raise OutputInvalid("the poster shows a moment that is not in the film")
        self._write_runs(best, [best.run(number) if self._few else best.keyframe(number)], file)
        return place

    def write_teaser_source(self, choice: int, length_s: float, file: Path) -> None:
        """Write so much of the lowest rendition, from the segment of one of the small pictures on, or up to the end."""
        chosen, last = self._segment_of(choice), self.timeline.segments
        first = end = min(chosen, last)
        while self._length_s(first, end) < length_s and (end < last or first > 1):
            first, end = (first, end + 1) if end < last else (first - 1, end)
        picture = self._lead_picture(self._lowest)
        self._write_runs(picture, map(picture.run, range(first, end + 1)), file)

    def _length_s(self, first: int, last: int) -> float:
        return sum(self.timeline.duration_s(number) for number in range(first, last + 1))

    def _segment_of(self, choice: int) -> int:
        """Return the number of the segment that a small picture is from."""
        if self._few:
            return bisect.bisect_right(self.timeline.cuts, choice)
        return 1 + choice * storyboard_step(self.timeline.segments)

    @property
    def _few(self) -> bool:
        return few(self.timeline.segments)

    @property
    def _lowest(self) -> int:
        """Number of the lowest rendition of the fallback codec; its best is the last of all."""
        return next(at for at, placed in enumerate(self.renditions) if placed.rung.codec == self.plan.fallback)

    def _lead_picture(self, at: int) -> PictureTrack:
        picture = self._leads[at].sources[0]
        assert isinstance(picture, PictureTrack)  # noqa: S101 - nobody asks for pictures of sound
        return picture

    def _write_runs(self, picture: PictureTrack, runs: Iterable[TrackRun], file: Path) -> None:
        with _disk_errors(), file.open("wb") as out:
            out.write(init_bytes([picture]))
            for number, run in enumerate(runs, start=1):
                out.write(media_segment(number, [run]))


def _keyframe_range(segment: Path, size_bytes: int) -> tuple[int, int]:
    """Return how much, and from where on, a reader needs for the first sample of a segment, which is so large."""
    with segment.open("rb") as file:
        kind = int.from_bytes(file.read(4))
        file.seek(kind)
        described = int.from_bytes(file.read(4))
    return described + HEADER_BYTES + size_bytes, kind


def _write_playlists(out_folder: Path, presentation: Presentation) -> None:
    # The last one names the others: whoever sees it finds everything.
    for name, text in playlists(presentation).items():
        (out_folder / name).write_text(text, encoding="utf-8")


def _timeline(plan: EncodePlan, parts: Parts) -> Timeline:
    chunks = plan.chunks[: len(parts.chunks)]
    if plan.chunks and not chunks:
        raise InternalError("there is no chunk to package")
    end = chunks[-1].first_frame + chunks[-1].frames if chunks else plan.frames_total
    cuts = (*(cut for cut in plan.cuts if cut < end), end)
    return Timeline(rate=plan.rate, cuts=cuts, complete=end == plan.frames_total)


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise error_of_disk(error, "packaging cannot write or read its files") from error
