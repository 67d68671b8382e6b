"""Named recipes of outputs."""

from __future__ import annotations

from dataclasses import dataclass

from vodpull.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Template:
    """What a batch asks to be made of each source."""

    name: str
    ladder: bool
    """Make the renditions; else the original is all that is kept."""


TEMPLATES = {
    template.name: template for template in (Template(name="original", ladder=False), Template(name="abr", ladder=True))
}


def find_template(name: str) -> Template:
    """
    Return a template by name.

    Raises:
        ParameterError: there is none of that name; nothing has been fetched yet.
    """
    template = TEMPLATES.get(name)
    if template is None:
        known = ", ".join(sorted(TEMPLATES))
        raise ParameterError(f"there is no template of that name; known are {known}", field="tcTemplateName")
    return template
