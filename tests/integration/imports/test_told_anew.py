"""What is told otherwise elsewhere of a video that is here comes with the next import; what was changed here stays."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.videos import stored_video

from vodpull.accounts.access_keys import NewKey
from vodpull.fetch import AddressGuard, FetchLimits, HostLimits, NoStores
from vodpull.imports.entries import Entry
from vodpull.imports.import_rows import change_entries, insert_entries, insert_import, read_entries, read_posters_due
from vodpull.imports.import_states import EntryState, Import, ImportOptions, ImportState, ListedEntry
from vodpull.jobs.states_and_codes import VideoState
from vodpull.jobs.store.store import Store
from vodpull.media import find_toolbox
from vodpull.storage import open_store
from vodpull.videos.library import Library, VideoEdit
from vodpull.videos.video import Video
from vodpull.workflows.attempt.extras.optional_imported_posters import Posters
from vodpull.workflows.attempt.extras.small_downloads import SideFiles
from vodpull.workflows.importing.changed_elsewhere import ChangedElsewhere
from vodpull.workflows.importing.kept_list_pages import add_page

FIRST = Entry("old", "http://o.test/1", name="clip-1", description="", revision="r")


@pytest.fixture
def video(database: sa.Engine, key: NewKey) -> Video:
    """Return a video that an import has brought as `FIRST`."""
    kept = stored_video(database, key)
    with database.begin() as connection:
        made = begun(kept, 1, ImportState.DONE)
        insert_import(connection, made)
        listed = ListedEntry(
            number=1,
            origin_id=FIRST.origin_id,
            revision="r",
            state=EntryState.DONE,
            entry=FIRST,
            size_bytes=None,
            duration_ms=None,
            video_id=kept.video_id,
            job_id=kept.job_id,
            failure=None,
            at_ms=1,
        )
        insert_entries(connection, made, [listed])
    return kept


def begun(video: Video, number: int, state: ImportState) -> Import:
    return Import(
        import_id=f"{number:032x}",
        account_id=video.account_id,
        access_key="k",
        kind="list",
        source="s" * 64,
        place={},
        options=ImportOptions(),
        state=state,
        created_at_ms=number,
    )


class Imports:
    """Imports of one library, one after another."""

    def __init__(self, database: sa.Engine, video: Video, folder: Path) -> None:
        self._database, self._video, self._numbers = database, video, count(2)
        side_files = SideFiles(
            guard=AddressGuard(),
            limits=FetchLimits(max_bytes=1),
            host_limits=HostLimits(),
            stores_of=lambda _: NoStores(),
            folder=folder,
        )
        posters = Posters(database, open_store("memory:///"), side_files, toolbox=find_toolbox("", sandbox="auto"))
        self._pictures = ChangedElsewhere(Store(database), posters)

    async def take(self, entry: Entry) -> tuple[bool, Video]:
        """Import the library with this entry; return whether something was to come, and the video afterwards."""
        found = begun(self._video, next(self._numbers), ImportState.RUNNING)
        with self._database.begin() as connection:
            insert_import(connection, found)
            add_page(connection, found, [entry])
            [listed] = read_entries(connection, found.import_id, states=[*EntryState], limit=9)
            assert listed.state is EntryState.EXISTS
        changes = await self._pictures.bring(found)
        assert [change.warnings for change in changes] == [()] * len(changes)
        with self._database.begin() as connection:
            change_entries(connection, found.import_id, changes)
            assert read_posters_due(connection, found.import_id, limit=1) == []
        return bool(changes), Library(self._database).find(self._video.video_id, account_id=None)


async def test_a_video_that_was_renamed_elsewhere_is_renamed_here_without_fetching_it(
    database: sa.Engine, video: Video, tmp_path: Path
) -> None:
    imports = Imports(database, video, tmp_path)
    assert (await imports.take(FIRST))[0] is False
    told = replace(FIRST, name="Second", description="d", categories=("课程/初级",), blocked=True, playback="signed")
    is_due, now = await imports.take(told)
    assert is_due
    assert (now.name, now.description, now.state, now.playback) == ("Second", "d", VideoState.BLOCKED, "signed")
    assert [label.name for label in now.categories] == ["初级"]
    assert (await imports.take(told))[0] is False
    _, then = await imports.take(replace(FIRST, name="Third"))
    assert (then.name, then.state) == ("Third", VideoState.ENABLED)
    assert (then.description, then.playback, then.categories) == ("d", "signed", now.categories), "left empty"
    assert (await imports.take(replace(FIRST, description="e")))[1].description == "e"


async def test_what_was_changed_here_since_stays(database: sa.Engine, video: Video, tmp_path: Path) -> None:
    imports, library = Imports(database, video, tmp_path), Library(database)
    library.edit(video.video_id, VideoEdit(name="Mine"), account_id=video.account_id)
    _, now = await imports.take(replace(FIRST, name="Theirs", description="d"))
    assert (now.name, now.description) == ("Mine", "d")
    _, then = await imports.take(replace(FIRST, name="Theirs anew", description="e"))
    assert (then.name, then.description) == ("Mine", "e")
