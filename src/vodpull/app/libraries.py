"""Where libraries may come from, and who reads their lists."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from vodpull import fetch
from vodpull.imports.kinds import Kind
from vodpull.imports.listers.cloudvod import CloudVodLister


def import_kinds(guard: fetch.AddressGuard) -> Mapping[str, Kind]:
    """Return every kind of library by its name."""
    return {
        "list": Kind(open=None, place=frozenset(), optional=frozenset({"library"})),
        "cloud-vod": Kind(
            open=partial(CloudVodLister, guard),
            place=frozenset({"url", "access_key"}),
            optional=frozenset({"category", "zone"}),
            identity=frozenset({"url"}),
            secret=frozenset({"secret_key"}),
            may_repeat=True,
        ),
    }
