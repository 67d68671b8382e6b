"""What the pages work with, handed over by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from vodpull.accounts.access_keys import Accounts, LiveKey, NewKey
from vodpull.accounts.audit_log import AuditLog
from vodpull.accounts.people.operators import Operators
from vodpull.accounts.people.sessions import Sessions
from vodpull.accounts.people.single_sign_on import SingleSignOn
from vodpull.accounts.people.two_factor import TwoFactor
from vodpull.accounts.playback_keys import PlaybackKeys
from vodpull.database.commit_watch import Mark
from vodpull.jobs.figures.census import Census
from vodpull.jobs.figures.history import History
from vodpull.jobs.notices.deliveries import Deliveries
from vodpull.jobs.notices.events import Events
from vodpull.jobs.status.listing import Listing
from vodpull.jobs.store.store import Store
from vodpull.materials.materials import Materials
from vodpull.videos.callback_addresses import Callbacks
from vodpull.videos.category_tree import Categories
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.library import Library
from vodpull.videos.playback.handed_out_tokens import Signer
from vodpull.workflows.delivery.built_in_receiver import Inspector
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
class SystemFacts:
    """What this process knows of its surroundings; none of it is secret."""

    version: str
    """Of vodpull."""
    python: str
    ffmpeg: str
    """Version of FFmpeg."""
    sandbox: str
    """`bwrap` or `limits`; empty: this machine has no FFmpeg."""
    database: str
    """Kind and place, without user or password."""
    storage_url: str
    """Without user, password or query."""
    data_dir: str
    disk_free_bytes: int
    disk_total_bytes: int
    min_free_bytes: int
    """Below it no fetch begins."""
    fetch_slots: int
    encode_slots: int


Sign = Callable[[str, bytes, NewKey], dict[str, str]]
"""Gives the headers of a signed POST of JSON: URL, body, key."""


ReadHistory = Callable[[int, int], History]
"""Returns the newest slices: their length in seconds, their number."""


@dataclass(frozen=True, kw_only=True)
class ConsoleContext:
    """The parts behind the pages."""

    operators: Operators
    sessions: Sessions
    two_factor: TwoFactor
    audit: AuditLog
    accounts: Accounts
    store: Store
    listing: Listing
    deliveries: Deliveries
    intake: Intake
    control: Control
    batch_deletion: BatchDeletion
    outbox: Outbox
    library: Library
    categories: Categories
    events: Events
    encoding: Encoding
    video_deletion: VideoDeletion
    callbacks: Callbacks
    captioning: Captioning
    imports: Imports
    materials: Materials
    editing: Editing
    receive: Callable[[Request, LiveKey], Awaitable[Response]]
    """Takes files by tus, as the bearer of a key."""
    max_upload_bytes: int
    """Largest file that is taken."""
    check_url: Callable[[str], object]
    """Raises for a URL that nothing may be posted to."""
    inspector: Inspector
    system_facts: Callable[[], SystemFacts]
    census: Callable[[], Census]
    history: ReadHistory
    follow: Callable[[], AbstractContextManager[Mark]]
    """Begins to tell of changes in the database."""
    sign: Sign
    account: str
    """Name of the account that the console submits for."""
    templates: tuple[str, ...]
    """Names that a submission may choose from."""
    default_template: str
    urls: FileUrls
    """Of files as they are handed out."""
    own_urls: FileUrls
    """Of files on the operator's own pages."""
    signer: Signer
    playback_keys: PlaybackKeys
    stills: Stills
    watermarks: tuple[str, ...] = ()
    """Names of what may be put on top of one."""
    publish_domains: tuple[str, ...] = ()
    """Where stored files lie at the root, the default first."""
    single_sign_on: SingleSignOn | None = None
    """None: nobody comes in by OpenID Connect."""
    audit_days: float = 0.0
    """How long the audit log is kept; 0: for ever."""
    public_url: str = ""
    """Base of links that leave the page (snippets, embeds); empty: as the browser called us."""
