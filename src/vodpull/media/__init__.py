"""From file to renditions: probe, plan, encode, package, verify."""

from vodpull.media.assembly import PackagedRendition, PackagedSound, Parts
from vodpull.media.codecs import needed_tools
from vodpull.media.conform import must_survey, worth_surveying
from vodpull.media.cuts import Chunk
from vodpull.media.encode import (
    build_chunk_argv,
    build_tracks_argv,
    encode_chunk,
    encode_limits,
    encode_tracks,
)
from vodpull.media.ffmpeg import Progress, RunLimits, ToolReport, copy_limits, describe, find_toolbox
from vodpull.media.info import AudioStream, MediaInfo, VideoStream
from vodpull.media.join import join
from vodpull.media.ladder import Decision, Ladder, Rung, foresees_copy, plan_ladder
from vodpull.media.package import Package, Preview, package_preview
from vodpull.media.plan import EncodePlan, RungPlan, SoundPlan, plan_encode
from vodpull.media.probe import probe
from vodpull.media.reach import Forecast, probe_part, reach
from vodpull.media.sampling import measure_renditions
from vodpull.media.sandbox import Toolbox
from vodpull.media.survey import Survey, survey
from vodpull.media.template import ABR, Template, builtin_templates, parse_template
from vodpull.media.verify import Rendition, package_and_verify

__all__ = [
    "ABR",
    "AudioStream",
    "Chunk",
    "Decision",
    "EncodePlan",
    "Forecast",
    "Ladder",
    "MediaInfo",
    "Package",
    "PackagedRendition",
    "PackagedSound",
    "Parts",
    "Preview",
    "Progress",
    "Rendition",
    "RunLimits",
    "Rung",
    "RungPlan",
    "SoundPlan",
    "Survey",
    "Template",
    "ToolReport",
    "Toolbox",
    "VideoStream",
    "build_chunk_argv",
    "build_tracks_argv",
    "builtin_templates",
    "copy_limits",
    "describe",
    "encode_chunk",
    "encode_limits",
    "encode_tracks",
    "find_toolbox",
    "foresees_copy",
    "join",
    "measure_renditions",
    "must_survey",
    "needed_tools",
    "package_and_verify",
    "package_preview",
    "parse_template",
    "plan_encode",
    "plan_ladder",
    "probe",
    "probe_part",
    "reach",
    "survey",
    "worth_surveying",
]
