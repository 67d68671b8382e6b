"""Labels of videos: a tree of two levels for each account (spec cloud-vod-videos §9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from vodpull.accounts.account_records import lock_account
from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.ids import new_node_id
from vodpull.database.row_locks import insert_new
from vodpull.errors import NotFound, ParameterError
from vodpull.videos.category_names import CategoryName, is_category_name
from vodpull.videos.video import Category

FIRST_LEVEL = 0
"""Parent of the nodes that have none."""


class Categories:
    """The categories of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def page(self, account_id: str, *, parent_id: int, limit: int, offset: int = 0) -> tuple[list[Category], int]:
        """
        Return categories below one, by id, and how many there are in all; below 0 those of the first level.

        Raises:
            NotFound: the account has no such parent.
        """
        mine = _mine(account_id, tables.category.c.parent_id == parent_id)
        with self._engine.connect() as connection:
            if parent_id != FIRST_LEVEL:
                _find(connection, account_id, parent_id)
            total = connection.scalar(sa.select(sa.func.count()).select_from(tables.category).where(mine))
            query = sa.select(tables.category).where(mine).order_by(tables.category.c.node_id)
            rows = connection.execute(query.limit(limit).offset(offset)).all()
        return [_category_of(row) for row in rows], int(total or 0)

    def tree(self, account_id: str) -> list[Category]:
        """Return all categories of an account, by id."""
        query = sa.select(tables.category).where(_mine(account_id)).order_by(tables.category.c.node_id)
        with self._engine.connect() as connection:
            return [_category_of(row) for row in connection.execute(query)]

    def create(self, account_id: str, name: str, *, parent_id: int = FIRST_LEVEL) -> Category:
        """
        Make a category.

        Raises:
            NotFound: the account has no such parent.
            ParameterError: the name cannot be one, is taken below this parent, or the parent is of the second level.
        """
        with self._engine.begin() as connection:
            lock_account(connection, account_id)
            if parent_id != FIRST_LEVEL and _find(connection, account_id, parent_id).parent_id != FIRST_LEVEL:
                raise ParameterError("a category has two levels only", field="parentNodeId")
            made = _insert(connection, account_id, name, parent_id=parent_id)
        if made is None:
            raise ParameterError("there is a category of this name", field="labelName")
        return made

    def delete(self, account_id: str, node_id: int) -> None:
        """
        Delete a category and those below it; videos lose the label and stay.

        Raises:
            NotFound: the account has no such category.
        """
        with self._engine.begin() as connection:
            lock_account(connection, account_id)
            _find(connection, account_id, node_id)
            category, label = tables.category.c, tables.video_category
            mine = _mine(account_id, sa.or_(category.node_id == node_id, category.parent_id == node_id))
            nodes = list(connection.scalars(sa.select(category.node_id).where(mine)))
            videos = sa.select(tables.video.c.video_id).where(tables.video.c.account_id == account_id)
            connection.execute(label.delete().where(label.c.node_id.in_(nodes), label.c.video_id.in_(videos)))
            connection.execute(tables.category.delete().where(mine))

    def find(self, account_id: str, node_id: int) -> Category:
        """
        Return a category.

        Raises:
            NotFound: the account has none of this id.
        """
        with self._engine.connect() as connection:
            return _find(connection, account_id, node_id)


def resolve(connection: sa.Connection, account_id: str, names: Sequence[CategoryName]) -> list[int]:
    """
    Return the ids of labels by their names, and make those that are not there (spec cloud-vod-videos §9).

    Without a child the parent itself is meant; without a parent every category of the second level of that name.

    Raises:
        ParameterError: a name cannot be one, or no category has the child's name.
    """
    lock_account(connection, account_id)
    found: dict[int, None] = {}
    for name in names:
        if not name.parent:
            children = named(connection, account_id, [name.child])
            if not children:
                raise ParameterError(f"there is no category: {name.child!r}", field="categoryNames")
            found |= dict.fromkeys(children)
            continue
        parent = _ensure(connection, account_id, name.parent, parent_id=FIRST_LEVEL)
        child = _ensure(connection, account_id, name.child, parent_id=parent) if name.child else parent
        found[child] = None
    return list(found)


