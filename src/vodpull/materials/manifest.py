"""What the store itself tells of a material, so that a lost database is made again."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from vodpull.errors import StorageError
from vodpull.materials.material import Material

FORMAT = 1
"""Raised when a reader of the old form would misread the new one; fields that are added do not count."""


@dataclass(frozen=True, kw_only=True)
class MaterialManifest:
    """One material."""

    format: int
    material: Material


_MANIFEST = TypeAdapter(MaterialManifest)


def write_manifest(material: Material) -> bytes:
    """Return the manifest of a material."""
    return _MANIFEST.dump_json(MaterialManifest(format=FORMAT, material=material), indent=1)


def read_manifest(data: bytes) -> Material:
    """
    Return the material that a manifest tells of.

    Raises:
        StorageError: it is none, or of a newer form.
    """
    try:
        manifest = _MANIFEST.validate_json(data)
    except ValidationError as error:
        raise StorageError("the manifest cannot be read") from error
    if manifest.format != FORMAT:
        raise StorageError("the manifest is not one of this version")
    return manifest.material
