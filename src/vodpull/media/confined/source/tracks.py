"""
Which tracks of a file count, and why the others do not; a part of the confined child probe.py.

Only the standard library: containers and streams are PyAV's, handed over.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

# More cannot be: FFmpeg itself mixes no more.
MAX_CHANNELS = 64
# The index of a film of many hours.
MAX_INDEX_BYTES = 256 << 20
# As many letters as a menu shows.
MAX_TITLE = 100
# What muxers call their tracks.
NO_TITLE = re.compile(r"|.*handler|(core media|iso media|gpac|mainconcept|l-smash|bento4|mp4box).*", re.IGNORECASE)


# Text that is no text, with why it does not count.
PAINTED = {
    **dict.fromkeys(
        ("pgssub", "hdmv_pgs_subtitle", "dvbsub", "dvb_subtitle", "dvdsub", "dvd_subtitle", "xsub"), "bitmap"
    ),
    **dict.fromkeys(("cc_dec", "eia_608"), "closed_captions"),
}
# Samples of an MP4 that have text in them, with our names of the codecs (ISO/IEC 14496-30).
BOXED = {b"wvtt": "wvtt", b"stpp": "ttml"}
# Of a sample description: version, how many entries, the length of the first one, and its name.
ENTRY_NAME = slice(12, 16)


class Choice:
    """The tracks of one file by what they are good for."""

    def __init__(
        self, container: Any, orders: dict[str, Any], *, first_tracks: Any, boxed: dict[int, str] | None = None
    ) -> None:
        """
        Judge each track by what the file says of it.

        `first_tracks`: the module of this name; `boxed`: codecs of text tracks that FFmpeg does not know.
        """
        self._boxed = {index: codec for index, codec in (boxed or {}).items() if codec in orders["decoders"]["text"]}
        self.pictures: list[Any] = []
        """Moving pictures that can be decoded, the one to be shown first."""
        self.sounds: list[Any] = []
        """Sound tracks that can be decoded, the one to be heard first."""
        self._streams = list(container.streams)
        self._reasons: dict[int, str] = {}
        self.texts: list[Any] = []
        """Text tracks that can be read, in the order of the file."""
        for stream in self._streams:
            reason = "" if stream.index in self._boxed else _obstacle(stream, orders["decoders"])
            if reason:
                self._reasons[stream.index] = reason
            else:
                kind = "subtitle" if stream.index in self._boxed else stream.type
                {"video": self.pictures, "audio": self.sounds}.get(kind, self.texts).append(stream)
        self.pictures.sort(key=first_tracks.picture_rank)
        self.sounds.sort(key=first_tracks.sound_rank_of(container))

    @property
    def undecodable_picture(self) -> str | None:
        """The codec of the first moving picture that is left out because it cannot be decoded."""
        return self._undecodable("video")

    @property
    def undecodable_sound(self) -> str | None:
        """The codec of the first sound track that is left out because it cannot be decoded."""
        return self._undecodable("audio")

    def _undecodable(self, kind: str) -> str | None:
        lost = (stream for stream in self._streams if self._reasons.get(stream.index) == "not_decodable")
        return next((codec_name(stream) for stream in lost if stream.type == kind), None)

    def leave_out_empty(self, has_samples: Callable[[Any], bool]) -> None:
        """Do without tracks that have nothing in them; a last picture is looked for later, and longer."""
        for stream in [*self.pictures[:-1], *self.sounds]:
            if not has_samples(stream):
                self._leave_out(stream, "no_samples")

    def leave_out_other(self, of_one_programme: Callable[[list[Any]], list[Any]]) -> None:
        """Do without what belongs to other programmes."""
        left = [*self.pictures, *self.sounds, *self.texts]
        kept = {stream.index for stream in of_one_programme(left)}
        for stream in left:
            if stream.index not in kept:
                self._leave_out(stream, "other_programme")

    def leave_out_surplus(self, max_sounds: int, max_texts: int) -> None:
        """Do without further pictures, and without sounds and texts that are too many."""
        for stream in self.pictures[1:]:
            self._leave_out(stream, "second_picture")
        for stream in self.sounds[max_sounds:]:
            self._leave_out(stream, "too_many")
        for stream in self.texts[max_texts:]:
            self._leave_out(stream, "too_many")

    def _leave_out(self, stream: Any, reason: str) -> None:
        self._reasons[stream.index] = reason
        self.pictures = [other for other in self.pictures if other.index != stream.index]
        self.sounds = [other for other in self.sounds if other.index != stream.index]
        self.texts = [other for other in self.texts if other.index != stream.index]

    def facts(self) -> list[dict[str, Any]]:
        """Return every track of the file, whether it counts, and why not."""
        return [
            {
                "index": stream.index,
                "kind": "subtitle" if stream.index in self._boxed else stream.type,
                "codec": self._boxed.get(stream.index) or codec_name(stream),
                "language": language(stream),
                "used": stream.index not in self._reasons,
                "reason": self._reasons.get(stream.index, ""),
            }
            for stream in self._streams
        ]

    def text_facts(self) -> list[dict[str, Any]]:
        """Return what the file says of each text track that counts."""
        return [
            {
                "index": stream.index,
                "codec": self._boxed.get(stream.index) or codec_name(stream),
                "language": language(stream),
                "title": title(stream),
                "is_default": bool(stream.disposition & type(stream.disposition).default),
                "is_forced": bool(stream.disposition & type(stream.disposition).forced),
                "is_for_deaf": bool(stream.disposition & type(stream.disposition).hearing_impaired),
            }
            for stream in self.texts
        ]


def _obstacle(stream: Any, decoders: dict[str, Any]) -> str:
    """Return why a track does not count, in one word; empty: it does."""
    if stream.type == "subtitle":
        name = codec_name(stream)
        return "" if name in decoders["text"] else PAINTED.get(name, "not_decodable")
    if stream.type not in {"video", "audio"}:
        return "not_published"
    if stream.type == "video" and _is_still(stream):
        return "cover"
    context = stream.codec_context
    if context is None or context.codec.name not in decoders[stream.type]:
        return "not_decodable"
    if stream.type == "audio":
        # A track that announces no channels or rate has no sound in it.
        return "" if context.sample_rate and 0 < channels(context) <= MAX_CHANNELS else "no_samples"
    return "" if context.width and context.height else "no_samples"


def _is_still(stream: Any) -> bool:
    kinds = type(stream.disposition)
    return bool(stream.disposition & (kinds.attached_pic | kinds.still_image | kinds.timed_thumbnails))


def channels(context: Any) -> int:
    """Return how many channels a decoder gives."""
    return int(_layout(context).nb_channels)


def speakers(context: Any) -> list[str]:
    """Return the names of a decoder's channels in their order; `NONE` or `UNSD` where they have none."""
    return [plain(channel.name) for channel in _layout(context).channels]


