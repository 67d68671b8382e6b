"""
What is heard of a source and of what was made of it; a part of the confined child source_comparison.py.

Only the standard library: PyAV and what reads a film are handed over; lost_content.py and sound_likeness.py lie beside.
"""

from __future__ import annotations

import importlib
import math
from array import array
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

# The sound that is compared, and how far the source is searched around it.
LISTENED_S = 3.0
SOUND_SEARCHED_S = 0.5
SOUND_RUN_UPS_S = (1.0, 10.0, 40.0)
# Samples that clocks which are not exact, and the end on the grid of frames, cost.
LOST_S = 0.2


class Hearing:
    """What is heard of one source and one output."""

    def __init__(
        self, tools: Any, film: Any, orders: dict[str, Any], *, segments: Callable[..., Any], source: Path
    ) -> None:
        """Take what opens some segments of a part of the output."""
        self._tools = tools
        self._read = film
        self._orders = orders
        self._segments = segments
        self._source = source
        self._sounds: Any = importlib.import_module("sound_likeness")

    def listens(self, instant: dict[str, Any]) -> list[dict[str, Any]]:
        """Compare the sounds around an instant."""
        first_s = self._listened_from(instant)
        streams = dict.fromkeys(sound["stream"] for sound in self._orders["sounds"])
        known = {stream: self._known(stream, first_s - SOUND_SEARCHED_S) for stream in streams}
        return self._sounds_compared(known, [self._heard(sound, instant) for sound in self._orders["sounds"]])

    def _sounds_compared(self, known_of: dict[int, Any], heard: list[Any]) -> list[dict[str, Any]]:
        known = [known_of[sound["stream"]] for sound in self._orders["sounds"]]
        late_by, slack = (
            round(each_s / self._sounds.HOP_S) for each_s in (SOUND_SEARCHED_S, self._orders["in_step_s"])
        )
        compare = partial(self._sounds.compare_tracks, heard, known, late_by=late_by, slack=slack)
        return [asdict(compare(number)) for number in range(len(heard))]

    @staticmethod
    def _listened_from(instant: dict[str, Any]) -> float:
        return max(0.0, float(instant["at_s"]) - LISTENED_S / 2)

    def _stretches(self, *, searched_s: float) -> list[SoundStretch]:
        """Return the stretches of a sound that are listened to, still silent."""
        length_s, rate_hz = LISTENED_S + 2 * searched_s, self._read.SOUND_RATE_HZ
        firsts_s = (self._listened_from(instant) - searched_s for instant in self._orders["listens"])
        return [SoundStretch(first_s, length_s, rate_hz=rate_hz) for first_s in firsts_s]

    def _heard(self, sound: dict[str, Any], instant: dict[str, Any]) -> Any:
        first_s = self._listened_from(instant)
        track = SoundStretch(first_s, LISTENED_S, rate_hz=self._read.SOUND_RATE_HZ)
        for number in instant["segments"]:
            with suppress(*self._tools.failures), self._segments(sound, [number]) as container:
                stream = container.streams.audio[0]
                track.take(self._read.decoded_sound(self._tools, container, stream, from_s=first_s), zero_s=0.0)
        return self._envelope(track)

    def _known(self, stream: int, first_s: float) -> Any | None:
        """Return what the source lets hear; None: it cannot be decoded here."""
        track = SoundStretch(first_s, LISTENED_S + 2 * SOUND_SEARCHED_S, rate_hz=self._read.SOUND_RATE_HZ)
        zero_s = self._orders["zero_s"]
        for run_up_s in (*SOUND_RUN_UPS_S, None):
            begin_s = None if run_up_s is None or first_s < run_up_s else first_s - run_up_s
            with (
                suppress(*self._tools.failures),
                self._tools.open(self._source, self._orders, unseen=True) as container,
            ):
                sound = container.streams[stream]
                if begin_s is not None:
                    self._read.seek(self._tools.av, container, sound, at_s=begin_s + zero_s)
                heard = self._read.decoded_sound(self._tools, container, sound, from_s=first_s + zero_s)
                if track.take(heard, zero_s=zero_s) or begin_s is None:
                    break
        return None if track.begun_s is None else self._envelope(track)

    def _envelope(self, track: SoundStretch) -> Any:
        return self._sounds.envelope(track.samples, rate_hz=self._read.SOUND_RATE_HZ)

    def account(self) -> tuple[list[list[dict[str, Any]]], dict[str, Any]]:
        """Count the pictures and samples of the source, and listen to each of its sounds from beginning to end."""
        counting = importlib.import_module("lost_content")
        known_stretches = partial(self._stretches, searched_s=SOUND_SEARCHED_S)
        with self._tools.open(self._source, self._orders, unseen=True) as container:
            pictures, sounds = counting.account(
                self._tools, self._read, container, orders=self._orders, stretches=known_stretches
            )
        first_of = {sound["stream"]: number for number, sound in reversed([*enumerate(self._orders["sounds"])])}
        heard = {number: self._heard_whole(counting, number) for number in first_of.values()}
        told = [
            {**known.facts(), "wrong": self._wrong(counting.silence, known, heard[first_of[stream]])}
            for stream, known in sounds.items()
        ]
        listens = [self._listened(number, sounds, heard) for number in range(len(self._orders["listens"]))]
        return listens, {**pictures, "sounds": told}

    def _heard_whole(self, counting: Any, number: int) -> Any:
        part, length_s = self._orders["sounds"][number], self._orders["frames"] * self._orders["frame_s"]
        heard = counting.SoundAccount(
            self._tools,
            rate_hz=self._read.SOUND_RATE_HZ,
            length_s=length_s,
            stretches=self._stretches(searched_s=0.0),
        )
        with suppress(*self._tools.failures), self._segments(part, range(1, part["segments"] + 1)) as container:
            for packet in self._read.packets(self._tools.av, container, container.streams.audio[0], flush=True):
                heard.take(packet)
        return heard

    def _listened(self, number: int, sounds: dict[int, Any], whole: dict[int, Any]) -> list[dict[str, Any]]:
        """Compare what was heard on the way around an instant."""
        instant = self._orders["listens"][number]
        from_s = self._listened_from(instant) - SOUND_SEARCHED_S
        known = {
            # Behind a place that ends all reading, what comes is to be looked for.
            stream: self._envelope(track) if track.begun_s is not None else self._known(stream, from_s)
            for stream, track in ((stream, sound.stretches[number]) for stream, sound in sounds.items())
        }
        heard = [
            self._envelope(whole[place].stretches[number]) if place in whole else self._heard(sound, instant)
            for place, sound in enumerate(self._orders["sounds"])
        ]
        return self._sounds_compared(known, heard)

    def _wrong(self, silence: Any, known: Any, heard: Any) -> str:
        """Return what of the whole of a sound differs, in English; empty: nothing."""
        for loud, other, what in (
            (known.loud(unknown=0.0), heard.loud(unknown=0.0), "is missing"),
            (heard.loud(unknown=0.0), known.loud(unknown=math.inf), "is not in the source"),
        ):
            at_s, length_s = silence(loud, other)
            if length_s:
                return f"at {at_s:.1f} s: {length_s:.1f} s of sound {what}"
        lost_s = known.published_s - heard.published_s
        return f"at 0 s: of {known.published_s:.2f} s of sound, {lost_s:.2f} s are missing" if lost_s > LOST_S else ""


