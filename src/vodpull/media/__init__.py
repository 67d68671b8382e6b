"""From file to renditions: probe, plan, encode, package, verify; no network, database or object store."""

from vodpull.media.encode.chunk import build_chunk_argv, encode_chunk, encode_limits
from vodpull.media.encode.codecs import TEXT_TOOLS, WATERMARK_TOOLS, needed_tools
from vodpull.media.encode.extract_texts import extract_texts, fragmented_text
from vodpull.media.encode.missing_letters import missing_letters
from vodpull.media.encode.remux_hls_source import JoinedSound, join
from vodpull.media.encode.whole_tracks import build_tracks_argv, encode_tracks
from vodpull.media.inspect.ask_partial import Forecast, Spans, probe_part, reach
from vodpull.media.inspect.ask_probe import probe
from vodpull.media.inspect.ask_survey import Survey, survey
from vodpull.media.inspect.media_info import AudioStream, MediaInfo, TextStream, VideoStream
from vodpull.media.inspect.mend_clock import STEADY_FILE, steady
from vodpull.media.inspect.source_warnings import sound_is_lost, warnings_of
from vodpull.media.inspect.watermark_picture import MAX_STILL_BYTES, StillPicture, read_still
from vodpull.media.package.assembly import Parts
from vodpull.media.package.encryption import ContentKey, Lock, decrypted, keys_needed, locks_of
from vodpull.media.package.package import Package, Preview, package_preview
from vodpull.media.package.pictures.poster_file_checks import MAX_COVER_BYTES, make_cover
from vodpull.media.package.pictures.stills import (
    choose_variant,
    find_spot,
    still_of_segment,
    still_of_source,
    still_size,
)
from vodpull.media.package.playlists.all_playlists import playlists
from vodpull.media.package.playlists.presentation import (
    TEXTS,
    Presentation,
    Track,
    presentation_bytes,
    read_presentation,
    with_texts,
)
from vodpull.media.package.playlists.track_roles import role_of
from vodpull.media.package.track_layout import PackagedRendition
from vodpull.media.plan.burnt_in.burnt_text import BurntText
from vodpull.media.plan.burnt_in.watermark_place import Watermark
from vodpull.media.plan.cuts.chunk_lengths import Chunk, lasting_chunks, missing_share
from vodpull.media.plan.early_plan import plan_beginning
from vodpull.media.plan.encode_plan import EncodePlan, RungPlan, plan_encode
from vodpull.media.plan.ladder import Decision, Ladder, Rung, foresees_copy, plan_ladder
from vodpull.media.plan.plan_after_failed_proof import could_be_more_careful, plan_carefully
from vodpull.media.plan.required_tracks import check_source
from vodpull.media.plan.sound.sound_plans import SoundPlan
from vodpull.media.plan.template import Template
from vodpull.media.plan.template_toml import ABR, builtin_templates, parse_template, parse_watermark
from vodpull.media.tools.accepted import KINDS, titles
from vodpull.media.tools.installed import ToolReport, describe, find_toolbox
from vodpull.media.tools.limits import RunLimits, copy_limits
from vodpull.media.tools.progress import ToolProgress
from vodpull.media.tools.sandbox import Toolbox
from vodpull.media.verify.compare import Accounting, Original
from vodpull.media.verify.content_verdict import Proof, told
from vodpull.media.verify.encrypt_proven import encrypt_package
from vodpull.media.verify.fingerprint_ahead import look_ahead
from vodpull.media.verify.structure import Rendition
from vodpull.media.verify.verify import package_and_verify
from vodpull.media.verify.vmaf import Quality, measure_renditions

__all__ = [
    "ABR",
    "KINDS",
    "MAX_COVER_BYTES",
    "MAX_STILL_BYTES",
    "STEADY_FILE",
    "TEXTS",
    "TEXT_TOOLS",
    "WATERMARK_TOOLS",
    "Accounting",
    "AudioStream",
    "BurntText",
    "Chunk",
    "ContentKey",
    "Decision",
    "EncodePlan",
    "Forecast",
    "JoinedSound",
    "Ladder",
    "Lock",
    "MediaInfo",
    "Original",
    "Package",
    "PackagedRendition",
    "Parts",
    "Presentation",
    "Preview",
    "Proof",
    "Quality",
    "Rendition",
    "RunLimits",
    "Rung",
    "RungPlan",
    "SoundPlan",
    "Spans",
    "StillPicture",
    "Survey",
    "Template",
    "TextStream",
    "ToolProgress",
    "ToolReport",
    "Toolbox",
    "Track",
    "VideoStream",
    "Watermark",
    "build_chunk_argv",
    "build_tracks_argv",
    "builtin_templates",
    "check_source",
    "choose_variant",
    "copy_limits",
    "could_be_more_careful",
    "decrypted",
    "describe",
    "encode_chunk",
    "encode_limits",
    "encode_tracks",
    "encrypt_package",
    "extract_texts",
    "find_spot",
    "find_toolbox",
    "foresees_copy",
    "fragmented_text",
    "join",
    "keys_needed",
    "lasting_chunks",
    "locks_of",
    "look_ahead",
    "make_cover",
    "measure_renditions",
    "missing_letters",
    "missing_share",
    "needed_tools",
    "package_and_verify",
    "package_preview",
    "parse_template",
    "parse_watermark",
    "plan_beginning",
    "plan_carefully",
    "plan_encode",
    "plan_ladder",
    "playlists",
    "presentation_bytes",
    "probe",
    "probe_part",
    "reach",
    "read_presentation",
    "read_still",
    "role_of",
    "sound_is_lost",
    "steady",
    "still_of_segment",
    "still_of_source",
    "still_size",
    "survey",
    "titles",
    "told",
    "warnings_of",
    "with_texts",
]
