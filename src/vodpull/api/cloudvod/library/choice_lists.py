"""
The lists that an upload tool lets people choose from: templates, watermarks, subtitles, domains, categories by name.

The tree of categories, page by page, is in `videos/categories.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vodpull.api.cloudvod.library.call_dispatch import WireCall, WireCaller
from vodpull.api.cloudvod.parameters import Parameters
from vodpull.api.http.context import ApiContext
from vodpull.errors import NotFound, PermissionDenied
from vodpull.materials.material import MaterialKind
from vodpull.materials.materials import MAX_PAGE, MaterialFilter
from vodpull.materials.new_file_rules import SUBTITLE_SUFFIXES
from vodpull.videos.category_tree import FIRST_LEVEL


class ChoiceLists:
    """Carries out the calls that list what there is to choose from."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def all(self) -> Sequence[WireCall]:
        """Return the calls."""
        lists = {
            "/workflow/getWorkflowList": (self._workflows, "List what startWorkflow can start."),
            "/vod/transcodeManage/getTranscodeCombineList": (self._templates, "List the templates of encodes."),
            "/vod/material/getSubtitleList": (self._subtitles, "List the newest hundred subtitles."),
            "/vod/domainManage/getDomainList": (self._domains, "List the publish domains."),
            "/vod/watermarkManage/getWatermarkList": (self._watermarks, "List the templates of watermarks."),
            "/vod/categoryManage/getCategoryList": (self._categories, "List all categories by their names."),
        }
        return [WireCall(path=path, act=act, rules={}, summary=summary) for path, (act, summary) in lists.items()]

    def _workflows(self, _: Parameters, __: WireCaller) -> dict[str, Any]:
        return _listed([{"workflowId": name, "workflowName": name} for name in self._template_names()])

    def _templates(self, _: Parameters, __: WireCaller) -> dict[str, Any]:
        return _listed(
            [{"transCodeTemplateId": name, "transCodeTemplateName": name} for name in self._template_names()]
        )

    def _watermarks(self, _: Parameters, caller: WireCaller) -> dict[str, Any]:
        names = [name for name in sorted(self._context.templates.watermarks) if self._may_use(name, caller)]
        return _listed([{"watermarkTemplateId": name, "waterMarkTemplateName": name} for name in names])

    def _may_use(self, watermark: str, caller: WireCaller) -> bool:
        """Tell whether the picture of a watermark is a file, or a material of the account."""
        material = self._context.templates.watermarks[watermark].material
        try:
            return not material or bool(self._context.materials.find(material, account_id=caller.account_id))
        except (NotFound, PermissionDenied):
            return False

    def _template_names(self) -> list[str]:
        templates = self._context.templates
        return sorted({*templates, *templates.aliases})

    def _subtitles(self, _: Parameters, caller: WireCaller) -> dict[str, Any]:
        wanted = MaterialFilter(account_id=caller.account_id, kind=MaterialKind.MATERIAL, suffixes=SUBTITLE_SUFFIXES)
        found = self._context.materials.page(wanted, limit=MAX_PAGE)
        return _listed(
            [{"subtitleId": each.material_id, "subtitleName": each.name, "suffix": each.suffix} for each in found]
        )

    def _domains(self, _: Parameters, caller: WireCaller) -> dict[str, Any]:
        default = caller.urls.host()
        domains = self._context.publish_domains or (default,)
        return _listed([{"domain": domain, "isDefault": int(domain == default)} for domain in domains])

    def _categories(self, _: Parameters, caller: WireCaller) -> dict[str, Any]:
        tree = self._context.categories.tree(caller.account_id)
        names = {category.node_id: category.name for category in tree}
        parents = {category.parent_id for category in tree}
        rows = [
            {"parentName": category.name, "childName": ""}
            if category.parent_id == FIRST_LEVEL
            else {"parentName": names[category.parent_id], "childName": category.name}
            for category in tree
            if category.node_id not in parents
        ]
        return _listed(rows)


def _listed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"total": len(rows), "list": rows}
