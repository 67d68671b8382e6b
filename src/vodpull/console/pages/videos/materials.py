"""Materials of all accounts: listed, sent, renamed, deleted."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.accounts.account_choice import accounts_to_choose
from vodpull.console.pages.videos.uploads import FILES_PATH, PIECE_BYTES
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.visit import Visit, leave_to
from vodpull.errors import ParameterError
from vodpull.materials.material import Material, MaterialKind
from vodpull.materials.materials import MaterialEdit, MaterialFilter
from vodpull.materials.new_file_rules import MAX_BYTES, MAX_NAME_CHARS, SOUND_SUFFIX

PAGE_MATERIALS = 50
KINDS = tuple(kind.value for kind in MaterialKind)


def material_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""
    desk = _MaterialDesk(pages, context)
    return [
        gate.page("/materials", desk.show),
        gate.action("/materials/{material_id}/rename", desk.rename),
        gate.action("/materials/{material_id}/delete", desk.delete),
    ]


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What of the list somebody wants to see."""

    q: str
    kind: str
    page: int

    @property
    def filter(self) -> MaterialFilter:
        kind = MaterialKind(self.kind) if self.kind else None
        return MaterialFilter(account_id=None, kind=kind, text=self.q)

    def query(self, *, page: int) -> str:
        """Return the parameters of a URL that shows another page of the same."""
        wanted = {"q": self.q, "kind": self.kind, "page": str(page) if page else ""}
        return urlencode({name: value for name, value in wanted.items() if value})


def _look(visit: Visit) -> _Look:
    kind, page = visit.query("kind"), visit.query("page", most=4)
    is_number = page.isascii() and page.isdecimal()
    return _Look(q=visit.query("q"), kind=kind if kind in KINDS else "", page=int(page) if is_number else 0)


class _MaterialDesk:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context

    def show(self, visit: Visit) -> Response:
        look, materials = _look(visit), self._context.materials
        found = materials.page(look.filter, limit=PAGE_MATERIALS + 1, offset=look.page * PAGE_MATERIALS)
        return self._pages.page(
            visit,
            "materials.html",
            **accounts_to_choose(self._context),
            look=look,
            kinds=KINDS,
            materials=found[:PAGE_MATERIALS],
            has_more=len(found) > PAGE_MATERIALS,
            used=materials.used([material.material_id for material in found]),
            urls=self._context.urls.on(visit.site(self._context.public_url)),
            files_path=FILES_PATH,
            piece_bytes=PIECE_BYTES,
            most_bytes=MAX_BYTES,
            sound=SOUND_SUFFIX,
            most_name=MAX_NAME_CHARS,
        )

    def rename(self, visit: Visit) -> Response:
        name = visit.form.get("name", "").strip()
        if not name:
            raise ParameterError("a material has a name", field="name")
        self._context.materials.edit(self._material(visit), MaterialEdit(name=name))
        return leave_to(visit, "materials")

    def delete(self, visit: Visit) -> Response:
        self._context.materials.delete(self._material(visit), stop_use="force" in visit.form)
        return leave_to(visit, "materials")

    def _material(self, visit: Visit) -> Material:
        return self._context.materials.find(visit.request.path_params["material_id"], account_id=None)
