"""
Labels as people write them: `Courses/History`, `Talks`; what is not there yet is made.

What a category is, and its rows: `category_tree.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vodpull.errors import ParameterError
from vodpull.videos.category_names import CategoryName
from vodpull.videos.category_tree import FIRST_LEVEL, resolve
from vodpull.videos.library import Library, VideoEdit, change_video, check_edit
from vodpull.videos.video import Category, Video

SEPARATOR = "/"
"""Between the names of a parent and its child; no name has it."""


def read_labels(text: str) -> list[CategoryName]:
    """
    Return the labels of a text, with commas between them.

    Raises:
        ParameterError: a label has more than two levels.
    """
    return [_read(part.strip()) for part in text.split(",") if part.strip()]


def _read(text: str) -> CategoryName:
    parent, *below = (part.strip() for part in text.split(SEPARATOR))
    if len(below) > 1 or not parent:
        raise ParameterError(f"a label is NAME or PARENT/NAME: {text}", field="categories")
    return CategoryName(parent=parent, child=below[0] if below else "")


def label_path(category: Category, parents: Mapping[int, str]) -> str:
    """Return a label as `read_labels` reads it; `parents` are the names of the first level by id."""
    if category.parent_id == FIRST_LEVEL:
        return category.name
    return f"{parents.get(category.parent_id, '')}{SEPARATOR}{category.name}"


def edit_with_labels(library: Library, video: Video, edit: VideoEdit, *, labels: Sequence[CategoryName]) -> None:
    """
    Change a video and give it these labels and no others, in one transaction.

    Raises:
        ParameterError: a text is too long, or a name cannot be one.
    """
    check_edit(edit)
    with library.engine.begin() as connection:
        nodes = resolve(connection, video.account_id, labels)
        change_video(connection, video, replace(edit, labels=nodes))


def add_labels(library: Library, videos: Iterable[Video], *, labels: Sequence[CategoryName]) -> None:
    """
    Give videos these labels besides those that they have.

    Raises:
        ParameterError: a name cannot be one.
    """
    for video in videos:
        with library.engine.begin() as connection:
            nodes = resolve(connection, video.account_id, labels)
            kept = [category.node_id for category in video.categories]
            change_video(connection, video, VideoEdit(labels=sorted({*kept, *nodes})))
