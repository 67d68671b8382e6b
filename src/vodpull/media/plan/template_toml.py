"""
Templates and watermarks from their TOML, checked before anything depends on them. Pure.

A name that is not known is refused, so that a spelling mistake does not become a default.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from vodpull.errors import ConfigurationError
from vodpull.media.plan.burnt_in.watermark_place import Watermark
from vodpull.media.plan.template import RungRate, RungSize, Template, VideoCodec, VideoRecipe

BUILTIN = ("original", "abr", "mp4", "abr-av1", "abr-own")
NAME = re.compile(r"[a-z0-9-]{1,64}")

MAX_CRF: Mapping[VideoCodec, int] = {"h264": 51, "hevc": 51, "av1": 63, "vp9": 63}
X26X = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
PRESETS: Mapping[VideoCodec, tuple[str, ...]] = {
    "h264": X26X,
    "hevc": X26X,
    # SVT-AV1 knows slower ones that no service can pay for.
    "av1": tuple(str(number) for number in range(2, 14)),
    # `cpu-used` with the deadline `good`.
    "vp9": tuple(str(number) for number in range(6)),
}

# A file of this kind has a few hundred bytes.
MAX_TEMPLATE_BYTES = 64 * 1024

_TEMPLATE = TypeAdapter(Template)
_WATERMARK = TypeAdapter(Watermark)
Form = TypeVar("Form")


def builtin_templates() -> tuple[Template, ...]:
    """Return the templates that every installation has."""
    folder = files("vodpull.media") / "templates"
    return tuple(parse_template((folder / f"{name}.toml").read_text("utf-8"), name=name) for name in BUILTIN)


def parse_template(text: str, *, name: str) -> Template:
    """
    Return the template that a TOML text describes.

    Raises:
        ConfigurationError: the text or a value of it cannot be used; `field` is the dotted key, where it is one value.
    """
    if not NAME.fullmatch(name):
        raise ConfigurationError(f"{name!r} names no template: 1 to 64 characters, a to z, 0 to 9 and -", field="name")
    said = _read_toml(text, f"the template {name}")
    if "name" in said:
        raise _refusal(name, "name", "the name of the file is the name of the template")
    template = _parsed(_TEMPLATE, {**said, "name": name}, name)
    for key, reason in _contradictions(template):
        raise _refusal(name, key, reason)
    return template


def parse_watermark(text: str, *, name: str) -> Watermark:
    """
    Return the watermark that a TOML text describes, without its picture.

    Raises:
        ConfigurationError: as `parse_template`.
    """
    mark = _parsed(_WATERMARK, _read_toml(text, f"the watermark {name}"), name)
    for key, reason in _odd_watermark(mark):
        raise _refusal(name, key, reason)
    return mark


def _read_toml(text: str, what: str) -> dict[str, object]:
    if len(text) > MAX_TEMPLATE_BYTES:
        raise ConfigurationError(f"{what} is larger than {MAX_TEMPLATE_BYTES} bytes")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{what} is no TOML: {error}") from error


def _parsed(form: TypeAdapter[Form], said: Mapping[str, object], name: str) -> Form:
    try:
        # As JSON, because only there an array may become a tuple while a text stays no number.
        return form.validate_json(json.dumps(said, default=str))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise _refusal(name, key, first["msg"]) from error


def _refusal(name: str, key: str, reason: str) -> ConfigurationError:
    return ConfigurationError(f"the template {name} cannot be used: {key}: {reason}", field=key)


def _odd_watermark(mark: Watermark) -> Iterator[tuple[str, str]]:
    if mark.picture is not None:
        yield "picture", "`file` or `material` names the picture"
    if bool(mark.file) == bool(mark.material):
        yield "file", "either a `file` or a `material` is the picture"


def _contradictions(template: Template) -> Iterator[tuple[str, str]]:
    """Give each key whose value does not go with the others, with the reason."""
    if bool(template.definitions) != bool(template.video):
        missing = "video" if template.definitions else "definitions"
        yield missing, "definitions and video codecs belong together: both or none"
    asked = {
        "mp4": template.mp4 != "none",
        "own_height": template.own_height,
        "audio_only": template.audio_only,
        "watermark": template.watermark is not None,
        "burn_in": bool(template.burn_in),
        "encrypt": template.encrypt != "none",
    }
    if template.watermark:
        yield from ((f"watermark.{key}", reason) for key, reason in _odd_watermark(template.watermark))
    if not template.video:
        yield from ((key, "there is no rendition") for key, wanted in asked.items() if wanted)
    yield from _odd_sound(template)
    yield from _odd_encryption(template)
    sides = [size.short_side_px for size in template.sizes]
    if sides != sorted(set(sides)):
        yield "definitions", "each one must be larger than the one below: LD, SD, HD, FHD"
    for codec, recipe in template.video.items():
        yield from ((f"video.{codec}.{key}", reason) for key, reason in _odd_recipe(template, codec, recipe))
    for name in template.definitions:
        if template.video and not any(template.makes(codec, name) for codec in template.video):
            yield f"definitions.{name}", "no codec makes it"


def _odd_sound(template: Template) -> Iterator[tuple[str, str]]:
    if template.dash and template.sound == "muxed":
        yield "dash", "its segments have one track each: it needs sound apart"
    if template.audio.surround and template.sound == "muxed":
        yield "audio.surround", "players choose it: it needs sound apart"
    if template.audio.surround and template.audio.codec != "aac":
        yield "audio.surround", "it is AAC: the codec of the other sound must be, too"


def _odd_encryption(template: Template) -> Iterator[tuple[str, str]]:
    if template.encrypt == "none":
        if template.key_segments:
            yield "key_segments", "nothing is encrypted"
        return
    if template.mp4 != "none":
        yield "mp4", "a progressive file would be there in clear"
    if template.dash:
        yield "dash", "it knows no encryption of whole segments"
    if template.playback == "public":
        yield "playback", "what is encrypted plays for bearers of a token only"


def _odd_recipe(template: Template, codec: VideoCodec, recipe: VideoRecipe) -> Iterator[tuple[str, str]]:
    if recipe.preset not in PRESETS[codec]:
        yield "preset", f"known are {', '.join(PRESETS[codec])}"
    if recipe.crf > MAX_CRF[codec]:
        yield "crf", f"at most {MAX_CRF[codec]}"
    if not set(recipe.only) <= set(template.definitions):
        yield "only", "the template has no definition of that name"
    for name, own in recipe.definitions.items():
        key = f"definitions.{name}"
        if name not in template.definitions:
            yield key, "the template has no definition of that name"
        elif (own.crf or 0) > MAX_CRF[codec]:
            yield f"{key}.crf", f"at most {MAX_CRF[codec]}"
        elif own.bitrate_bps:
            yield from _odd_bitrate(f"{key}.bitrate_bps", own, template.definitions[name])


def _odd_bitrate(key: str, own: RungRate, size: RungSize) -> Iterator[tuple[str, str]]:
    if own.crf:
        yield key, "either a constant quality or a bitrate"
    if (own.bitrate_bps or 0) > (own.max_bitrate_bps or size.max_bitrate_bps):
        yield key, "more than the ceiling"


ABR = next(template for template in builtin_templates() if template.name == "abr")
"""The template of whoever names none."""
