from __future__ import annotations

from dataclasses import replace

import pytest

from vodpull.imports.entries import BadEntry, Entry
from vodpull.imports.import_rows import Brought
from vodpull.imports.import_states import EntryState, ListedEntry
from vodpull.imports.invalid_and_repeated_entries import judge
from vodpull.imports.outcomes.metadata_on_arrival import category_names
from vodpull.videos.category_names import CategoryName

HERE = Brought(video_id="a" * 32, job_id="b" * 32, revision="1", is_here=True)


def judged(*items: Entry | BadEntry, brought: dict[str, Brought] | None = None) -> list[ListedEntry]:
    return judge(items, first=7, at_ms=1, known={"listed"}, brought=brought or {})


def reason(item: Entry | BadEntry) -> str:
    (listed,) = judged(item)
    assert listed.state is EntryState.INVALID
    assert listed.failure is not None
    assert listed.origin_id == ""
    return listed.failure.message


def test_what_is_here_unchanged_is_not_brought_and_what_is_another_one_now_is() -> None:
    entries = [Entry("new", "http://o/1"), Entry("same", "http://o/2", revision="1"), Entry("old", "http://o/3")]
    found = judged(*entries, brought={"same": HERE, "old": HERE})
    assert [each.state for each in found] == [EntryState.WAITING, EntryState.EXISTS, EntryState.WAITING]
    assert [each.video_id for each in found] == [None, HERE.video_id, HERE.video_id]
    assert [each.number for each in found] == [7, 8, 9]


def test_of_a_video_that_is_here_only_another_picture_is_to_come() -> None:
    entry = Entry("same", "http://o/2", revision="1", poster_url="http://o/2.jpg")
    came = replace(HERE, poster_key=f"video/x/y-poster-{entry.poster_mark}.jpg")
    moved = replace(entry, poster_url="http://o/3.jpg")
    entries = {
        "never": (entry, HERE),
        "same": (entry, came),
        "other": (moved, came),
        "none": (Entry("same", "u"), came),
    }
    found = {
        name: judged(replace(one, revision="1"), brought={"same": before})[0] for name, (one, before) in entries.items()
    }
    assert {each.state for each in found.values()} == {EntryState.EXISTS}
    assert [name for name, each in found.items() if each.poster_due] == ["never", "other"]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (BadEntry(3, "no URL"), "line 3: no URL"),
        (Entry("", "http://o"), "no id"),
        (Entry("listed", "http://o"), "comes twice"),
        (Entry("listed", "http://o", line=9), "line 9: its id comes twice"),
        (Entry("長" * 400, "http://o"), "longer than 1024 bytes"),
        (Entry("a", "http://o/" + "x" * 9000), "URL is longer"),
        (Entry("a", "http://o/\x00"), "NUL"),
        (Entry("a", "http://o", video_id="../etc"), "32 hexadecimal"),
    ],
)
def test_a_line_that_cannot_be_brought_says_why(item: Entry | BadEntry, told: str) -> None:
    assert told in reason(item)


def test_an_id_that_comes_twice_in_one_page_counts_once() -> None:
    first, second = judged(Entry("a", "http://o/1"), Entry("a", "http://o/2"))
    assert (first.state, second.state) == (EntryState.WAITING, EntryState.INVALID)


def test_categories_of_elsewhere_become_names_that_categories_here_can_have() -> None:
    told = ["课程/初级", "C++ & more", "/alone", "  ", "a/b", "a/b"]
    assert category_names(told) == [
        CategoryName(parent="课程", child="初级"),
        CategoryName(parent="C__ _ more"),
        CategoryName(parent="alone"),
        CategoryName(parent="a", child="b"),
    ]
