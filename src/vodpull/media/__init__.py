"""From file to renditions: probe, plan, encode, package, verify."""

from vodpull.media.encode import (
    EncodedLadder,
    EncodedRendition,
    EncodePlan,
    build_encode_argv,
    encode,
    encode_limits,
    plan_encode,
)
from vodpull.media.ffmpeg import Progress, RunLimits, ToolReport, copy_limits, describe, find_toolbox
from vodpull.media.info import AudioStream, MediaInfo, VideoStream
from vodpull.media.join import join
from vodpull.media.ladder import ABR, Decision, Definition, Ladder, Rung, plan_ladder
from vodpull.media.package import Package, PackagedRendition, package
from vodpull.media.probe import probe
from vodpull.media.sandbox import Toolbox
from vodpull.media.verify import Rendition, verify

__all__ = [
    "ABR",
    "AudioStream",
    "Decision",
    "Definition",
    "EncodePlan",
    "EncodedLadder",
    "EncodedRendition",
    "Ladder",
    "MediaInfo",
    "Package",
    "PackagedRendition",
    "Progress",
    "Rendition",
    "RunLimits",
    "Rung",
    "ToolReport",
    "Toolbox",
    "VideoStream",
    "build_encode_argv",
    "copy_limits",
    "describe",
    "encode",
    "encode_limits",
    "find_toolbox",
    "join",
    "package",
    "plan_encode",
    "plan_ladder",
    "probe",
    "verify",
]
