"""Every query about materials. Plain functions over one connection pool: call them from a thread, not a loop."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from vodpull.accounts.account_records import lock_account
from vodpull.accounts.stored_bytes import count_stored
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.errors import NotFound, ParameterError, PermissionDenied
from vodpull.materials.material import Material, MaterialKind
from vodpull.materials.materials_in_use import check_unused
from vodpull.materials.new_file_rules import MAX_NAME_CHARS, SUBTITLE_SUFFIXES

MAX_PAGE = 100

IS_THERE = tables.material.c.deleted_at_ms.is_(None)
"""Not deleted: of a deleted one the row stays until its file is gone."""


@dataclass(frozen=True, kw_only=True)
class MaterialFilter:
    """Which materials; what is None or empty leaves none out."""

    account_id: str | None
    """None: of every account, for operators."""
    kind: MaterialKind | None = None
    material_id: str = ""
    text: str = ""
    """Any part of the name; letter case does not count."""
    suffixes: Collection[str] = ()
    """Any of these."""
    publish_domains: Collection[str] = ()
    """Set to any of these; empty text is the default of the installation."""
    created_from_ms: int | None = None
    created_until_ms: int | None = None
    """Inclusive."""
    uploaded_from_ms: int | None = None
    uploaded_until_ms: int | None = None
    """Inclusive."""
    oldest_first: bool = False


@dataclass(frozen=True, kw_only=True)
class MaterialEdit:
    """What is changed of a material; None leaves it as it is."""

    name: str | None = None
    publish_domain: str | None = None


class Materials:
    """The materials of one database."""

    def __init__(self, engine: sa.Engine, *, marks: Collection[str] = ()) -> None:
        """`marks`: ids of those that the installation has watermarks of."""
        self._engine = engine
        self._marks = marks

    def find(self, material_id: str, *, account_id: str | None, kind: MaterialKind | None = None) -> Material:
        """
        Return a material; `account_id` None is for operators. Letter case of the id does not count.

        Raises:
            NotFound: there is none of this id and kind.
            PermissionDenied: it is another account's.
        """
        with self._engine.connect() as connection:
            return find_material(connection, material_id, account_id=account_id, kind=kind)

    def subtitle(self, material_id: str, *, account_id: str, field: str) -> Material:
        """
        Return an account's material that is subtitles.

        Raises:
            ParameterError: it is something else, or there is none; of the `field` that names it.
        """
        try:
            found = self.find(material_id, account_id=account_id, kind=MaterialKind.MATERIAL)
        except (NotFound, PermissionDenied) as error:
            raise ParameterError("there is no such material", field=field) from error
        if found.suffix not in SUBTITLE_SUFFIXES:
            raise ParameterError(
                f"the file of this material is none of these: {', '.join(SUBTITLE_SUFFIXES)}", field=field
            )
        return found

    def page(self, wanted: MaterialFilter, *, limit: int, offset: int = 0) -> list[Material]:
        """Return materials by time of creation."""
        material = tables.material.c
        order = (material.created_at_ms, material.material_id)
        query = _QUERY.where(*_conditions(wanted))
        query = query.order_by(*(order if wanted.oldest_first else (column.desc() for column in order)))
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(min(limit, MAX_PAGE)).offset(offset)).mappings()
            return [_material_of(row) for row in rows]

    def count(self, wanted: MaterialFilter) -> int:
        """Return how many materials fit."""
        query = sa.select(sa.func.count()).select_from(tables.material).where(*_conditions(wanted))
        with self._engine.connect() as connection:
            return int(connection.scalar(query) or 0)

    def edit(self, material: Material, edit: MaterialEdit) -> Material:
        """
        Change a material and return it as it then is.

        Raises:
            NotFound: somebody has just deleted it.
            ParameterError: the name is too long.
        """
        check_edit(edit)
        values: dict[str, object] = {name: text for name, text in asdict(edit).items() if text is not None}
        if edit.name is not None:
            values["folded_name"] = edit.name.casefold()
        with self._engine.begin() as connection:
            if values:
                _change(connection, material.material_id, values)
            return find_material(connection, material.material_id, account_id=material.account_id)

    def delete(self, material: Material, *, stop_use: bool = False) -> None:
        """
        Delete a material; its file goes with the next round of clean-up, and what was made with it stays.

        Raises:
            Occupied: a video uses it, or a watermark of the installation, and that is not to be ended.
        """
        mine = tables.material_use.c.material_id == material.material_id
        with self._engine.begin() as connection:
            lock_account(connection, material.account_id)
            if not stop_use:
                check_unused(connection, material.material_id, marks=self._marks)
            connection.execute(tables.material_use.delete().where(mine))
            if _change(connection, material.material_id, {"deleted_at_ms": now_ms()}):
                count_stored(connection, material.account_id, -_size(connection, material.material_id))

    def doomed(self, *, limit: int) -> list[Material]:
        """Return deleted materials whose files are still to be removed, the earliest first."""
        gone = tables.material.c.deleted_at_ms
        with self._engine.connect() as connection:
            rows = connection.execute(_QUERY.where(gone.is_not(None)).order_by(gone).limit(limit)).mappings()
            return [_material_of(row) for row in rows]

    def forget(self, material: Material) -> None:
        """Drop the row of a deleted material whose file is gone."""
        mine = sa.and_(tables.material.c.material_id == material.material_id, ~IS_THERE)
        with self._engine.begin() as connection:
            connection.execute(tables.material.delete().where(mine))

    def known(self, material_ids: Collection[str]) -> set[str]:
        """Return those of these ids that have a row."""
        material = tables.material.c
        with self._engine.connect() as connection:
            return set(
                connection.scalars(sa.select(material.material_id).where(material.material_id.in_(material_ids)))
            )

    def used(self, material_ids: Collection[str]) -> set[str]:
        """Return those of these ids that the last encode of a video was made with."""
        use = tables.material_use.c.material_id
        with self._engine.connect() as connection:
            return set(connection.scalars(sa.select(use).where(use.in_(material_ids))))

    def unmeasured(self, *, limit: int) -> list[Material]:
        """Return sound whose length nobody has looked for yet."""
        late = sa.and_(IS_THERE, tables.material.c.duration_s < 0)
        with self._engine.connect() as connection:
            return [_material_of(row) for row in connection.execute(_QUERY.where(late).limit(limit)).mappings()]

    def measured(self, material: Material, *, duration_s: float) -> None:
        """Record how long sound is, unless another file took its place meanwhile."""
        same = tables.material.c.uploaded_at_ms == material.uploaded_at_ms
        with self._engine.begin() as connection:
            _change(connection, material.material_id, {"duration_s": duration_s}, which=same)

    def unarchived(self, *, limit: int) -> list[Material]:
        """Return materials whose present state is in no manifest yet."""
        material = tables.material.c
        late = sa.and_(IS_THERE, material.archived_at_ms < material.updated_at_ms)
        with self._engine.connect() as connection:
            rows = connection.execute(_QUERY.where(late).order_by(material.updated_at_ms).limit(limit)).mappings()
            return [_material_of(row) for row in rows]

    def archived(self, material: Material) -> None:
        """Record that the manifest of a material, as it was read, is written."""
        mine = tables.material.c.material_id == material.material_id
        with self._engine.begin() as connection:
            connection.execute(tables.material.update().where(mine).values(archived_at_ms=material.updated_at_ms))

    def restore(self, material: Material) -> bool:
        """Insert a material from its manifest; False when the database knows it."""
        with self._engine.begin() as connection:
            return _insert(connection, material, archived_at_ms=material.updated_at_ms)


def keep_material(connection: sa.Connection, material: Material) -> None:
    """Record that the file of a material is stored: for the first time, or in place of the one before."""
    if _insert(connection, material, archived_at_ms=0):
        return
    lock_account(connection, material.account_id)
    before = _size(connection, material.material_id)
    fresh = ("size_bytes", "duration_s", "uploaded_at_ms")
    if _change(connection, material.material_id, {name: getattr(material, name) for name in fresh}):
        count_stored(connection, material.account_id, material.size_bytes - before)


def use_materials(connection: sa.Connection, job_id: str, material_ids: Collection[str], *, account_id: str) -> None:
    """
    Record which materials the last encode of a job's video was made with, in place of those before.

    Call it in the transaction that starts the encode: none of them is deleted meanwhile, unless by force.

    Raises:
        NotFound, PermissionDenied: as `Materials.find`.
    """
    use = tables.material_use
    lock_account(connection, account_id)
    connection.execute(use.delete().where(use.c.job_id == job_id))
    for material_id in dict.fromkeys(material_ids):
        found = find_material(connection, material_id, account_id=account_id, kind=MaterialKind.MATERIAL)
        connection.execute(use.insert().values(material_id=found.material_id, job_id=job_id))


def find_material(
    connection: sa.Connection, material_id: str, *, account_id: str | None, kind: MaterialKind | None = None
) -> Material:
    """Return a material as `Materials.find` does, in a transaction of the caller's."""
    material = tables.material.c
    mine = sa.and_(IS_THERE, material.material_id == material_id.lower())
    row = connection.execute(_QUERY.where(mine)).mappings().first()
    if row is None or kind not in {None, row["kind"]}:
        raise NotFound("there is no such material", field="id")
    if account_id not in {None, row["account_id"]}:
        raise PermissionDenied("the material belongs to another account", field="id")
    return _material_of(row)


