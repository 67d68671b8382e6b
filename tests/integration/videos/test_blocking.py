"""Blocking on a real database: state and event together, once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.stored import accepted, add_video

from vodpull.accounts.access_keys import NewKey
from vodpull.errors import NotAllowedNow
from vodpull.jobs.notices.events import EventKind, Events
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.template_registry import TEMPLATES
from vodpull.videos.blocking import block, enable
from vodpull.videos.library import Library
from vodpull.videos.playback.public_or_signed import PlaybackPolicy


def test_a_change_of_state_is_an_event_and_a_repeat_is_none(database: sa.Engine, store: Store, key: NewKey) -> None:
    view, library = accepted(database, key), Library(database)
    job = add_video(store, view)
    video = library.find(job.video_id, account_id=None)
    block(library, video)
    assert library.find(job.video_id, account_id=None).is_blocked
    rule = library.rule_of(job.directory, PlaybackPolicy("public", TEMPLATES))
    assert rule is not None
    assert rule.is_blocked
    with pytest.raises(NotAllowedNow):
        block(library, video)
    enable(library, video)
    with pytest.raises(NotAllowedNow):
        enable(library, video)
    told = Events(database).list_open(view.batch.account_id, limit=10)
    assert {event.kind for event in told} == {
        EventKind.VIDEO_CREATED,
        EventKind.VIDEO_BLOCKED,
        EventKind.VIDEO_ENABLED,
    }
    assert len(told) == 3
    assert {event.video_id for event in told} == {job.video_id}
