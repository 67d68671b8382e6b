"""What is asked for materials and sound, from the parameters of a call. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.refusals import Refusal, Refused
from vodpull.api.cloudvod.library.videos.list_requests import MAX_PAGE_SIZE, MAX_REACH, read_owners, read_period
from vodpull.api.cloudvod.library.videos.requests import DOMAIN, known_form
from vodpull.api.cloudvod.parameters import Parameters, flag_of, number_of, text_of
from vodpull.errors import ParameterError
from vodpull.materials.material import MaterialKind
from vodpull.materials.materials import MaterialEdit, MaterialFilter, check_edit

MAX_TIME_S = 10**10
"""Far beyond any time that is meant."""


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """How the calls of one kind spell what they have in common."""

    id_field: str
    name_field: str
    no_id: Refusal
    no_change: Refusal


MATERIAL = Spelling(
    id_field="id", name_field="name", no_id=refusals.NO_MATERIAL_ID, no_change=refusals.NO_MATERIAL_CHANGE
)
AUDIO = Spelling(
    id_field="audioId", name_field="audioName", no_id=refusals.NO_AUDIO_ID, no_change=refusals.NO_AUDIO_CHANGE
)


@dataclass(frozen=True, kw_only=True)
class MaterialListRequest:
    """Which page of which materials is asked for."""

    wanted: MaterialFilter
    owners: Sequence[str]
    """Names of accounts; none: the caller's own."""
    page_index: int
    page_size: int

    @property
    def offset(self) -> int:
        """Return how many come before the page."""
        return (self.page_index - 1) * self.page_size


def parse_material_list(parameters: Parameters, *, account_id: str, default_domain: str) -> MaterialListRequest:
    """
    Return what `getMaterialList` asks for (spec cloud-vod-videos §10).

    Raises:
        ParameterError: a value is not of its form or out of range; `field` names it.
    """
    since, until = (_time_ms(parameters, name) for name in ("uploadTimeStart", "uploadTimeEnd"))
    if since is not None and until is not None and since > until:
        raise ParameterError("uploadTimeStart is after uploadTimeEnd", field="uploadTimeStart")
    suffix = text_of(parameters.get("suffix"), "suffix").strip().lower().removeprefix(".")
    domain = text_of(parameters.get("publishDomain"), "publishDomain").strip().lower()
    wanted = MaterialFilter(
        account_id=account_id,
        kind=MaterialKind.MATERIAL,
        material_id=text_of(parameters.get("materialId"), "materialId").strip(),
        text=text_of(parameters.get("materialName"), "materialName"),
        suffixes=(suffix,) if suffix else (),
        publish_domains=(domain, "") if domain == default_domain else (domain,) if domain else (),
        uploaded_from_ms=since,
        uploaded_until_ms=None if until is None else until + 999,  # the last second counts whole
    )
    return _page(parameters, wanted)


def parse_audio_list(parameters: Parameters, *, account_id: str, zone: tzinfo, now_ms: int) -> MaterialListRequest:
    """
    Return what `getAudioList` asks for (spec cloud-vod-videos §10).

    Raises:
        ParameterError: a value is not of its form or out of range; `field` names it.
    """
    since, until = read_period(parameters, zone, now_ms)
    wanted = MaterialFilter(
        account_id=account_id,
        kind=MaterialKind.AUDIO,
        material_id=text_of(parameters.get("audioId"), "audioId").strip(),
        text=text_of(parameters.get("audioName"), "audioName"),
        created_from_ms=since,
        created_until_ms=until,
        oldest_first=number_of(parameters, "listOrder", default=0, allowed=range(2)) == 1,
    )
    return _page(parameters, wanted)


def parse_material_id(parameters: Parameters, spelling: Spelling) -> str:
    """
    Return the id of what a call is about.

    Raises:
        Refused: there is none.
    """
    material_id = text_of(parameters.get(spelling.id_field), spelling.id_field).strip()
    if not material_id:
        raise Refused(spelling.no_id)
    return material_id


def parse_material_edit(parameters: Parameters, spelling: Spelling) -> tuple[str, MaterialEdit]:
    """
    Return what is changed, and of which; what is absent or empty stays as it is.

    Raises:
        ParameterError: the name is too long.
        Refused: nothing is named, nothing is changed, or the domain cannot be one.
    """
    material_id = parse_material_id(parameters, spelling)
    name = text_of(parameters.get(spelling.name_field), spelling.name_field) or None
    domain = text_of(parameters.get("publishDomain"), "publishDomain") or None
    if name is None and domain is None:
        raise Refused(spelling.no_change)
    edit = MaterialEdit(
        name=name,
        publish_domain=domain and known_form(domain, refusals.DOMAIN_FORM, DOMAIN).lower(),
    )
    check_edit(edit)
    return material_id, edit


def parse_stop_use(parameters: Parameters) -> bool:
    """
    Return True when something is to be deleted although it is in use.

    Raises:
        Refused: `validateOccupy` is neither 0 nor 1.
    """
    try:
        return not flag_of(parameters, "validateOccupy", default=True)
    except ParameterError as error:
        raise Refused(refusals.VALIDATE_OCCUPY) from error


def _page(parameters: Parameters, wanted: MaterialFilter) -> MaterialListRequest:
    size = number_of(parameters, "pageSize", default=10, allowed=range(1, MAX_PAGE_SIZE + 1))
    index = number_of(parameters, "pageIndex", default=1, allowed=range(1, MAX_REACH // size + 1))
    return MaterialListRequest(wanted=wanted, owners=read_owners(parameters), page_index=index, page_size=size)


def _time_ms(parameters: Parameters, field: str) -> int | None:
    time_s = number_of(parameters, field, default=-1, allowed=range(MAX_TIME_S))
    return None if time_s < 0 else 1000 * time_s
