"""The templates of an installation by name: those that every one has, and the operator's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from vodpull.errors import ConfigurationError, ParameterError
from vodpull.media import Template, builtin_templates, parse_template


class Templates(Mapping[str, Template]):
    """All templates that a request may name."""

    def __init__(self, templates: tuple[Template, ...], *, aliases: Mapping[str, str] | None = None) -> None:
        self._templates = {template.name: template for template in templates}
        self.aliases = dict(aliases or {})
        """What else a request may call a template; these go before the templates' own names."""

    def __getitem__(self, name: str) -> Template:
        return self._templates[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)

    def find(self, name: str) -> Template:
        """
        Return a template by name or alias.

        Raises:
            ParameterError: there is none of that name; nothing has been fetched yet.
        """
        template = self._templates.get(self.aliases.get(name, name))
        if template is None:
            known = ", ".join(sorted(self))
            raise ParameterError(f"there is no template of that name; known are {known}", field="tcTemplateName")
        return template


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
        (*builtin_templates(), *own), aliases={name.strip(): meant.strip() for name, _, meant in named}
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
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"templates/{path.name} cannot be read as text") from error
    return parse_template(text, name=path.stem)


TEMPLATES = Templates(builtin_templates())
"""The built-in ones."""
