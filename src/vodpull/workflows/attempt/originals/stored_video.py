"""A stored video brought here as one file: its original, or where that is gone the best of what was made of it."""

from __future__ import annotations

from pathlib import Path

import m3u8

from vodpull import media, storage
from vodpull.errors import MediaUnsupported
from vodpull.jobs.model import Asset
from vodpull.jobs.states_and_codes import ServerType
from vodpull.workflows.attempt.encrypted_segments import ClearFiles, beside

JOINED = "joined.mp4"


async def bring_stored(asset: Asset, folder: Path, *, files: ClearFiles, toolbox: media.Toolbox) -> Path:
    """
    Write the best file of a video into a fresh folder, and return it.

    Raises:
        MediaUnsupported: nothing of it is left that could be read.
    """
    target = folder / "source"
    key = best_key(asset)
    if not key.endswith(".m3u8"):
        await files.objects.get_file(key, target)
        return target
    tracks = await _tracks(key, files.objects)
    for number, track in enumerate(tracks):
        await bring_playlist(track, folder / f"track-{number}", files=files)
    if len(tracks) == 1:
        return folder / "track-0"
    limits = media.copy_limits(sum((folder / f"track-{number}").stat().st_size for number in range(len(tracks))))
    sounds = [media.JoinedSound(path=folder / "track-1")]
    await media.join(folder / "track-0", sounds, folder / JOINED, toolbox=toolbox, limits=limits)
    return folder / JOINED


def best_key(asset: Asset) -> str:
    """
    Return the key of the best that there is of a video. Pure.

    Raises:
        MediaUnsupported: there is nothing.
    """
    if asset.original:
        return asset.original.key
    best = max(asset.files, key=lambda file: (file.clarity, file.server_type is ServerType.MOBILE), default=None)
    if best is None:
        raise MediaUnsupported("nothing is left of the video that could be cut or joined")
    return best.key


async def _tracks(key: str, objects: storage.ObjectStore) -> list[str]:
    """Return the keys of the media playlists that play a video: the picture's, and the sound's where it is apart."""
    parsed = m3u8.loads((await objects.get_bytes(key)).decode())
    if not parsed.is_variant:
        return [key]
    lead = max(parsed.playlists, key=lambda variant: variant.stream_info.bandwidth)
    sounds = [choice for choice in parsed.media if choice.type == "AUDIO" and choice.group_id == lead.stream_info.audio]
    chosen = [choice.uri for choice in sorted(sounds, key=lambda choice: choice.default != "YES") if choice.uri]
    return [beside(key, uri) for uri in (lead.uri, *chosen[:1])]


async def bring_playlist(key: str, target: Path, *, files: ClearFiles) -> None:
    """Write what one of our own media playlists names into one file: its header, then its fragments."""
    text = (await files.objects.get_bytes(key)).decode()
    parsed, locks = m3u8.loads(text), media.locks_of(text)
    uris = [*(part.uri for part in parsed.segment_map), *(segment.uri for segment in parsed.segments)]
    with target.open("wb") as file:
        for uri in uris:
            file.write(await files.read(key, uri, locks=locks))
