"""Materials as values and as rows of a test's database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from vodpull.accounts.access_keys import NewKey
from vodpull.database import tables
from vodpull.database.ids import new_id
from vodpull.materials.material import Material, MaterialKind
from vodpull.materials.materials import Materials, keep_material

MATERIAL = Material(
    material_id="0aa00000000000000000000000000001",
    account_id="a" * 32,
    account="demo-account",
    kind=MaterialKind.MATERIAL,
    name="片头字幕",
    suffix="vtt",
    size_bytes=1794,
    created_at_ms=1_700_000_000_000,
    uploaded_at_ms=1_700_000_000_000,
    updated_at_ms=1_700_000_000_000,
)
"""Of the vectors."""

AUDIO = replace(
    MATERIAL,
    material_id="0bb00000000000000000000000000001",
    kind=MaterialKind.AUDIO,
    name="片头曲",
    suffix="mp3",
    size_bytes=480_000,
    duration_s=30.2,
    uploaded_at_ms=1_700_000_040_000,
)
"""Of the vectors."""


def stored_material(database: sa.Engine, key: NewKey, material: Material = MATERIAL, **fields: Any) -> Material:
    """Insert a material of a key's account, and return it as it is kept."""
    mine = sa.select(tables.access_key.c.account_id).where(tables.access_key.c.access_key == key.access_key)
    with database.begin() as connection:
        made = replace(material, account_id=connection.scalars(mine).one(), **fields)
        keep_material(connection, made)
    return Materials(database).find(made.material_id, account_id=None)


def another_material(**fields: Any) -> Material:
    """Return the material of the vectors under another id."""
    return replace(MATERIAL, material_id=new_id(0), **fields)
