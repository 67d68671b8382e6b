"""What players must be able to rely on in the playlists and the MPD of a package, read from text and files."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from xml.etree import ElementTree as ET

TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?(-[A-Za-z0-9]{2,8})*")
ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)')
NAMESPACE = "{urn:mpeg:dash:schema:mpd:2011}"
# Apple's tolerance for what BANDWIDTH and AVERAGE-BANDWIDTH say.
TOLERANCE = 1.1
# How ISO/IEC 23009-1 orders what may be in these elements, as far as it is written here.
ORDER = {
    "AdaptationSet": ["Label", "Accessibility", "Role", "Representation"],
    "Representation": ["AudioChannelConfiguration", "BaseURL", "SegmentTemplate"],
}
NEEDED = {
    "MPD": {"profiles", "type", "mediaPresentationDuration", "minBufferTime"},
    "AdaptationSet": {"id", "contentType", "mimeType"},
    "Representation": {"id", "bandwidth"},
    "SegmentTemplate": {"timescale", "initialization", "media", "startNumber"},
}


def faults_of_playlists(multivariant: Path) -> list[str]:
    """Return which of Apple's authoring rules (and RFC 8216) a finished presentation breaks."""
    return [f"{multivariant.name}: {fault}" for fault in _Multivariant(multivariant).faults()]


