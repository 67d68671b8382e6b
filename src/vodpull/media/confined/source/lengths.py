"""
When each track of a file begins and ends, and so the film; a part of the confined child probe.py.

Only the standard library: PyAV and its containers are handed over.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

# A transport stream with holes makes the demuxer start anew at each; more holes than this are no video.
MAX_RESYNCS = 10_000
# Where the search for the last timestamps starts, before the declared end; in the end at the beginning, for tracks that
# end long before another one.
TAILS_US = (5_000_000, 120_000_000, 1 << 62)
# HE-AAC at 44.1 kHz begins with 5186 samples that are no sound; all others have less.
MAX_DELAY_S = 0.2
# So many packets of a track tell what it is, if any do.
MAX_LATE_PACKETS = 2000
# Their headers name tracks without a word on what they are.
LATE = frozenset({"mpegts", "mpeg", "flv"})
# Containers without edit lists, or a delay of a codec.
UNEDITED = frozenset({"mpegts", "flv"})
# Rounding of a clock.
UNSAID_S = 0.0005
# Pictures that stay for longer are slides.
SLOW_S = 0.1


def packets(av: Any, container: Any, streams: list[Any]) -> Iterator[Any]:
    """Yield the packets from here on, across damaged places where the demuxer has to find its way again."""
    for _ in range(MAX_RESYNCS):
        try:
            yield from container.demux(*streams)
        except av.BlockingIOError:
            continue
        except IndexError:
            """All was read: PyAV ends with a stream that it does not know, because it came late (up to 18.1)."""
        return


def late_starts(av: Any, container: Any) -> dict[int, float]:
    """
    Return when the tracks begin of which nothing came while the file was opened, and let their decoders see something.

    Such containers name tracks that begin later, or never.
    """
    unknown = {stream.index: stream for stream in container.streams if _is_unknown(stream)}
    starts_s: dict[int, float] = {}
    if not unknown or container.format.name not in LATE:
        return starts_s
    try:
        for packet in islice(packets(av, container, list(unknown.values())), MAX_LATE_PACKETS):
            if packet.pts is not None:
                starts_s.setdefault(packet.stream_index, float(packet.pts * packet.time_base))
            with suppress(av.FFmpegError, ValueError):
                importlib.import_module("sound_frames").frames(packet)
            if not any(_is_unknown(stream) for stream in unknown.values()):
                break
    except (av.FFmpegError, ValueError):
        """What was read until then counts."""
    finally:
        container.seek(container.start_time or 0)
    return starts_s


def _is_unknown(stream: Any) -> bool:
    context = stream.codec_context
    if context is None or stream.type not in {"video", "audio"}:
        return False
    return not (context.sample_rate if stream.type == "audio" else context.width)


def track_ends(av: Any, container: Any, streams: list[Any], *, rate: float) -> dict[int, tuple[float, float | None]]:
    """
    Return start and end of each stream in seconds; None where the end is not known.

    `rate` is the video's, for packets without a length.
    """
    ends: dict[int, tuple[float, float | None]] = {}
    for stream in streams:
        start_s = float((stream.start_time or 0) * stream.time_base)
        length_s = float(stream.duration * stream.time_base) if stream.duration else None
        ends[stream.index] = (start_s, None if length_s is None else _without_delay(stream, start_s + length_s))
    is_mov = container.format.name.startswith("mov")
    unsure = [stream.index for stream in streams if not is_mov or _counts_empty_edit(stream)]
    last_s = _last_timestamps(av, container, unsure, frame_s=1 / rate if rate else 0.0)
    ends |= {index: (ends[index][0], end_s) for index, end_s in last_s.items() if end_s > ends[index][0]}
    if all(end is None for _, end in ends.values()):
        declared_s = (container.duration or 0) / 1e6
        ends = {index: (start_s, start_s + declared_s) for index, (start_s, _) in ends.items()}
    return ends


def film_span(
    container: Any, video: Any, sound: Any, *, ends: dict[int, tuple[float, float | None]], scan: dict[str, Any]
) -> tuple[float, float]:
    """
    Return when the film begins and ends: its picture and its first sound, of which either may be None.

    Other sound tracks do not make it longer. `scan`: what the first packets of the picture tell.
    """
    film = [ends[stream.index] for stream in (video, sound) if stream]
    start_s = min((start for start, _ in film), default=0.0)
    if video and sound and start_s < ends[video.index][0] <= start_s + _priming_s(container, sound):
        start_s = ends[video.index][0]
    end_s = max((end for _, end in film if end is not None), default=start_s)
    if video and sound:
        end_s = _without_last_hold(end_s, ends[sound.index][1], times=scan["times"], rate=scan["nominal"])
    return start_s, end_s


def _priming_s(container: Any, sound: Any) -> float:
    """Return how long a track begins with what only prepares its decoder, at most, where a container cannot say it."""
    if container.format.name not in UNEDITED or sound.codec_context.name != "aac":
        return 0.0
    return float(1024 / max(sound.codec_context.sample_rate, 8000)) + UNSAID_S


def last_end(container: Any, ends: dict[int, tuple[float, float | None]]) -> float:
    """Return when the last track ends, counted also from 0; in MP4 with those that nobody looks at."""
    known = [end for _, end in ends.values() if end is not None]
    if container.format.name.startswith("mov"):
        known += [
            float(((stream.start_time or 0) + stream.duration) * stream.time_base)
            for stream in container.streams
            if stream.duration and stream.time_base
        ]
    return max(known, default=0.0)


def _without_last_hold(end_s: float, heard_s: float | None, *, times: list[float], rate: float) -> float:
    """
    Return the end of a film whose picture ends at `end_s` and whose sound ends at `heard_s`.

    Of a slow source, the last picture may be said to stay for a minute: it stays as long as there is sound.
    """
    last_s = 1 / rate if times[1:] and rate else end_s
    return heard_s if heard_s is not None and last_s > SLOW_S and end_s - last_s < heard_s < end_s else end_s


def has_samples(av: Any, container: Any, stream: Any) -> bool:
    """Tell whether there is anything in a track; reads on from here, and goes back, where only that can tell."""
    if stream.frames or len(stream.index_entries):
        return True
    # What was read to open the file leaves a start time in every track that it met; these have one without that.
    if stream.start_time is not None and not container.format.name.startswith(("mov", "matroska")):
        return True
    try:
        return any(packet.size for packet in packets(av, container, [stream]))
    except (av.FFmpegError, ValueError):
        return False
    finally:
        container.seek(container.start_time or 0)


def _counts_empty_edit(stream: Any) -> bool:
    """Tell whether FFmpeg's length of an MP4 track may begin before its start: it has that of an empty edit in it."""
    entries = stream.index_entries
    forward, backward = (_shown(entries, order) for order in (range(len(entries)), range(len(entries) - 1, -1, -1)))
    first, last, before = next(forward, None), next(backward, None), next(backward, None)
    if not stream.start_time or not stream.duration or first is None or last is None or before is None:
        return False
    step = max(last - before, 1)
    return bool(stream.duration > last + step - first + step / 2)


