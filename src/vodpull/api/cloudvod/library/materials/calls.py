"""The calls about materials and sound: files that are kept as they came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.call_dispatch import NO_RESULT, WireCall, WireCaller
from vodpull.api.cloudvod.library.known_domains import known_domain
from vodpull.api.cloudvod.library.materials.requests import (
    AUDIO,
    MATERIAL,
    MaterialListRequest,
    parse_audio_list,
    parse_material_edit,
    parse_material_id,
    parse_material_list,
    parse_stop_use,
)
from vodpull.api.cloudvod.parameters import Parameters
from vodpull.api.http.context import ApiContext
from vodpull.clock import now_ms
from vodpull.materials.material import Material, MaterialKind
from vodpull.materials.materials import MaterialEdit
from vodpull.videos.wire.material_shapes import audio_info, material_info

_KINDS = {MaterialKind.MATERIAL: MATERIAL, MaterialKind.AUDIO: AUDIO}

Act = Callable[[Parameters, WireCaller], Any]


class MaterialCalls:
    """Carries out the calls about materials and sound."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def all(self) -> Sequence[WireCall]:
        """Return the calls."""
        materials, audio = "/vod/material", "/vod/audioManage"
        edit_material, delete_material = self._changes(MaterialKind.MATERIAL)
        edit_audio, delete_audio = self._changes(MaterialKind.AUDIO)
        return (
            WireCall(path=f"{materials}/getMaterialList", act=self._list, rules={}, summary="List materials."),
            WireCall(
                path=f"{materials}/materialEdit",
                act=edit_material,
                rules=refusals.EDIT_MATERIAL,
                summary="Change what is said of a material.",
            ),
            WireCall(
                path=f"{materials}/deleteMaterial",
                act=delete_material,
                rules=refusals.DELETE_MATERIAL,
                summary="Delete a material.",
            ),
            WireCall(path=f"{audio}/getAudioList", act=self._list_audio, rules={}, summary="List sound files."),
            WireCall(
                path=f"{audio}/editAudio",
                act=edit_audio,
                rules=refusals.EDIT_AUDIO,
                summary="Change what is said of a sound file.",
            ),
            WireCall(
                path=f"{audio}/deleteAudio",
                act=delete_audio,
                rules=refusals.DELETE_AUDIO,
                summary="Delete a sound file.",
            ),
        )

    def _changes(self, kind: MaterialKind) -> tuple[Act, Act]:
        """Return what edits and what deletes a material of a kind."""
        return partial(self._edit, kind), partial(self._delete, kind)

    def _list(self, parameters: Parameters, caller: WireCaller) -> dict[str, Any]:
        asked = parse_material_list(parameters, account_id=caller.account_id, default_domain=caller.urls.host())
        records = [material_info(each, urls=caller.urls) for each in self._page(asked, caller)]
        return {"total": self._context.materials.count(asked.wanted), "materialList": records}

    def _list_audio(self, parameters: Parameters, caller: WireCaller) -> dict[str, Any]:
        asked = parse_audio_list(parameters, account_id=caller.account_id, zone=caller.zone, now_ms=now_ms())
        records = [audio_info(each, urls=caller.urls) for each in self._page(asked, caller)]
        return {"audioTotal": len(records), "audioGetListResponseList": records}

    def _page(self, asked: MaterialListRequest, caller: WireCaller) -> list[Material]:
        caller.check_owners(asked.owners, own_name=self._context.account_name(caller.account_id))
        return self._context.materials.page(asked.wanted, limit=asked.page_size, offset=asked.offset)

    def _edit(self, kind: MaterialKind, parameters: Parameters, caller: WireCaller) -> str:
        material_id, edit = parse_material_edit(parameters, _KINDS[kind])
        material = self._find(kind, material_id, caller)
        domain = None if edit.publish_domain is None else known_domain(edit.publish_domain, caller.urls)
        self._context.materials.edit(material, MaterialEdit(name=edit.name, publish_domain=domain))
        return NO_RESULT

    def _delete(self, kind: MaterialKind, parameters: Parameters, caller: WireCaller) -> str:
        material_id, stop_use = parse_material_id(parameters, _KINDS[kind]), parse_stop_use(parameters)
        self._context.materials.delete(self._find(kind, material_id, caller), stop_use=stop_use)
        return NO_RESULT

    def _find(self, kind: MaterialKind, material_id: str, caller: WireCaller) -> Material:
        return self._context.materials.find(material_id, account_id=caller.account_id, kind=kind)