class _Media:
    """One media playlist."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = path.read_text().splitlines()
        self.lengths_s = [float(line[8:].rstrip(",")) for line in self.lines if line.startswith("#EXTINF:")]
        self.files = [line for line in self.lines if line and not line.startswith("#")]
        ranges = [line[17:].split("@") for line in self.lines if line.startswith("#EXT-X-BYTERANGE:")]
        self.sizes = [int(size) for size, _ in ranges] or [(path.parent / file).stat().st_size for file in self.files]

    def value(self, tag: str) -> str:
        return next((line.partition(":")[2] for line in self.lines if line.startswith(f"#{tag}:")), "")

    @property
    def is_keyframes(self) -> bool:
        return "#EXT-X-I-FRAMES-ONLY" in self.lines

    @property
    def target_s(self) -> int:
        return int(self.value("EXT-X-TARGETDURATION"))

    @property
    def average_bps(self) -> float:
        return 8 * sum(self.sizes) / sum(self.lengths_s)

    @property
    def peak_bps(self) -> float:
        """The largest bitrate of any run that lasts half to one and a half target durations."""
        peak = self.average_bps
        ends_s, ends = [0.0, *accumulate(self.lengths_s)], [0, *accumulate(self.sizes)]
        for first in range(len(self.sizes)):
            for last in range(first + 1, len(ends)):
                length_s = ends_s[last] - ends_s[first]
                if length_s > 1.5 * self.target_s:
                    break
                if length_s >= 0.5 * self.target_s:
                    peak = max(peak, 8 * (ends[last] - ends[first]) / length_s)
        return peak

    def faults(self) -> Iterator[str]:
        checks = {
            "begins with EXTM3U": self.lines[0] == "#EXTM3U",
            "is VOD and ends": self.value("EXT-X-PLAYLIST-TYPE") == "VOD" and self.lines[-1] == "#EXT-X-ENDLIST",
            "has no segment beyond its target": all(round(one) <= self.target_s for one in self.lengths_s),
            "has a version": int(self.value("EXT-X-VERSION") or 0) >= 6,
            "names relative files": not any(":" in file or file.startswith(("/", "..")) for file in self.files),
            "names each length": 0 < len(self.lengths_s) == len(self.files) == len(self.sizes),
            "has independent segments": "#EXT-X-INDEPENDENT-SEGMENTS" in self.lines or self.is_keyframes,
        }
        yield from (f"{self.path.name} does not hold: {rule}" for rule, holds in checks.items() if not holds)


class _Multivariant:
    """A multivariant playlist and all that it names."""

    def __init__(self, path: Path) -> None:
        self.folder = path.parent
        self.lines = path.read_text().splitlines()
        self.choices = [_attributes(line) for line in self.lines if line.startswith("#EXT-X-MEDIA:")]
        self.keyframes = [_attributes(line) for line in self.lines if line.startswith("#EXT-X-I-FRAME-STREAM-INF:")]
        places = [at for at, line in enumerate(self.lines) if line.startswith("#EXT-X-STREAM-INF:")]
        self.variants = [(_attributes(self.lines[at]), self.lines[at + 1]) for at in places]
        uris = [*(uri for _, uri in self.variants), *(one["URI"] for one in (*self.choices, *self.keyframes))]
        self.media = {uri: _Media(self.folder / uri) for uri in uris}

    def faults(self) -> Iterator[str]:
        for media in self.media.values():
            yield from media.faults()
        if self.lines[0] != "#EXTM3U" or "#EXT-X-INDEPENDENT-SEGMENTS" not in self.lines or not self.variants:
            yield "it does not begin as it must, or has no variant"
        yield from self._faults_of_groups()
        for said, uri in self.variants:
            yield from (f"{uri}: {fault}" for fault in self._faults_of_variant(said, uri))
        yield from self._faults_of_keyframes()
        texts = {one["URI"] for one in self.choices if one["TYPE"] == "SUBTITLES"}
        targets = {one.target_s for uri, one in self.media.items() if uri not in texts and not one.is_keyframes}
        if len(targets) > 1:
            yield f"target durations differ: {targets}"

    def _faults_of_groups(self) -> Iterator[str]:
        groups: dict[tuple[str, str], list[Mapping[str, str]]] = {}
        for one in self.choices:
            groups.setdefault((one["TYPE"], one["GROUP-ID"]), []).append(one)
        for (kind, group), members in groups.items():
            if len({one["NAME"] for one in members}) < len(members):
                yield f"two of {group} have one name"
            if sum(one["DEFAULT"] == "YES" for one in members) > 1:
                yield f"{group} has several defaults"
            if kind == "AUDIO" and not all(one.get("CHANNELS") for one in members):
                yield f"{group} does not tell its channels"
            others = [[one["NAME"] for one in other] for (its, _), other in groups.items() if its == kind]
            if any(names != others[0] for names in others):
                yield f"groups of {kind} have different members"
        yield from self._faults_of_choices()

    def _faults_of_choices(self) -> Iterator[str]:
        for one in self.choices:
            if "YES" in {one["DEFAULT"], one.get("FORCED")} and one["AUTOSELECT"] != "YES":
                yield f"{one['NAME']} is default or forced, but not selected by itself"
            if "LANGUAGE" in one and not TAG.fullmatch(one["LANGUAGE"]):
                yield f"{one['LANGUAGE']} is no language tag"

    def _faults_of_variant(self, said: Mapping[str, str], uri: str) -> Iterator[str]:
        needed = {"BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS"}
        if "RESOLUTION" in said or "avc1" in said.get("CODECS", ""):
            needed |= {"RESOLUTION", "FRAME-RATE"}
        if not needed <= set(said):
            yield f"it does not say {needed - set(said)}"
            return
        beside = [one for one in self.choices if one["GROUP-ID"] in {said.get("AUDIO"), said.get("SUBTITLES")}]
        if bool(said.get("AUDIO")) != any(one["TYPE"] == "AUDIO" for one in beside):
            yield "its sound is not there"
        sounds = [self.media[one["URI"]] for one in beside if one["TYPE"] == "AUDIO" and one["URI"] != uri]
        if "RESOLUTION" not in said:
            # Sound that leads is one of its group.
            own = [*sounds, self.media[uri]]
            peak, average = max(one.peak_bps for one in own), max(one.average_bps for one in own)
        else:
            peak = self.media[uri].peak_bps + max((one.peak_bps for one in sounds), default=0)
            average = self.media[uri].average_bps + max((one.average_bps for one in sounds), default=0)
        for name, found in (("BANDWIDTH", peak), ("AVERAGE-BANDWIDTH", average)):
            if not found / TOLERANCE - 1 <= int(said[name]) <= found * TOLERANCE + 1:
                yield f"{name} is {said[name]}, measured are {found:.0f}"
        if int(said["BANDWIDTH"]) < int(said["AVERAGE-BANDWIDTH"]):
            yield "it takes more on average than at most"

    def _faults_of_keyframes(self) -> Iterator[str]:
        for said in self.keyframes:
            media = self.media[said["URI"]]
            if not {"BANDWIDTH", "CODECS", "RESOLUTION"} <= set(said) or not media.is_keyframes:
                yield f"{said['URI']} is no I-frame playlist that players can choose"
            if int(said["BANDWIDTH"]) * TOLERANCE < media.peak_bps:
                yield f"{said['URI']} takes more than it says"


def _attributes(line: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in ATTRIBUTE.findall(line.partition(":")[2])}


def faults_of_mpd(path: Path) -> list[str]:
    """Return what of an MPD is not as the schema has it, or not as its segments are."""
    root = ET.fromstring(path.read_text())  # noqa: S314 - our own file
    return [f"{path.name}: {fault}" for fault in (*_faults_of_form(root), *_faults_of_segments(root, path.parent))]


def _name(element: ET.Element) -> str:
    return element.tag.removeprefix(NAMESPACE)


def _faults_of_form(root: ET.Element) -> Iterator[str]:
    if root.tag != f"{NAMESPACE}MPD" or root.get("type") != "static":
        yield "the root is another element"
    for element in root.iter():
        name, inside = _name(element), [_name(child) for child in element]
        if missing := NEEDED.get(name, set()) - set(element.keys()):
            yield f"{name} has no {missing}"
        order = ORDER.get(name, inside)
        if any(child not in order for child in inside) or sorted(inside, key=order.index) != inside:
            yield f"{name} has {inside}"
    for kind in ("AdaptationSet", "Representation"):
        ids = [element.get("id") for element in root.iter(f"{NAMESPACE}{kind}")]
        if len(set(ids)) < len(ids):
            yield f"two of {kind} have one id"


def _faults_of_segments(root: ET.Element, folder: Path) -> Iterator[str]:
    length_s = float((root.get("mediaPresentationDuration") or "PT0S")[2:-1])
    for representation in root.iter(f"{NAMESPACE}Representation"):
        template = representation.find(f"{NAMESPACE}SegmentTemplate")
        if template is None:
            continue
        ticks, media = int(template.get("timescale") or 0), template.get("media") or ""
        header = (folder / (template.get("initialization") or "")).read_bytes()
        delay, starts = _delay(header), _starts(template)
        for number, start in enumerate(starts[:-1], start=1):
            file = folder / media.replace("$Number%05d$", f"{number:05d}")
            found = max(0, _first_shown(file.read_bytes()) - delay)
            if abs(found - start) > 1:
                yield f"{file.name} of {representation.get('id')} begins at {found}, not at {start}"
        if (folder / media.replace("$Number%05d$", f"{len(starts):05d}")).exists():
            yield f"{representation.get('id')} has more segments"
        if "Audio" not in str([child.tag for child in representation]) and abs(starts[-1] / ticks - length_s) > 0.1:
            yield f"{representation.get('id')} lasts {starts[-1] / ticks:.3f} s"


def _starts(template: ET.Element) -> Sequence[int]:
    starts = [0]
    for run in template.iter(f"{NAMESPACE}S"):
        starts[-1] = int(run.get("t") or starts[-1])
        for _ in range(int(run.get("r") or 0) + 1):
            starts.append(starts[-1] + int(run.get("d") or 0))
    return starts


def _delay(header: bytes) -> int:
    at = header.find(b"elst")
    return int(struct.unpack(">i", header[at + 16 : at + 20])[0]) if at >= 0 else 0


def _first_shown(segment: bytes) -> int:
    """Return the time of the first sample before the edit list: that of decoding, and of a picture how much later."""
    times, samples = segment.index(b"tfdt"), segment.index(b"trun")
    has_shift = int.from_bytes(segment[samples + 5 : samples + 8]) & 0x800
    shift = struct.unpack(">i", segment[samples + 28 : samples + 32])[0] if has_shift else 0
    return int(struct.unpack(">Q", segment[times + 8 : times + 16])[0]) + int(shift)
