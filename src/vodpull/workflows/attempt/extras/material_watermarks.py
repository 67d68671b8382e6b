"""Watermarks whose picture is a material: whether an account may have one in its films, and the picture itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import sqlalchemy as sa

from vodpull import media, storage
from vodpull.accounts.account_records import lock_account
from vodpull.errors import ConfigurationError, NotFound, ObjectMissing, ParameterError, PermissionDenied
from vodpull.materials.material import Material, MaterialKind
from vodpull.materials.materials import find_material
from vodpull.materials.new_file_rules import PICTURE_SUFFIXES

FIELD = "watermark.material"


def check_watermark(connection: sa.Connection, template: media.Template, *, account_id: str) -> None:
    """
    Make sure that the watermark of a template can be burnt into the films of an account, if it is a material.

    Call it in the transaction that starts the work: the material is not deleted meanwhile, unless by force.

    Raises:
        ParameterError: the account has no such material, or it can be no watermark.
    """
    if template.watermark and template.watermark.material:
        lock_account(connection, account_id)
        _material(connection, template.watermark.material, account_id=account_id)


class WatermarkPictures:
    """Brings the pictures of materials."""

    def __init__(self, database: sa.Engine, objects: storage.ObjectStore) -> None:
        self._database = database
        self._objects = objects

    async def added(self, template: media.Template, *, account_id: str) -> media.Template:
        """
        Return a template with the picture of its watermark.

        Raises:
            ParameterError: as `check_watermark`, or what is stored is no such picture.
        """
        mark = template.watermark
        if mark is None or mark.picture is not None:
            return template
        material = await asyncio.to_thread(self._find, mark.material, account_id)
        try:
            picture = media.read_still(await self._objects.get_bytes(material.key))
        except ObjectMissing as error:  # deleted at this moment
            raise _none() from error
        except ConfigurationError as error:
            raise ParameterError(
                f"the material {material.material_id} can be no watermark: {error}",
                field=FIELD,
                remedy="Upload a PNG or JPEG picture as a material, and name that.",
            ) from error
        return replace(template, watermark=replace(mark, picture=picture))

    def _find(self, material_id: str, account_id: str) -> Material:
        with self._database.connect() as connection:
            return _material(connection, material_id, account_id=account_id)


def _material(connection: sa.Connection, material_id: str, *, account_id: str) -> Material:
    try:
        found = find_material(connection, material_id, account_id=account_id, kind=MaterialKind.MATERIAL)
    except (NotFound, PermissionDenied) as error:
        raise _none() from error
    if found.suffix not in PICTURE_SUFFIXES:
        raise ParameterError(f"this material is none of {', '.join(PICTURE_SUFFIXES)}", field=FIELD)
    if found.size_bytes > media.MAX_STILL_BYTES:
        raise ParameterError(f"a watermark has at most {media.MAX_STILL_BYTES // 1024} KiB", field=FIELD)
    return found


def _none() -> ParameterError:
    return ParameterError(
        "the account has no such material for a watermark",
        field=FIELD,
        remedy="Upload the picture as a material of the account, and name that; or choose another template.",
    )