def _layout(context: Any) -> Any:
    layout = context.layout
    # PyAV's layout shares its map of channels with the codec, and both free it (up to 18.1, also through `channels`):
    # this one is never freed.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))
    return layout


def codec_name(stream: Any) -> str:
    """Return FFmpeg's name of a track's codec; `unknown` where it has none."""
    context = stream.codec_context
    return plain(context.codec.name if context else getattr(stream, "name", None) or "unknown")


def read_index(boxes: Any, path: Path, container: Any) -> dict[int, str]:
    """
    Return the codecs of the text tracks of an MP4 that FFmpeg does not know, by their numbers.

    The tracks get the languages that they name with script and region, beside those of three letters.
    """
    with path.open("rb") as file:
        index = (
            (at, length)
            for name, at, length in islice(boxes.walk_boxes(file, container.size), boxes.MAX_BOXES)
            if name == "moov" and length <= MAX_INDEX_BYTES
        )
        at, length = next(index, (0, boxes.HEADER_BYTES))
        file.seek(at + boxes.HEADER_BYTES)
        content = file.read(length - boxes.HEADER_BYTES)
    tags: dict[int, str] = {}
    codecs: dict[int, str] = {}
    with suppress(ValueError):
        for name, track in boxes.boxes_in(content):
            if name != "trak":
                continue
            header = boxes.find_box(track, "tkhd") or b""
            number = int.from_bytes(header[20:24] if header[:1] == b"\1" else header[12:16], "big")
            said = boxes.find_box(track, "mdia", "elng") or b""
            tags[number] = said[4:].partition(b"\0")[0].decode("ascii", "ignore")
            entries = boxes.find_box(track, "mdia", "minf", "stbl", "stsd") or b""
            codecs[number] = BOXED.get(entries[ENTRY_NAME], "")
    for stream in container.streams:
        if tags.get(stream.id):
            stream.metadata["language"] = tags[stream.id]
    silent = (stream for stream in container.streams if stream.type in {"subtitle", "data", "unknown"})
    return {stream.index: codecs[stream.id] for stream in silent if codecs.get(stream.id)}


def language(stream: Any) -> str | None:
    """Return the language that the file names."""
    said = stream.metadata.get("language")
    return plain(said) if said not in {None, "", "und"} else None


def title(stream: Any) -> str:
    """Return what the file calls a track, for people; empty: nothing, or what programs write by themselves."""
    # As Matroska, QuickTime and programs of long ago have it.
    said = next((str(text) for key in ("title", "name", "handler_name") if (text := stream.metadata.get(key))), "")
    shown = "".join(letter for letter in said if letter.isprintable()).strip()[:MAX_TITLE]
    return "" if NO_TITLE.fullmatch(shown) else shown


def role(stream: Any) -> str:
    """Return what a sound track is for, in the words of `SoundRole`; of several, what a viewer must know first."""
    kinds, said = type(stream.disposition), stream.disposition
    roles = (
        (kinds.visual_impaired | kinds.descriptions, "description"),
        (kinds.comment, "commentary"),
        (kinds.hearing_impaired, "clear"),
        (kinds.dub, "dub"),
        (kinds.original, "original"),
    )
    return next((name for kind, name in roles if said & kind), "main")


def plain(name: str) -> str:
    """Return a name of the file without what could be more than a name."""
    return "".join(letter for letter in name if letter.isalnum() or letter in "_-")[:32]
