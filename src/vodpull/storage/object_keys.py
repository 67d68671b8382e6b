"""
Every object key is made here: service-made folders, and names that no file system or URL can misread.

    pullvideo/<yyyyMM>/<directory>/<name>                 the original (`original_names.py`)
    pullvideo/<yyyyMM>/<directory>/<videoId>.m3u8         multivariant playlist
    pullvideo/<yyyyMM>/<directory>/<videoId>-NN.m3u8      playlist of a rendition
    pullvideo/<yyyyMM>/<directory>/<videoId>/…            segments
    pullvideo/<yyyyMM>/<directory>/<videoId>.jpg          poster
    pullvideo/<yyyyMM>/<directory>/<videoId>-poster-<digest>.jpg    poster that came with the video
    pullvideo/<yyyyMM>/<directory>/<videoId>.webp         three seconds as an animated picture
    pullvideo/<yyyyMM>/<directory>/<videoId>-storyboard.vtt    index of the preview pictures
    pullvideo/<yyyyMM>/<directory>/<videoId>-captions/<language>-<digest>/…    one text track
    material/<yyyyMM>/<materialId>.<suffix>               a picture or subtitles
    audio/<yyyyMM>/<audioId>.<suffix>                     sound
    manifests/<yyyyMM>/<directory>.json                   what is known of the job: never served
    manifests/material/<yyyyMM>/<materialId>.json         what is known of the material; of sound below audio/
    video/<yyyyMM>/<directory>/…                          the same of a video that was not pulled
    work/<directory>-<attempt>/<result>/…                 intermediate results between machines: never served
    uploads/<yyyyMMdd>/<random>                           parts of uploads that are under way: never served

Source: specs cloud-vod-fetch §5.3, cloud-vod-videos §8.
"""

from __future__ import annotations

import re

ROOT = "pullvideo"

OWN_ROOT = "video"
"""Of videos that no `pullVideo` brought: uploads, clips, joins."""

VIDEO_ROOTS = (ROOT, OWN_ROOT)

MATERIAL_ROOTS = ("material", "audio")
"""Of files that are kept as they came, each alone."""

MANIFESTS = "manifests"
"""Apart from the files, so that no web server of a bucket hands them out, and a rebuild lists nothing else."""

WORK = "work"

UPLOADS = "uploads"

_FILE_KEY = re.compile(rf"(?:{'|'.join(VIDEO_ROOTS)})/(?P<month>[0-9]{{6}})/(?P<directory>[0-9a-f]{{32}})/.")
_MATERIAL_KEY = re.compile(
    rf"(?P<root>{'|'.join(MATERIAL_ROOTS)})/(?P<month>[0-9]{{6}})/(?P<id>[0-9a-f]{{32}})\.[A-Za-z0-9]{{1,10}}"
)


def asset_folder(*, month: str, directory: str, root: str = ROOT) -> str:
    """Return the key prefix of one job's files, without a trailing slash. `month` is `yyyyMM`."""
    return f"{root}/{month}/{directory}"


def place_of(key: str) -> tuple[str, str] | None:
    """Return month and directory of the job that a file's key belongs to; None for a key of another form."""
    found = _FILE_KEY.match(key)
    return None if found is None else (found["month"], found["directory"])


def material_key(root: str, *, month: str, material_id: str, suffix: str) -> str:
    """Return the key of a material's file. `month` is `yyyyMM`, `suffix` has no dot."""
    return f"{root}/{month}/{material_id}.{suffix}"


def material_of(key: str) -> tuple[str, str] | None:
    """Return the id of the material that a file's key belongs to, and the key of its manifest; None for others."""
    found = _MATERIAL_KEY.fullmatch(key)
    return None if found is None else (found["id"], f"{MANIFESTS}/{found['root']}/{found['month']}/{found['id']}.json")


def upload_key(day: str, name: str) -> str:
    """Return the key of a part of an upload. `day` is `yyyyMMdd`."""
    return f"{UPLOADS}/{day}/{name}"


def captions_folder(folder: str, video_id: str) -> str:
    """Return the key prefix of a video's text tracks, without a trailing slash, in the folder of its files."""
    return f"{folder}/{video_id}-captions"


def own_poster_key(folder: str, video_id: str, mark: str) -> str:
    """Return the key of the picture that came with a video, in the folder of its files. `mark` is plain."""
    return f"{folder}/{video_id}-poster-{mark}.jpg"


def manifest_key(*, month: str, directory: str) -> str:
    """Return the key of one job's manifest. `month` is `yyyyMM`."""
    return f"{MANIFESTS}/{month}/{directory}.json"


def work_key(attempt: str, *parts: str) -> str:
    """Return the key of an intermediate result's file, or what all keys of `<directory>-<attempt>` begin with."""
    return "/".join((WORK, attempt, *parts))
