"""Which of its stored files a job keeps: those of its current outputs. The others are leftovers, which go. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vodpull.jobs.job_folders import fragments_name, outputs_name
from vodpull.jobs.model import Asset
from vodpull.jobs.owned_files import Holding

_CAPTION = re.compile(r"/[0-9a-f]{32}-captions/(?P<folder>[^/]+)/")


def strangers(holding: Holding, keys: Iterable[str]) -> list[str]:
    """Return those of the keys of a job's folder that it does not keep. Pure."""
    if holding.everything:
        return []
    return [key for key in keys if not _is_kept(holding, key)]


def _is_kept(holding: Holding, key: str) -> bool:
    text = _CAPTION.search(key)
    if text is not None:
        return text["folder"] in holding.captions
    return holding.asset is not None and keeps(holding.asset, key)


def keeps(asset: Asset, key: str) -> bool:
    """Tell whether a key of a job's folder belongs to its asset, and not to an attempt that is over. Pure."""
    if key in {file.key for file in asset.files} or key in asset.outputs or key == asset.own_poster_key:
        return True
    if asset.original and f"/{fragments_name(asset.video_id)}/" in key:  # of an original that is a playlist
        return True
    if not asset.playlist_key:  # nothing but the original
        return False
    folder = asset.playlist_key.rpartition("/")[0]
    name = key.removeprefix(f"{folder}/")
    if asset.outputs:
        return name.startswith(f"{outputs_name(asset.video_id, asset.attempt)}/")
    # An older release has not kept their names; all that is known not to be its own is what later attempts made.
    return not re.match(rf"{re.escape(asset.video_id)}-r[0-9]", name)
