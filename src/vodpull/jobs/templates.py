"""The templates of an installation by name: those that every one has, and the operator's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from vodpull.errors import ConfigurationError, ParameterError
from vodpull.media import Template, builtin_templates, parse_template


class Templates(Mapping[str, Template]):
    """All templates that a request may name."""

    def __init__(self, templates: tuple[Template, ...]) -> None:
        self._templates = {template.name: template for template in templates}

    def __getitem__(self, name: str) -> Template:
        return self._templates[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._templates)

    def __len__(self) -> int:
        return len(self._templates)

    def find(self, name: str) -> Template:
        """
        Return a template by name.

        Raises:
            ParameterError: there is none of that name; nothing has been fetched yet.
        """
        template = self._templates.get(name)
        if template is None:
            known = ", ".join(sorted(self))
            raise ParameterError(f"there is no template of that name; known are {known}", field="tcTemplateName")
        return template


def load_templates(folder: Path) -> Templates:
    """
    Return the built-in templates and those of an operator's folder, one for each `*.toml`; the folder may be missing.

    Raises:
        ConfigurationError: a file cannot be used; the message names the file, `field` the key.
    """
    own = tuple(_load(path) for path in sorted(folder.glob("*.toml")))
    return Templates((*builtin_templates(), *own))


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
