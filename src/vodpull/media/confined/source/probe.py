"""
Look into a media file; run by run_script.py, on hostile bytes.

Its orders: `options` (FFmpeg's format options), `decoders` (`video`, `audio`, `text`), `max_pixels`, `max_streams`,
`max_sounds`, `max_texts`, and `complete_share`, below which a file was cut. The answer is either the facts, or `error`
(a code of vodpull's catalogue) with a `message`. Shared with the service: boxes.py.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

# Enough to tell a steady rate from an uneven one (20 s at 30 fps).
CADENCE_PACKETS = 600
# Rotation, interlacing and colour are the same on all frames of an honest file; a few guard against a bad first one.
SAMPLE_FRAMES = 8
# Give up looking for a picture after this many packets without one.
BARREN_PACKETS = 2000
# FFmpeg counts these from the first of the tracks that a command uses.
DISCONTINUOUS = frozenset({"mpegts", "mpeg"})
# No more pictures wait in a decoder for their turn than this, at any usual rate.
MAX_WAIT_S = 0.7

CANONICAL = {"libdav1d": "av1", "mp3float": "mp3", "mp2float": "mp2", "libopus": "opus"}
# Numbers of ITU-T H.273, with FFmpeg's names.
TRANSFERS = {1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear", 13: "iec61966-2-1",
             14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084", 18: "arib-std-b67"}  # fmt: skip
PRIMARIES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020",
             11: "smpte431", 12: "smpte432"}  # fmt: skip
SPACES = {0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc",
          10: "bt2020c"}  # fmt: skip
RANGES = {1: "tv", 2: "pc"}


class RefusedFile(Exception):
    """The file is not what is wanted; carries a code of vodpull's catalogue, and what kind of thing is not taken."""

    def __init__(self, code: str, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.kind = kind


def answer(av: Any, orders: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the facts of a file, or why it cannot be used."""
    try:
        facts = probe(av, path, orders)
        broken = _broken(path, facts, share=orders["complete_share"])
        facts["unfinished"] = _beside("truncated_files").unfinished(path, facts["container"])
    except RefusedFile as refused:
        return {"error": refused.code, "message": str(refused), "kind": refused.kind}
    except (av.FFmpegError, OSError, MemoryError) as error:
        return {"error": "media_truncated", "message": f"the file cannot be read through ({type(error).__name__})"}
    return {"error": "media_truncated", "message": broken} if broken else facts


def _broken(path: Path, facts: dict[str, Any], *, share: float) -> Any:
    """Return in words what a file promises and does not have; None: nothing."""
    if facts["container"] in _beside("truncated_sound").SOUNDS:
        return _beside("truncated_sound").missing_samples(path, facts["container"])
    return _beside("truncated_files").broken_promise(_beside("boxes"), path, facts, share=share)


class WholeFile:
    """How a file is measured that is all here."""

    def scan_start(self, av: Any, container: Any, video: Any) -> dict[str, Any]:
        """Return what the first packets of the picture tell."""
        return scan_start(av, container, video)

    def track_ends(
        self, av: Any, container: Any, streams: list[Any], *, rate: float
    ) -> dict[int, tuple[float, float | None]]:
        """Return when each stream begins and ends."""
        ends: dict[int, tuple[float, float | None]] = _beside("lengths").track_ends(av, container, streams, rate=rate)
        return ends

    def missing_bytes(self, streams: list[Any], size: int) -> str | None:
        """Return what is wrong if an index promises more than there is."""
        wrong: str | None = _beside("truncated_files").missing_bytes(streams, size)
        return wrong


def probe(av: Any, path: Path, orders: dict[str, Any], *, measure: Any = None) -> dict[str, Any]:
    """
    Return the facts of one file, shaped as `MediaInfo` (with `config`, the codec's first bytes, still raw).

    `measure`: how, if the file is not all here; see `WholeFile`.
    """
    measure = measure or WholeFile()
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(0)
        programmes = _beside("programmes").programmes(file)
    if _beside("file_signatures").is_picture(head):
        return {**_outline("picture", size), "video": None, "audio": []}
    with _open(av, path, head, options=orders["options"]) as container:
        if len(container.streams) > orders["max_streams"]:
            raise RefusedFile("media_too_large", f"the file has {len(container.streams)} streams")
        is_mp4 = container.format.name.startswith("mov")
        boxed = _beside("tracks").read_index(_beside("boxes"), path, container) if is_mp4 else {}
        lengths = _beside("lengths")
        late_s = lengths.late_starts(av, container)
        choice = _beside("tracks").Choice(container, orders, first_tracks=_beside("first_tracks"), boxed=boxed)
        _refuse_unusable(choice, max_pixels=orders["max_pixels"])
        broken = measure.missing_bytes([*choice.pictures[:1], *choice.sounds], size)
        if broken:
            raise RefusedFile("media_truncated", broken)
        choice.leave_out_empty(lambda stream: lengths.has_samples(av, container, stream))
        choice.leave_out_other(lambda streams: _beside("programmes").of_one_programme(streams, programmes))
        choice.leave_out_surplus(orders["max_sounds"], orders["max_texts"])
        return _facts(av, container, choice, measure=measure, late_s=late_s)


def _beside(name: str) -> Any:
    """Return a script that lies beside this one, or wherever `main` was told."""
    return importlib.import_module(name)


def _refuse_unusable(choice: Any, *, max_pixels: int) -> None:
    """Refuse a file of which nothing is left, or not what it is about."""
    picture, lost = (choice.pictures or [None])[0], choice.undecodable_picture
    # Beside a film that cannot be decoded, a single picture is no substitute.
    if lost and (picture is None or picture.frames == 1):
        raise RefusedFile("media_unsupported", f"the video codec {lost} is not supported", "video")
    if picture is None and not choice.sounds:
        lost = choice.undecodable_sound
        if lost:
            raise RefusedFile("media_unsupported", f"the audio codec {lost} is not supported", "audio")
        raise RefusedFile("not_media", "the file has neither picture nor sound")
    if picture and picture.codec_context.width * picture.codec_context.height > max_pixels:
        context = picture.codec_context
        raise RefusedFile("media_too_large", f"the picture has {context.width}x{context.height} pixels")


def _facts(av: Any, container: Any, choice: Any, *, measure: Any, late_s: dict[int, float]) -> dict[str, Any]:
    lengths = _beside("lengths")
    video, audio = (choice.pictures or [None])[0], choice.sounds
    scan: dict[str, Any] = measure.scan_start(av, container, video) if video else {"nominal": 0.0}
    display = _beside("display").display_facts(video, scan["frames"]) if video else {}
    ends = measure.track_ends(av, container, [stream for stream in (video, *audio) if stream], rate=scan["nominal"])
    if video and container.format.name == "avi":
        start_s, end_s = ends[video.index]
        ends[video.index] = (start_s, end_s and end_s + scan["waits_s"])
    ends = {index: (late_s.get(index, start_s), end_s) for index, (start_s, end_s) in ends.items()}
    streams = {"video": _video_facts(video, scan, ends) | display if video else None,
               "audio": [_audio_facts(stream, ends) for stream in audio]}  # fmt: skip
    start_s, end_s = lengths.film_span(container, video, audio[0] if audio else None, ends=ends, scan=scan)
    outline = _outline(container.format.name, container.size, max(end_s - start_s, 0.0))
    # Matroska counts from 0, whenever its first picture comes.
    found_s = max(end_s - start_s, lengths.last_end(container, ends))
    claims = {"declared_s": (container.duration or 0) / 1e6, "found_s": found_s}
    times = {"start_time_s": start_s, "zero_s": _zero(container, start_s)}
    tracks = [*choice.facts(), *_closed_captions(av, video, scan)]
    return {**outline, **times, **streams, **claims, "texts": choice.text_facts(), "tracks": tracks}


def _closed_captions(av: Any, video: Any, scan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the text that is inside of the picture track as one more track, which does not count."""
    kind = av.sidedata.sidedata.Type.A53_CC
    if not any(entry.type == kind for frame in scan.get("frames", ()) for entry in frame.side_data):
        return []
    facts = {"index": video.index, "kind": "subtitle", "codec": "eia_608", "language": None}
    return [{**facts, "used": False, "reason": "closed_captions"}]


def _zero(container: Any, start_s: float) -> float | None:
    """Return the beginning of a file where FFmpeg would not find it: it looks at other tracks, or at some of them."""
    own_s = (container.start_time or 0) / 1e6
    plain = container.format.name not in DISCONTINUOUS and max(abs(own_s), abs(start_s)) <= _beside("lengths").UNSAID_S
    return None if plain else start_s


def _outline(container: str, size: int, duration_s: float = 0.0) -> dict[str, Any]:
    bitrate = round(size * 8 / duration_s) if duration_s > 0 else 0
    facts = {"container": container, "duration_s": duration_s, "size_bytes": size, "bitrate_bps": bitrate}
    return {**facts, "start_time_s": 0.0, "declared_s": 0.0, "found_s": 0.0}


def _open(av: Any, path: Path, head: bytes, *, options: dict[str, str]) -> Any:
    try:
        return av.open(f"file:{path}", options=dict(options))
    except av.PatchWelcomeError as error:
        raise RefusedFile("media_unsupported", "the file is laid out in a way that is not supported") from error
    except (av.FFmpegError, ValueError, MemoryError) as error:
        why = _beside("file_signatures").why_unopened(error, head, options["format_whitelist"].split(","))
        raise RefusedFile(*why) from error


def scan_start(av: Any, container: Any, video: Any) -> dict[str, Any]:
    """Read the first packets of the video: their timestamps, the rate behind them, and a few decoded frames."""
    times: list[float] = []
    frames: list[Any] = []
    begun_s: float | None = None
    first: Any = None
    for number, packet in enumerate(_beside("lengths").packets(av, container, [video])):
        first = first or packet
        if packet.pts is not None and packet.size:
            times.append(float(packet.pts * packet.time_base))
            if not frames and not packet.is_discard:
                begun_s = times[-1] if begun_s is None else min(begun_s, times[-1])
        if len(frames) < SAMPLE_FRAMES:
            frames += _decoded(av, packet)
        if (frames and len(times) >= CADENCE_PACKETS) or number > BARREN_PACKETS:
            break
    if not frames:
        raise RefusedFile("media_truncated", "no picture could be decoded")
    times.sort()
    interlaced = sum(frame.interlaced_frame for frame in frames) * 2 > len(frames)
    nominal = _beside("frame_rates").nominal_rate(times, float(video.average_rate or 0), interlaced=interlaced)
    lost_s = _time_of(frames[0], begun_s) - (begun_s or 0.0)
    facts = {"times": times, "frames": frames, "interlaced": interlaced, "nominal": nominal}
    return {**facts, "lost_s": max(lost_s, 0.0), "waits_s": _waits_s(frames[0], first)}


def _waits_s(frame: Any, first: Any) -> float:
    """Return how much later the first picture comes out of the decoder than its packet went in."""
    known = frame.dts is not None and first is not None and first.dts is not None
    waits_s = float((frame.dts - first.dts) * frame.time_base) if known else 0.0
    # Where pictures at the start cannot be decoded, it is not known.
    return waits_s if 0 <= waits_s <= MAX_WAIT_S else 0.0


def _time_of(frame: Any, otherwise: float | None) -> float:
    return (otherwise or 0.0) if frame.pts is None else float(frame.pts * frame.time_base)


def _decoded(av: Any, packet: Any) -> list[Any]:
    try:
        return list(packet.decode())
    except (av.FFmpegError, ValueError):
        return []


def _video_facts(stream: Any, scan: dict[str, Any], ends: dict[int, tuple[float, float | None]]) -> dict[str, Any]:
    context, frame = stream.codec_context, scan["frames"][-1]
    start_s, end_s = ends[stream.index]
    return {
        "index": stream.index,
        "codec": CANONICAL.get(context.codec.name, context.codec.name),
        "profile": stream.profile,
        "width_px": context.width,
        "height_px": context.height,
        "frame_rate": _beside("frame_rates").average_rate(
            scan["times"], float(stream.average_rate or 0), scan["nominal"]
        ),
        "nominal_frame_rate": scan["nominal"],
        "interlaced": scan["interlaced"],
        "undecodable_s": scan["lost_s"],
        "busiest_bps": _beside("busiest_bitrate").indexed_bps(stream),
        "start_s": start_s,
        "duration_s": None if end_s is None else end_s - start_s,
        "frames": stream.frames or None,
        "config": bytes(context.extradata or b"")[:4].hex(),
        **_sample_facts(context, frame),
    }


def _sample_facts(context: Any, frame: Any) -> dict[str, Any]:
    # The bitstream knows better than the container: decoded frames come first.
    return {
        "pix_fmt": context.pix_fmt,
        "bit_depth": max((component.bits for component in frame.format.components), default=8),
        "color_transfer": TRANSFERS.get(frame.color_trc) or TRANSFERS.get(context.color_trc),
        "color_primaries": PRIMARIES.get(frame.color_primaries) or PRIMARIES.get(context.color_primaries),
        "color_space": SPACES.get(frame.colorspace) or SPACES.get(context.colorspace),
        "color_range": RANGES.get(frame.color_range) or RANGES.get(context.color_range),
    }


def _audio_facts(stream: Any, ends: dict[int, tuple[float, float | None]]) -> dict[str, Any]:
    context = stream.codec_context
    start_s, end_s = ends.get(stream.index, (float((stream.start_time or 0) * stream.time_base), None))
    return {
        "index": stream.index,
        "codec": CANONICAL.get(context.codec.name, context.codec.name),
        "profile": stream.profile,
        "channels": _beside("tracks").channels(context),
        "speakers": _beside("tracks").speakers(context),
        "sample_rate_hz": context.sample_rate,
        "language": _beside("tracks").language(stream),
        "title": _beside("tracks").title(stream),
        "role": _beside("tracks").role(stream),
        "start_s": start_s,
        "duration_s": None if end_s is None else end_s - start_s,
        "config": bytes(context.extradata or b"")[:4].hex(),
    }
