"""
The templates of an installation by name: those that every one has, and the operator's own.

What a template says: `media/plan/template.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from vodpull.errors import ConfigurationError, ParameterError
from vodpull.media import (
    MAX_STILL_BYTES,
    Template,
    Watermark,
    builtin_templates,
    parse_template,
    parse_watermark,
    read_still,
)

WATERMARKS = "watermarks"
"""Folder of the watermarks below that of the templates: `NAME.toml`, and the pictures that they and templates name."""

MATERIAL_ID = re.compile(r"[0-9A-Fa-f]{32}")

MAX_WATERMARK_CHARS = 100
"""Of a name, as requests may have it."""


class Templates(Mapping[str, Template]):
    """All templates that a request may name."""

    def __init__(
        self,
        templates: tuple[Template, ...],
        *,
        aliases: Mapping[str, str] | None = None,
        watermarks: Mapping[str, Watermark] | None = None,
    ) -> None:
        self._templates = {template.name: template for template in templates}
        self.watermarks = dict(watermarks or {})
        """What a request may put on top of a template, by name."""
        self.aliases = dict(aliases or {})
        """What else a request may call a template; these go before the templates' own names."""
        marks = (*self.watermarks.values(), *(template.watermark for template in templates))
        self.materials = frozenset(mark.material for mark in marks if mark and mark.material)
        """Ids of the materials that a watermark names."""

    def __getitem__(self, name: str) -> Template:
        return self._templates[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)

    def find(self, name: str, *, watermark: str = "") -> Template:
        """
        Return a template by name or alias, with a watermark of that name in place of its own.

        Or `watermark` is the id of a material, which comes to where the template has its own. The picture of a material
        is not read here.

        Raises:
            ParameterError: there is none of that name; nothing has been fetched yet.
        """
        template = self._templates.get(self.aliases.get(name, name))
        if template is None:
            known = ", ".join(sorted(self))
            raise ParameterError(f"there is no template of that name; known are {known}", field="tcTemplateName")
        return replace(template, watermark=self._watermark(template, watermark)) if watermark else template

    def _watermark(self, template: Template, name: str) -> Watermark:
        mark = self.watermarks.get(name)
        if mark is None and MATERIAL_ID.fullmatch(name):
            mark = replace(template.watermark or Watermark(), file="", material=name.lower(), picture=None)
        if mark is None:
            raise ParameterError("there is no watermark of that name", field="watermark")
        if not template.ladder:
            raise ParameterError(f"the template {template.name!r} makes nothing that could have one", field="watermark")
        return mark


def load_templates(folder: Path, aliases: Iterable[str] = ()) -> Templates:
    """
    Return the built-in templates and those of an operator's folder, one for each `*.toml`; the folder may be missing.

    `aliases` are of the form `other name=template`.

    Raises:
        ConfigurationError: a file cannot be used; the message names the file, `field` the key. Or an alias leads to no
            template.
    """
    own = tuple(_load(path) for path in sorted(folder.glob("*.toml")))
    named = (alias.rpartition("=") for alias in aliases)
    templates = Templates(
        (*builtin_templates(), *own),
        aliases={name.strip(): meant.strip() for name, _, meant in named},
        watermarks={path.stem: _load_watermark(path) for path in sorted((folder / WATERMARKS).glob("*.toml"))},
    )
    if lost := sorted(set(templates.aliases.values()) - set(templates)):
        known = ", ".join(sorted(templates))
        raise ConfigurationError(
            f"VODPULL_TEMPLATE_ALIASES names {lost[0]!r}: there is no such template",
            field="VODPULL_TEMPLATE_ALIASES",
            remedy=f"Name one of {known}, or put its TOML file into the folder `templates` of the data folder.",
        )
    return templates


def _load(path: Path) -> Template:
    if path.stem in TEMPLATES:
        raise ConfigurationError(f"templates/{path.name}: the built-in template of that name stays", field="name")
    template = parse_template(_text(path, f"templates/{path.name}"), name=path.stem)
    if template.watermark is None:
        return template
    mark = _with_picture(template.watermark, path.parent / WATERMARKS, of=f"the template {path.stem}")
    return replace(template, watermark=mark)


def _load_watermark(path: Path) -> Watermark:
    if len(path.stem) > MAX_WATERMARK_CHARS:
        raise ConfigurationError(f"watermarks/{path.name}: a name has at most {MAX_WATERMARK_CHARS} characters")
    mark = parse_watermark(_text(path, f"templates/{WATERMARKS}/{path.name}"), name=path.stem)
    return _with_picture(mark, path.parent, of=f"the watermark {path.stem}")


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name} cannot be read as text") from error


def _with_picture(mark: Watermark, folder: Path, *, of: str) -> Watermark:
    """Return a watermark with the picture of its file; that of a material may change, and is read when it is wanted."""
    if mark.material:
        return mark
    where = f"templates/{WATERMARKS}/{mark.file}"
    try:
        with (folder / mark.file).open("rb") as file:
            # One byte more, so that what is too large shows.
            picture = read_still(file.read(MAX_STILL_BYTES + 1))
    except OSError as error:
        raise ConfigurationError(f"{of} names {where}, which cannot be read", field="watermark.file") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{of} names {where}: {error}", field="watermark.file") from error
    return replace(mark, picture=picture)


TEMPLATES = Templates(builtin_templates())
"""The built-in ones."""
