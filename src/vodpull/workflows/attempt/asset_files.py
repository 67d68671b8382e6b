"""What a job has: the original once it is stored, and what was packaged and measured when it is done. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any

from vodpull import media
from vodpull.jobs.job_folders import folder_key
from vodpull.jobs.model import Asset, AssetWarning, Job, SourceTrack, StoredFile
from vodpull.jobs.states_and_codes import Clarity, ServerType
from vodpull.workflows.attempt.pc_and_mobile_files import listed_files
from vodpull.workflows.attempt.stable_playlist_names import is_playlist, known_key


def original_asset(job: Job, info: media.MediaInfo | None, *, key: str, size_bytes: int, media_bytes: int = 0) -> Asset:
    """
    Return the asset of a job whose original is in the store; `info` is None if it was not measured.

    `media_bytes`: of what the original plays, where it is a playlist.
    """
    video = None if info is None else info.video
    original = StoredFile(
        clarity=Clarity.ORIGINAL,
        server_type=ServerType.SOURCE,
        width_px=0 if video is None else video.display_width_px,
        height_px=0 if video is None else video.display_height_px,
        bitrate_bps=0 if info is None else info.bitrate_bps,
        size_bytes=size_bytes,
        key=key,
        media_bytes=media_bytes,
    )
    return Asset(
        video_id=job.video_id,
        duration_s=0.0 if info is None else info.duration_s,
        files=(original,),
        tracks=() if info is None else tuple(SourceTrack(**asdict(track)) for track in info.tracks),
        warnings=() if info is None else tuple(AssetWarning(**asdict(lost)) for lost in media.warnings_of(info)),
    )


def alone(asset: Asset) -> Asset:
    """Return an asset without what was made of its original."""
    return replace(
        asset,
        files=tuple(file for file in asset.files if file is asset.original),
        playlist_key="",
        poster_key=asset.own_poster_key,
        teaser_key="",
        storyboard_key="",
        proof=None,
        attempt=0,
        outputs=(),
        made_bytes=0,
        mpd_key="",
        presentation_key="",
    )


def published_asset(
    job: Job,
    package: media.Package,
    renditions: Iterable[media.Rendition],
    *,
    outputs: Mapping[str, int] = MappingProxyType({}),
    proof: dict[str, object] | None,
) -> Asset:
    """Return the asset of a job whose package is in the store; `outputs` are all its files with their sizes."""
    assert job.asset is not None  # noqa: S101 - recorded before any step that comes here
    folder = folder_key(job)
    rows = listed_files(renditions, folder, fallback=package.fallback)
    made = [f"{folder}/{name}" for name in outputs if "/" not in name]
    known = [known_key(key, job) for key in made if is_playlist(key)]
    return replace(
        job.asset,
        files=(job.asset.files[0], *(replace(row, key=known_key(row.key, job)) for row in rows)),
        playlist_key=known_key(f"{folder}/{package.multivariant}", job),
        poster_key=job.asset.own_poster_key or (f"{folder}/{package.poster}" if package.poster else ""),
        teaser_key=f"{folder}/{package.teaser}" if package.teaser else "",
        storyboard_key=f"{folder}/{package.storyboard}" if package.storyboard else "",
        proof=proof,
        attempt=job.attempt,
        outputs=tuple(dict.fromkeys((*made, *known))),
        made_bytes=sum(outputs.values()),
        mpd_key=known_key(f"{folder}/{package.mpd}", job) if package.mpd else "",
        presentation_key=f"{folder}/{package.presentation.file}" if package.presentation else "",
    )


def with_quality(
    decisions: Iterable[Mapping[str, Any]], package: media.Package, renditions: Iterable[media.Rendition]
) -> list[dict[str, Any]]:
    """Return the decisions with what was measured: of the fallback codec as one figure, of each codec in full."""
    found = {(one.clarity, one.codec): one.quality for one in renditions if one.quality}
    judged = []
    for decision in decisions:
        own = {codec: quality for (clarity, codec), quality in found.items() if clarity == decision["clarity"]}
        fallback = own.get(package.fallback)
        figures = {"qualities": {codec: asdict(quality) for codec, quality in own.items()}} if own else {}
        judged.append({**decision, **figures, **({"vmaf": round(fallback.mean, 2)} if fallback else {})})
    return judged