def check_edit(edit: MaterialEdit) -> None:
    """
    Make sure that a material can be changed so.

    Raises:
        ParameterError: the name is too long.
    """
    if edit.name is not None and len(edit.name) > MAX_NAME_CHARS:
        raise ParameterError(f"name is longer than {MAX_NAME_CHARS} characters", field="name")


_SHOWN = [
    column for column in tables.material.c if column.name not in {"folded_name", "archived_at_ms", "deleted_at_ms"}
]

_QUERY = sa.select(*_SHOWN, tables.account.c.name.label("account")).join_from(
    tables.material, tables.account, tables.material.c.account_id == tables.account.c.account_id
)


def _material_of(row: Mapping[Any, Any]) -> Material:
    return Material(**{**row, "kind": MaterialKind(row["kind"])})


def _insert(connection: sa.Connection, material: Material, *, archived_at_ms: int) -> bool:
    row = asdict(material) | {"kind": material.kind.value, "folded_name": material.name.casefold()}
    del row["account"]
    is_new = insert_new(connection, tables.material, row | {"archived_at_ms": archived_at_ms})
    if is_new:
        count_stored(connection, material.account_id, material.size_bytes)
    return is_new


def _change(
    connection: sa.Connection,
    material_id: str,
    values: Mapping[str, object],
    *,
    which: sa.ColumnElement[bool] | None = None,
) -> bool:
    """Write values to a material that is not deleted, and mark it as changed."""
    material = tables.material
    # Each time another one, so that a manifest that is being written now does not count.
    later = sa.case((material.c.updated_at_ms < now_ms(), now_ms()), else_=material.c.updated_at_ms + 1)
    mine = sa.and_(IS_THERE, material.c.material_id == material_id, sa.true() if which is None else which)
    return connection.execute(material.update().where(mine).values({**values, "updated_at_ms": later})).rowcount == 1


def _size(connection: sa.Connection, material_id: str) -> int:
    mine = tables.material.c.material_id == material_id
    return int(connection.scalar(sa.select(tables.material.c.size_bytes).where(mine)) or 0)


def _conditions(wanted: MaterialFilter) -> list[sa.ColumnElement[bool]]:
    material = tables.material.c
    exact = (
        (material.account_id, wanted.account_id),
        (material.kind, wanted.kind and wanted.kind.value),
        (material.material_id, wanted.material_id.lower() or None),
    )
    found = [IS_THERE, *(column == value for column, value in exact if value is not None)]
    if wanted.text:
        found.append(material.folded_name.contains(wanted.text.casefold(), autoescape=True))
    among = ((material.suffix, wanted.suffixes), (material.publish_domain, wanted.publish_domains))
    found += [column.in_(values) for column, values in among if values]
    periods = (
        (material.created_at_ms, wanted.created_from_ms, wanted.created_until_ms),
        (material.uploaded_at_ms, wanted.uploaded_from_ms, wanted.uploaded_until_ms),
    )
    for column, since, until in periods:
        found += [column >= since] if since is not None else []
        found += [column <= until] if until is not None else []
    return found