def check_nodes(connection: sa.Connection, account_id: str, node_ids: Sequence[int]) -> None:
    """
    Make sure that these categories stay until the transaction ends.

    Raises:
        ParameterError: the account has no such category.
    """
    lock_account(connection, account_id)
    mine = _mine(account_id, tables.category.c.node_id.in_(node_ids))
    known = set(connection.scalars(sa.select(tables.category.c.node_id).where(mine)))
    if missing := [node_id for node_id in node_ids if node_id not in known]:
        raise ParameterError(f"there is no category: {missing[0]}", field="categoryNames")


def named(connection: sa.Connection, account_id: str, names: Sequence[str]) -> list[int]:
    """Return the ids of all categories of the second level that have one of these names."""
    category = tables.category.c
    mine = _mine(account_id, sa.and_(category.parent_id != FIRST_LEVEL, category.name.in_(names)))
    return list(connection.scalars(sa.select(category.node_id).where(mine).order_by(category.node_id)))


def set_labels(connection: sa.Connection, video_id: str, node_ids: Sequence[int]) -> None:
    """Give a video these labels and no others."""
    label = tables.video_category
    connection.execute(label.delete().where(label.c.video_id == video_id))
    for node_id in dict.fromkeys(node_ids):
        connection.execute(label.insert().values(video_id=video_id, node_id=node_id))


def labels_of(connection: sa.Connection, video_ids: Sequence[str]) -> dict[str, list[Category]]:
    """Return the labels of each of these videos, by id; one statement for all of them."""
    found: dict[str, list[Category]] = {video_id: [] for video_id in video_ids}
    video, category, label = tables.video.c, tables.category.c, tables.video_category.c
    query = (
        sa.select(label.video_id, category.node_id, category.parent_id, category.name)
        .select_from(tables.video_category)
        .join(tables.video, video.video_id == label.video_id)
        .join(tables.category, sa.and_(category.node_id == label.node_id, category.account_id == video.account_id))
        .where(label.video_id.in_(video_ids))
        .order_by(category.node_id)
    )
    for row in connection.execute(query) if video_ids else ():
        found[row.video_id].append(_category_of(row))
    return found


def _ensure(connection: sa.Connection, account_id: str, name: str, *, parent_id: int) -> int:
    category = tables.category.c
    mine = _mine(account_id, sa.and_(category.parent_id == parent_id, category.name == name))
    known = connection.scalar(sa.select(category.node_id).where(mine))
    if known is not None:
        return int(known)
    made = _insert(connection, account_id, name, parent_id=parent_id)
    assert made is not None  # noqa: S101 - the account is locked, and it was looked for
    return made.node_id


def _insert(connection: sa.Connection, account_id: str, name: str, *, parent_id: int) -> Category | None:
    """Insert a category while the account is locked; None when there is one of this name."""
    if not is_category_name(name):
        raise ParameterError(
            "a category's name has 1 to 32 letters, digits, underscores or blanks, no blank first", field="labelName"
        )
    same = _mine(account_id, sa.and_(tables.category.c.parent_id == parent_id, tables.category.c.name == name))
    if connection.execute(sa.select(tables.category.c.node_id).where(same)).first() is not None:
        return None
    made = Category(node_id=new_node_id(connection, account_id), parent_id=parent_id, name=name)
    row = {
        "account_id": account_id,
        "node_id": made.node_id,
        "parent_id": parent_id,
        "name": name,
        "created_at_ms": now_ms(),
    }
    return made if insert_new(connection, tables.category, row) else None


def _find(connection: sa.Connection, account_id: str, node_id: int) -> Category:
    mine = _mine(account_id, tables.category.c.node_id == node_id)
    row = connection.execute(sa.select(tables.category).where(mine)).first()
    if row is None:
        raise NotFound("there is no such category", field="nodeId")
    return _category_of(row)


def _mine(account_id: str, which: sa.ColumnElement[bool] | None = None) -> sa.ColumnElement[bool]:
    mine = tables.category.c.account_id == account_id
    return mine if which is None else sa.and_(mine, which)


def _category_of(row: Any) -> Category:
    return Category(node_id=row.node_id, parent_id=row.parent_id, name=row.name)
