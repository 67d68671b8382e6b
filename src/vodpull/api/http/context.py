"""What the endpoints work with, handed over by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import tzinfo

from vodpull.accounts.access_keys import Accounts
from vodpull.accounts.audit_log import AuditLog
from vodpull.accounts.playback_keys import PlaybackKeys
from vodpull.accounts.rate_limits import RateLimit
from vodpull.api.http.keys.authentication import Access
from vodpull.api.http.keys.open_stream_limit import Waiters
from vodpull.api.http.metrics_endpoint import MetricsDoor
from vodpull.api.http.reply_counts import Answered
from vodpull.api.http.stored.files import ObjectReader
from vodpull.api.http.translation import Language
from vodpull.jobs.notices.deliveries import Deliveries
from vodpull.jobs.notices.events import Events
from vodpull.jobs.status.listing import Listing
from vodpull.jobs.status.lookups import QueryReader
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.template_registry import Templates
from vodpull.materials.materials import Materials
from vodpull.uploads.uploads import Uploads
from vodpull.videos.callback_addresses import Callbacks
from vodpull.videos.category_tree import Categories
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.library import Library
from vodpull.videos.playback.file_gate import FileGate
from vodpull.videos.playback.handed_out_tokens import Signer
from vodpull.videos.storage_peaks import StorageDays
from vodpull.workflows.delivery.outbox import Outbox
from vodpull.workflows.importing.orders import Imports
from vodpull.workflows.requests.added_captions import Captioning
from vodpull.workflows.requests.batch_deletion import BatchDeletion
from vodpull.workflows.requests.cancel_and_retry import Control
from vodpull.workflows.requests.clips_and_joins import Editing
from vodpull.workflows.requests.encode_again import Encoding
from vodpull.workflows.requests.intake import Intake
from vodpull.workflows.requests.stills_on_demand import Stills
from vodpull.workflows.requests.video_deletion import VideoDeletion


@dataclass(frozen=True, kw_only=True)
class ApiContext:
    """The parts behind the endpoints, and how replies are worded."""

    access: Access
    intake: Intake
    control: Control
    batch_deletion: BatchDeletion
    outbox: Outbox
    store: Store
    status: QueryReader
    """Closed with the application."""
    listing: Listing
    events: Events
    deliveries: Deliveries
    account_name: Callable[[str], str]
    """Of an account's id."""
    library: Library
    storage_days: StorageDays
    video_deletion: VideoDeletion
    uploads: Uploads
    upload_limit: RateLimit
    """Requests with upload tokens, by account."""
    categories: Categories
    materials: Materials
    encoding: Encoding
    editing: Editing
    stills: Stills
    callbacks: Callbacks
    captioning: Captioning
    imports: Imports
    templates: Templates
    default_template: str
    check_url: Callable[[str], object]
    """Raises for a URL that nothing may be posted to."""
    objects: ObjectReader
    gate: FileGate
    """Knows who may have what."""
    urls: FileUrls
    """Writes the URLs of stored files."""
    signer: Signer
    playback_keys: PlaybackKeys
    accounts: Accounts
    audit: AuditLog
    publish_domains: tuple[str, ...]
    """Where stored files lie at the root, the default first."""
    is_ready: Callable[[], Awaitable[dict[str, bool]]]
    """Tells which parts work: database, storage, disk."""
    metrics: MetricsDoor
    on_reply: Callable[[Answered], None]
    """Is told of every reply."""
    waiters: Waiters
    """Count the streams and long polls of each key."""
    public_url: str
    """Base of the URLs in replies; empty: where the caller came in."""
    language: Language
    compat: tuple[str, ...]
    wire_zone: tzinfo
    """Of times without one, over the wire contract."""