def _shown(entries: Any, order: Iterable[int]) -> Iterator[int]:
    """Yield the times of the pictures in an index that are to be shown."""
    return (entry.timestamp for entry in map(entries.__getitem__, order) if not entry.is_discard)


def _without_delay(stream: Any, end_s: float) -> float:
    """Return the end of the last sound in the index, where a length that counts the encoder's delay goes beyond it."""
    # Plain samples have no delay, and their packets any length.
    has_delay = stream.type == "audio" and not stream.codec_context.name.startswith("pcm_")
    entries = stream.index_entries if has_delay else ()
    times = [entries[number].timestamp for number in range(max(0, len(entries) - 2), len(entries))]
    # The last one is as long as the one before.
    indexed_s = float((2 * times[-1] - times[0]) * stream.time_base) if times[1:] else end_s
    # A larger difference is an index that is not read to its end.
    return indexed_s if 0 < end_s - indexed_s < MAX_DELAY_S else end_s


def _last_timestamps(av: Any, container: Any, indexes: list[int], *, frame_s: float) -> dict[int, float]:
    """Look for the end of the last packets themselves: outside MP4, the headers only estimate."""
    last_s: dict[int, float] = {}
    end_us = (container.start_time or 0) + (container.duration or 0)
    for tail_us in TAILS_US:
        missing = [index for index in indexes if index not in last_s]
        if not missing:
            break
        try:
            _seek(av, container, max(container.start_time or 0, end_us - tail_us))
            for packet in packets(av, container, [container.streams[index] for index in missing]):
                # AVI only has times of decoding.
                begin = packet.dts if container.format.name == "avi" else packet.pts
                if begin is not None and packet.size and not packet.is_discard:
                    unsaid_s = frame_s if packet.stream.type == "video" else 0.0
                    # A tick of AVI may be shorter than any of its pictures.
                    said = packet.duration and (container.format.name != "avi" or packet.stream.type == "audio")
                    length_s = float(packet.duration * packet.time_base) if said else unsaid_s
                    end_s = float(begin * packet.time_base) + length_s
                    last_s[packet.stream_index] = max(end_s, last_s.get(packet.stream_index, end_s))
        except (av.FFmpegError, ValueError):
            # A file without an index cannot be searched; what was read until then counts.
            break
    return last_s


def _seek(av: Any, container: Any, at_us: int) -> None:
    """Go to the last keyframe before an instant; to the next one where there is none before."""
    try:
        container.seek(at_us)
    except av.FFmpegError:
        container.seek(at_us, backward=False)
