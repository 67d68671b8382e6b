"""
What the store itself tells of a job: one small document beside its files, from which a lost database is made again.

No secret is in it in clear: of the source URL only scheme and host, the whole of it sealed with the master key; nothing
of the notify URL.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from vodpull.errors import ConfigurationError, StorageError
from vodpull.jobs.manifests.kept_videos import KeptVideo
from vodpull.jobs.manifests.records import Record
from vodpull.jobs.model import Batch, Job

FORMAT = 1
"""Raised when a reader of the old form would misread the new one; fields that are added do not count."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One final job, with all that its batch needs to be listed again."""

    format: int
    account: str
    """Name of the account."""
    batch: Batch
    """Without its notify URL."""
    job: Job
    """Its source URL is scheme and host only."""
    sealed_source_url: str
    stored_bytes: int
    """All files of the job together, segments included."""
    stored_files: int
    video: KeptVideo | None = None
    """What is kept of the job's video; None: it has none, or an older release wrote this."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What the store holds of one job."""

    size_bytes: int
    files: int


_MANIFEST = TypeAdapter(Manifest)


def manifest_of(record: Record, *, stored: Stored, seal: Callable[[str], str]) -> bytes:
    """Return the manifest of a final job; `seal` encrypts with the master key."""
    batch, job = record.batch, record.job
    manifest = Manifest(
        format=FORMAT,
        account=record.account,
        batch=replace(batch, notify_url=""),
        job=replace(job, source_url=_host_only(job.source_url), captions=()),
        sealed_source_url=seal(job.source_url),
        stored_bytes=stored.size_bytes,
        stored_files=stored.files,
        video=record.video,
    )
    return _MANIFEST.dump_json(manifest, indent=1)


def read_manifest(data: bytes) -> Manifest:
    """
    Return what a manifest says.

    Raises:
        StorageError: it is none, is of a newer form, or speaks of a job that is not final.
    """
    try:
        manifest = _MANIFEST.validate_json(data)
    except ValidationError as error:
        raise StorageError("the manifest cannot be read") from error
    if manifest.format != FORMAT or not manifest.job.is_final or manifest.job.batch_id != manifest.batch.batch_id:
        raise StorageError("the manifest is not one of this version")
    return manifest


def job_of(manifest: Manifest, *, open_sealed: Callable[[str], str]) -> Job:
    """Return the job with its whole source URL; with scheme and host alone under another master key."""
    try:
        return replace(manifest.job, source_url=open_sealed(manifest.sealed_source_url))
    except ConfigurationError:
        return manifest.job


def _host_only(url: str) -> str:
    """Return scheme and host of a hostile URL; empty when it has none that can be read."""
    with suppress(ValueError):
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname}/" if parts.hostname else ""
    return ""
