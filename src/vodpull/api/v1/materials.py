"""`/api/v1/materials`: files that an account keeps for its videos: pictures, subtitles, sound."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import Field

from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller, Callers
from vodpull.api.v1.shapes import RequestShape, Shape
from vodpull.errors import NotFound, PermissionDenied
from vodpull.materials.material import Material, MaterialKind
from vodpull.materials.materials import MAX_PAGE, MaterialEdit, MaterialFilter
from vodpull.materials.new_file_rules import MAX_NAME_CHARS
from vodpull.videos.file_urls import FileUrls
from vodpull.wire_values import TEXT_PATTERN

MaterialId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$", description="`material_id` of a material.")]
Kind = Literal["material", "audio"]


class MaterialReply(Shape):
    """One file."""

    material_id: str
    """Its address is `/api/v1/materials/<material_id>`; captions and watermarks name it by this."""
    kind: Kind
    """`audio` is sound; a picture or subtitles are `material`."""
    name: str
    """A label."""
    suffix: str
    """Of the file, without a dot."""
    size_bytes: int
    """Of the file."""
    duration_s: float
    """Of sound; 0 until it was measured, and where it cannot be."""
    publish_domain: str
    """As it was set; empty: the default of the installation."""
    url: str
    """Of the file."""
    created_at_ms: int
    """When its place was reserved; Unix time in milliseconds."""
    uploaded_at_ms: int
    """When it came."""
    updated_at_ms: int
    """When it was changed last."""


class MaterialPage(Shape):
    """Materials, newest first."""

    materials: list[MaterialReply]
    """Up to `limit` of them."""
    total: int
    """All that fit."""


class MaterialChange(RequestShape):
    """What is to be changed; a member that is left out stays as it is."""

    name: Annotated[str | None, Field(min_length=1, max_length=MAX_NAME_CHARS, pattern=TEXT_PATTERN)] = None
    """A label."""
    publish_domain: Annotated[str | None, Field(max_length=255, pattern=r"^[A-Za-z0-9.:-]*$")] = None
    """One of the installation's; empty: its default."""


def materials_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    desk = _Desk(context)
    router = APIRouter(
        prefix="/api/v1/materials",
        tags=["materials"],
        responses=PROBLEMS,
        route_class=known_first(context.access),
        dependencies=[Depends(desk.known_query)],
    )
    _add_reads(router, desk)
    _add_changes(router, desk)
    return router


class _Desk:
    """Reads and changes the materials of a caller; those of others are not there."""

    def __init__(self, context: ApiContext) -> None:
        callers = Callers(context)
        self.caller, self.known_query = callers.caller, callers.known_query
        self.materials = context.materials
        self._urls = context.urls

    def find(self, material_id: str, caller: Caller) -> Material:
        try:
            return self.materials.find(material_id, account_id=caller.key.account_id)
        except (NotFound, PermissionDenied):
            raise NotFound("there is no such material") from None

    def shown(self, material: Material, caller: Caller) -> MaterialReply:
        return material_reply(material, self._urls.on(caller.base_url))

    def change(self, material_id: str, change: MaterialChange, caller: Caller) -> MaterialReply:
        domain = self._urls.known_domain(change.publish_domain and change.publish_domain.lower())
        edit = MaterialEdit(name=change.name, publish_domain=domain)
        return self.shown(self.materials.edit(self.find(material_id, caller), edit), caller)


def _add_reads(router: APIRouter, desk: _Desk) -> None:
    @router.get("", operation_id="listMaterials")
    def list_materials(
        search: Annotated[
            str, Query(max_length=255, pattern=TEXT_PATTERN, description="Any part of the name, letter case aside.")
        ] = "",
        kind: Annotated[Kind | None, Query(description="Only these.")] = None,
        suffix: Annotated[str, Query(pattern=r"^[A-Za-z0-9]{0,10}$", description="Only files of this suffix.")] = "",
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most materials of a page.")] = 20,
        offset: Annotated[int, Query(ge=0, le=10**6, description="So many are left out at the front.")] = 0,
        caller: Caller = Depends(desk.caller),
    ) -> MaterialPage:
        """List materials, newest first; filters combine with "and"."""
        wanted = MaterialFilter(
            account_id=caller.key.account_id,
            kind=MaterialKind(kind) if kind else None,
            text=search,
            suffixes=(suffix.lower(),) if suffix else (),
        )
        found = [desk.shown(each, caller) for each in desk.materials.page(wanted, limit=limit, offset=offset)]
        return MaterialPage(materials=found, total=desk.materials.count(wanted))

    @router.get("/{material_id}", operation_id="readMaterial")
    def read_material(material_id: MaterialId, caller: Caller = Depends(desk.caller)) -> MaterialReply:
        """Tell all of a material."""
        return desk.shown(desk.find(material_id, caller), caller)


def _add_changes(router: APIRouter, desk: _Desk) -> None:
    @router.patch("/{material_id}", operation_id="editMaterial")
    def edit_material(
        material_id: MaterialId, body: MaterialChange, caller: Caller = Depends(desk.caller)
    ) -> MaterialReply:
        """Change what the body names and nothing else."""
        return desk.change(material_id, body, caller)

    @router.delete("/{material_id}", status_code=204, operation_id="deleteMaterial")
    def delete_material(
        material_id: MaterialId,
        force: Annotated[bool, Query(description="Although a video uses it; what was made with it stays.")] = False,
        caller: Caller = Depends(desk.caller),
    ) -> Response:
        """Delete a material; 409 while a video uses it."""
        desk.materials.delete(desk.find(material_id, caller), stop_use=force)
        return Response(status_code=204)


def material_reply(material: Material, urls: FileUrls) -> MaterialReply:
    """Return a material as `/api/v1` shows it."""
    return MaterialReply(
        material_id=material.material_id,
        kind=material.kind.value,
        name=material.name,
        suffix=material.suffix,
        size_bytes=material.size_bytes,
        duration_s=material.length_s,
        publish_domain=material.publish_domain,
        url=urls.url(material.key, material.publish_domain),
        created_at_ms=material.created_at_ms,
        uploaded_at_ms=material.uploaded_at_ms,
        updated_at_ms=material.updated_at_ms,
    )
