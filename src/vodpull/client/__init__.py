"""
vodpull for Python programs: submit sources, follow them, and check notifications.

    with Client("https://ingest.example.com", access_key, secret_key) as client:
        batch = client.submit(["https://example.com/clip.mp4"])
        batch = client.wait(batch.batch_id)

Errors are those of `vodpull.errors`: each has a stable `code`, a message, the `field` at fault and a `remedy`.
"""

from vodpull.client.clients import AsyncClient, Client
from vodpull.client.notification import Notification, verify_notification
from vodpull.client.operations import Options, PullOptions
from vodpull.client.shapes import (
    Attempt,
    Batch,
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
from vodpull.client.video_operations import VideoChange, VideoFilters
from vodpull.client.video_shapes import Caption, Category, Playback, Usage, Video, VideoJob, VideoPage
from vodpull.client.wire import PullReply, QueryReply, Task, TaskIds, WireItem

__all__ = [
    "AsyncClient",
    "Attempt",
    "Batch",
    "Caption",
    "CaptionSource",
    "Category",
    "Client",
    "Delivery",
    "DeliveryPage",
    "Event",
    "File",
    "Job",
    "JobError",
    "NextTry",
    "Notification",
    "Options",
    "Page",
    "Playback",
    "PullOptions",
    "PullReply",
    "QueryReply",
    "Source",
    "StageTime",
    "Task",
    "TaskIds",
    "Usage",
    "Video",
    "VideoChange",
    "VideoFilters",
    "VideoJob",
    "VideoPage",
    "WireItem",
    "verify_notification",
]
