"""The operations on the materials of an account. No network."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from vodpull.client.exchange import OWN_PREFIX, Flow, HttpCall
from vodpull.client.json_reading import read
from vodpull.client.operations.calls import ask, get


@dataclass(frozen=True, kw_only=True)
class Material:
    """A picture, subtitles or sound that is kept for use in videos."""

    material_id: str
    kind: str
    """`material` or `audio`."""
    name: str
    suffix: str
    size_bytes: int
    duration_s: float
    publish_domain: str
    url: str
    created_at_ms: int
    """Unix time in milliseconds."""
    uploaded_at_ms: int
    updated_at_ms: int


@dataclass(frozen=True, kw_only=True)
class MaterialPage:
    """Materials, newest first."""

    materials: tuple[Material, ...]
    total: int
    """All that fit."""


def list_materials(
    *, search: str = "", kind: str = "", suffix: str = "", limit: int = 20, offset: int = 0
) -> Flow[MaterialPage]:
    """Return a page of the account's materials, newest first."""
    asked = {"search": search, "kind": kind, "suffix": suffix, "limit": limit, "offset": offset}
    given = {name: value for name, value in asked.items() if value != ""}
    return read(MaterialPage, (yield from ask(get(f"/materials?{urlencode(given)}"))))


def material(material_id: str) -> Flow[Material]:
    """Return a material."""
    return read(Material, (yield from ask(get(_material(material_id)))))


def edit_material(material_id: str, *, name: str | None = None, publish_domain: str | None = None) -> Flow[Material]:
    """Change what is named of a material and nothing else, and return it."""
    texts = {"name": name, "publish_domain": publish_domain}
    body = {field: text for field, text in texts.items() if text is not None}
    call = HttpCall(method="PATCH", target=OWN_PREFIX + _material(material_id), body=body, may_repeat=True)
    return read(Material, (yield from ask(call)))


def delete_material(material_id: str, *, force: bool = False) -> Flow[None]:
    """Delete a material; Occupied while a video uses it, unless by force. What was made with it stays."""
    rest = "?force=true" if force else ""
    yield from ask(HttpCall(method="DELETE", target=OWN_PREFIX + _material(material_id) + rest))


def _material(material_id: str) -> str:
    return f"/materials/{quote(material_id, safe='')}"