class SoundStretch:
    """A stretch of sound, silent where nothing is heard."""

    def __init__(self, first_s: float, length_s: float, *, rate_hz: int) -> None:
        self._first_s = first_s
        self.end_s = first_s + length_s
        self._rate_hz = rate_hz
        self.samples = array("h", bytes(2 * round(length_s * rate_hz)))
        self.begun_s: float | None = None

    def take(self, sound: Iterable[tuple[float, bytes]], *, zero_s: float) -> bool:
        """Add what is heard; return whether it began before this stretch."""
        begun_s = None
        for at_s, content in sound:
            begun_s = at_s - zero_s if begun_s is None else begun_s
            if at_s - zero_s > self.end_s:
                break
            self.put(at_s - zero_s, array("h", content))
        self.begun_s = begun_s if self.begun_s is None else self.begun_s
        return begun_s is not None and begun_s <= self._first_s

    def put(self, at_s: float, samples: array[int]) -> None:
        """Add what is heard from a time on, if any of it is in this stretch."""
        if at_s > self.end_s or at_s + len(samples) / self._rate_hz < self._first_s:
            return
        self.begun_s = at_s if self.begun_s is None else self.begun_s
        at = round((at_s - self._first_s) * self._rate_hz)
        samples, at = samples[max(0, -at) :], max(0, at)
        room = max(0, len(self.samples) - at)
        self.samples[at : at + min(room, len(samples))] = samples[:room]
