"""
vodpull for Python programs: submit sources, follow them, and check notifications.

    with Client("https://ingest.example.com", access_key, secret_key) as client:
        batch = client.submit(["https://example.com/clip.mp4"])
        batch = client.wait(batch.batch_id)

Errors are those of `vodpull.errors`: each has a stable `code`, a message, the `field` at fault and a `remedy`.
"""

from vodpull.client.account_shapes import Account, PlaybackKey, PlaybackKeyMade
from vodpull.client.batch_shapes import (
    Attempt,
    Batch,
    CaptionFile,
    CaptionSource,
    Delivery,
    DeliveryPage,
    Event,
    File,
    Job,
    JobError,
    NextTry,
    Page,
    Source,
    StageTime,
)
from vodpull.client.clients import AsyncClient, Client
from vodpull.client.notification import Notification, verify_notification
from vodpull.client.operations.audit import AuditFilters, AuditLine, AuditPage
from vodpull.client.operations.batches import Options, PullOptions
from vodpull.client.operations.edits import Edit, EditForm
from vodpull.client.operations.imports import Import, ImportEntry, ImportEntryPage, ImportOptions, ImportPage, Left
from vodpull.client.operations.materials import Material, MaterialPage
from vodpull.client.operations.uploads import OnProgress, UploadOptions
from vodpull.client.operations.videos import PlaybackTerms, VideoChange, VideoFilters
from vodpull.client.video_shapes import Caption, Category, Playback, Usage, Video, VideoJob, VideoPage
from vodpull.client.wire_shapes import PullReply, QueryReply, Task, TaskIds, WireItem

__all__ = [
    "Account",
    "AsyncClient",
    "Attempt",
    "AuditFilters",
    "AuditLine",
    "AuditPage",
    "Batch",
    "Caption",
    "CaptionFile",
    "CaptionSource",
    "Category",
    "Client",
    "Delivery",
    "DeliveryPage",
    "Edit",
    "EditForm",
    "Event",
    "File",
    "Import",
    "ImportEntry",
    "ImportEntryPage",
    "ImportOptions",
    "ImportPage",
    "Job",
    "JobError",
    "Left",
    "Material",
    "MaterialPage",
    "NextTry",
    "Notification",
    "OnProgress",
    "Options",
    "Page",
    "Playback",
    "PlaybackKey",
    "PlaybackKeyMade",
    "PlaybackTerms",
    "PullOptions",
    "PullReply",
    "QueryReply",
    "Source",
    "StageTime",
    "Task",
    "TaskIds",
    "UploadOptions",
    "Usage",
    "Video",
    "VideoChange",
    "VideoFilters",
    "VideoJob",
    "VideoPage",
    "WireItem",
    "verify_notification",
]
