"""
Write streams anew with shifted times; a part of the confined clock_jumps.py.

Only the standard library: PyAV and its containers are handed over.
"""

from __future__ import annotations

import importlib
from fractions import Fraction
from typing import Any

SOUND_RATE_HZ = 48000
# In samples, 10 ms: less is no gap and no overlap.
ROUNDING = SOUND_RATE_HZ // 100
ANNEXB = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}


def track_of(av: Any, target: Any, stream: Any, *, times: Any | None) -> Flat | CopiedStream:
    """Return what writes one stream; `times` are those of frames of sound that is to be of one kind."""
    return Flat(av, target, stream, times=times) if times else CopiedStream(av, target, stream)


class CopiedStream:
    """A stream whose packets stay as they are; parameters of H.264 and HEVC go into them."""

    def __init__(self, av: Any, target: Any, stream: Any) -> None:
        self._av = av
        self._target = target
        self._written = target.add_stream_from_template(stream)
        self._written.metadata.update(stream.metadata)
        self._written.disposition = stream.disposition
        self._last: int | None = None
        self._shift, self._ticks = Fraction(0), 0
        name = ANNEXB.get(stream.codec_context.name)
        record = bytes(stream.codec_context.extradata or b"")[:1] == b"\x01"
        self._filter = av.BitStreamFilterContext(name, stream, self._written) if name and record else None

    def add(self, packet: Any, shift: Fraction) -> None:
        """Take one packet."""
        for each in self._filter.filter(packet) if self._filter else (self._bare(packet),):
            self._write(each, shift)

    def _bare(self, packet: Any) -> Any:
        """Return a packet without parameters beside it, for which there is no room in what is written."""
        if not packet.has_sidedata("new_extradata"):
            return packet
        bare = self._av.Packet(bytes(packet))
        bare.time_base, bare.pts, bare.dts, bare.duration = packet.time_base, packet.pts, packet.dts, packet.duration
        bare.is_keyframe = packet.is_keyframe
        return bare

    def _write(self, packet: Any, shift: Fraction) -> None:
        if shift is not self._shift:
            self._shift, self._ticks = shift, round(shift / packet.time_base)
        ticks = self._ticks
        decoded = packet.pts if packet.dts is None else packet.dts
        if decoded is None:
            return
        # No muxer takes what does not go forward, and nothing is left out for a tick.
        self._last = decoded + ticks if self._last is None else max(decoded + ticks, self._last + 1)
        packet.pts = self._last if packet.pts is None else max(packet.pts + ticks, self._last)
        packet.dts = self._last
        packet.stream = self._written
        self._target.mux(packet)

    def end(self) -> None:
        """Write what is left: nothing."""


class Flat:
    """Sound that is decoded and brought to one kind: 48 kHz, two channels."""

    def __init__(self, av: Any, target: Any, stream: Any, *, times: Any) -> None:
        self._av = av
        self._target = target
        self._times = times
        self._written = target.add_stream("pcm_s16le", rate=SOUND_RATE_HZ, layout="stereo")
        self._written.metadata.update(stream.metadata)
        self._written.disposition = stream.disposition
        self._base = Fraction(1, SOUND_RATE_HZ)
        self._resampler: Any = None
        self._kind: tuple[object, ...] = ()
        self._next = 0

    def add(self, packet: Any, shift: Fraction) -> None:
        """Take one packet."""
        try:
            frames = importlib.import_module("sound_frames").frames(packet)
        except (self._av.FFmpegError, ValueError):
            return
        for frame in frames:
            self._take(frame, shift)

    def _take(self, frame: Any, shift: Fraction) -> None:
        kind = frame.sample_rate, frame.format.name, len(frame.planes)
        if kind != self._kind:
            self._drain()
            self._kind = kind
            self._resampler = self._av.AudioResampler(format="s16", layout="stereo", rate=SOUND_RATE_HZ)
        time_s = self._times.time_of(frame)
        at = None if time_s is None else round((time_s + shift) / self._base)
        frame.pts = None
        if at is not None and at < self._next - ROUNDING:
            # Where two runs overlap, this instant is heard already.
            return
        if at is not None and at > self._next + ROUNDING:
            self._drain()
            self._next = at
        self._write(self._resampler.resample(frame))

    def _drain(self) -> None:
        if self._resampler is not None:
            self._write(self._resampler.resample(None))
            self._resampler = self._av.AudioResampler(format="s16", layout="stereo", rate=SOUND_RATE_HZ)

    def _write(self, frames: list[Any]) -> None:
        for frame in frames:
            packet = self._av.Packet(bytes(frame.planes[0])[: 4 * frame.samples])
            packet.time_base, packet.stream = self._base, self._written
            packet.pts = packet.dts = self._next
            packet.duration = frame.samples
            self._next += frame.samples
            self._target.mux(packet)

    def end(self) -> None:
        """Write what is left."""
        self._drain()
