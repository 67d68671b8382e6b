"""
In which folder of the store the files of a job lie, what names its outputs begin with, and where its manifest is.

The form of every key: `storage/object_keys.py`; which of the files a job keeps: `jobs/kept_files.py`.
"""

from __future__ import annotations

from vodpull import storage
from vodpull.clock import utc_month
from vodpull.jobs.model import Job
from vodpull.jobs.states_and_codes import VideoOrigin


def folder_of(*, directory: str, created_at_ms: int, origin: VideoOrigin) -> str:
    """Return the key prefix of a job's files."""
    root = storage.ROOT if origin is VideoOrigin.PULLED else storage.OWN_ROOT
    return storage.asset_folder(month=utc_month(created_at_ms / 1000), directory=directory, root=root)


def folder_key(job: Job) -> str:
    """Return the key prefix of a job's files, without a trailing slash."""
    return folder_of(directory=job.directory, created_at_ms=job.created_at_ms, origin=job.origin)


def folders_of(*, directory: str, created_at_ms: int) -> list[str]:
    """Return the key prefixes that a job's files may have, wherever they come from."""
    month = utc_month(created_at_ms / 1000)
    return [storage.asset_folder(month=month, directory=directory, root=root) for root in storage.VIDEO_ROOTS]


def manifest_of_job(*, directory: str, created_at_ms: int) -> str:
    """Return the key of a job's manifest."""
    return storage.manifest_key(month=utc_month(created_at_ms / 1000), directory=directory)


def outputs_name(video_id: str, attempt: int) -> str:
    """
    Return what the names of all that an attempt makes begin with.

    Caches keep segments for a year, so no two attempts may give one key different bytes.
    """
    return video_id if attempt <= 1 else f"{video_id}-r{attempt}"


def fragments_name(video_id: str) -> str:
    """Return the folder of the fragments of an original that is a playlist."""
    return f"{video_id}-source"
