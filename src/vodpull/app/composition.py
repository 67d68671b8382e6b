"""Everything that a process is made of, whatever its role."""

from __future__ import annotations

import shutil
from functools import partial
from ipaddress import ip_network
from typing import Literal

import sqlalchemy as sa

from vodpull import fetch, storage
from vodpull.accounts.access_keys import Accounts
from vodpull.accounts.playback_keys import PlaybackKeys
from vodpull.accounts.rate_limits import RateLimit
from vodpull.api.http.metrics_endpoint import MetricsDoor
from vodpull.app.import_kinds import import_kinds
from vodpull.app.installation import find_tools, folder_of, open_vault, wire_zone
from vodpull.app.outgoing import notify_guard, side_files, source_guard, source_stores
from vodpull.app.readiness import working_parts
from vodpull.app.server import Connections, Limits
from vodpull.app.start_checks import check_default_template, prove_store
from vodpull.app.telemetry.limits_in_force import LIMITS, rate_limits
from vodpull.app.telemetry.metrics import Metrics
from vodpull.imports.import_rows import ImportRows
from vodpull.jobs.deletions import Deletions
from vodpull.jobs.figures.census import take_census
from vodpull.jobs.store.content_keys import ContentKeys
from vodpull.jobs.store.store import Store
from vodpull.jobs.submission.template_registry import load_templates
from vodpull.settings import Settings
from vodpull.uploads.limits import UploadTerms
from vodpull.uploads.upload_and_ticket import UploadKind
from vodpull.uploads.upload_token import UploadKey
from vodpull.uploads.uploads import Uploads
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.library import Library
from vodpull.videos.playback.handed_out_tokens import Signer
from vodpull.videos.playback.public_or_signed import PlaybackPolicy
from vodpull.videos.storage_peaks import StorageDays
from vodpull.workflows.attempt.captions.stored_caption_files import CaptionFiles
from vodpull.workflows.attempt.encrypted_segments import ClearFiles
from vodpull.workflows.attempt.telemetry.meters import Tracer, Watch
from vodpull.workflows.delivery.job_news import JobNews
from vodpull.workflows.delivery.outbox import DeliveryOptions, Outbox
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.heartbeats import BeatLimits
from vodpull.workflows.engine.queue_lengths import measure_queues
from vodpull.workflows.engine.queues import Queues
from vodpull.workflows.importing.orders import Imports
from vodpull.workflows.requests.added_captions import Captioning
from vodpull.workflows.requests.batch_deletion import BatchDeletion
from vodpull.workflows.requests.cancel_and_retry import Control
from vodpull.workflows.requests.intake import Intake, Terms
from vodpull.workflows.requests.stills_on_demand import Stills
from vodpull.workflows.requests.uploaded_materials import UploadedMaterials
from vodpull.workflows.requests.uploaded_videos import UploadedVideos
from vodpull.workflows.requests.video_deletion import VideoDeletion

Role = Literal["all", "api", "worker"]
"""`all`: everything in one process; `api` accepts and shows work, `worker` does it, any number of each."""


class Composition:
    """The parts of one process, joined."""

    def __init__(self, settings: Settings, database: sa.Engine, *, role: Role, tracer: Tracer) -> None:
        self.settings = settings
        self.database = database
        self.store = Store(database)
        self.vault = open_vault(settings, database)
        self.accounts = Accounts(database, self.vault)
        self.objects = storage.open_store(settings.storage())
        prove_store(settings, self.objects)
        self.guard = source_guard(settings)
        self.source_stores = source_stores(settings)
        self.notify_guard = notify_guard(settings)
        self.host_limits = fetch.HostLimits(
            connections_per_host=settings.host_connections, requests_per_s=settings.host_requests_per_s
        )
        self.templates = load_templates(settings.data_dir / "templates", settings.template_aliases)
        check_default_template(settings, self.templates)
        self.playback_keys = PlaybackKeys(database, self.vault)
        self.content_keys = ContentKeys(database, self.vault)
        self.signer = Signer(self.playback_keys, PlaybackPolicy(settings.playback, self.templates))
        self.urls = _file_urls(settings, self.signer)
        self.engine = Engine(database)
        self.queues = Queues.of(fetch_slots=settings.fetch_slots, encode_slots=settings.encode_slots)
        awaited = [queue.name for queue in self.queues.all() if queue is not self.queues.arrivals]
        self.census = partial(
            take_census,
            database,
            queues=partial(measure_queues, database, awaited),
            alive_s=BeatLimits().death_s,
        )
        self.metrics = Metrics(
            self.census,
            data_dir=settings.data_dir,
            min_free_bytes=settings.min_free_bytes,
            role=role,
        )
        self.connections = Connections(
            Limits.of_process(connections=settings.max_connections, fetch_slots=settings.fetch_slots),
            trusted=(ip_network(proxy, strict=False) for proxy in settings.trusted_proxies),
            on_refused=self.metrics.refused,
        )
        self.metrics.watch_door(self.connections)
        self.metrics.limits(LIMITS | rate_limits(settings))
        self.watch = Watch(meters=self.metrics, tracer=tracer)
        self.outbox = Outbox(
            self.store,
            self.accounts,
            engine=self.engine,
            queues=self.queues,
            watch=self.watch,
            manner=DeliveryOptions(
                only_200="notify-200-only" in settings.compat,
                urls=_file_urls(settings, Signer(self.playback_keys, self.signer.policy, makes_keys=False)),
                make_key=self.playback_keys.create_first,
                zone=wire_zone(settings),
            ),
        )
        self.intake = Intake(self.store, self.engine, self.queues, terms=self._terms())
        self.news = JobNews(self.store, self.accounts, self.outbox, engine=self.engine, queues=self.queues)
        self.control = Control(self.store, self.news, engine=self.engine, queues=self.queues)
        self.deletions = Deletions(database)
        self.batch_deletion = BatchDeletion(self.deletions, self.control, self.objects)
        self.library = Library(database)
        self.storage_days = StorageDays(database, zone=wire_zone(settings))
        self.side_files = side_files(settings, self.guard, self.host_limits, stores_of=self.stores_of)
        files = CaptionFiles(database, self.objects)
        self.captioning = Captioning(self.store, files, side_files=self.side_files)
        clear_files = ClearFiles(self.objects, self.content_keys)
        self.stills = Stills(self.library, clear_files, find_toolbox=partial(find_tools, settings))
        self.video_deletion = VideoDeletion(
            self.library, self.store, batch_deletion=self.batch_deletion, outbox=self.outbox, objects=self.objects
        )
        self.uploads = self._uploads()
        self.import_kinds = import_kinds(self.guard, self.stores_of)
        self.imports = Imports(
            ImportRows(database),
            self.intake,
            engine=self.engine,
            queues=self.queues,
            kinds=self.import_kinds,
            vault=self.vault,
        )

    def _terms(self) -> Terms:
        settings = self.settings
        return Terms(
            templates=self.templates,
            check_url=self.notify_guard.check_url,
            default_template=settings.default_template,
            unique_trans_no="trans-no-strict" in settings.compat,
            quota_bytes=settings.account_quota_bytes,
        )

    def stores_of(self, account_id: str) -> storage.AccountStores:
        """Return what an account may read its sources from."""
        return self.source_stores.of_account(self.accounts.name_of(account_id) if self.source_stores else "")

    def _uploads(self) -> Uploads:
        settings, folder = self.settings, folder_of(self.settings.storage())

        def room_bytes() -> int | None:
            return None if folder is None else shutil.disk_usage(folder).free - settings.min_free_bytes

        terms = UploadTerms(
            key=UploadKey(secret=self.vault.upload_secret),
            token_ms=int(settings.upload_token_hours * 3_600_000),
            max_bytes=settings.max_source_bytes,
            most_open=settings.max_open_uploads,
            check_quota=self.intake.check_quota if settings.account_quota_bytes else None,
            room_bytes=room_bytes,
        )
        videos = UploadedVideos(self.store, self.engine, self.queues, templates=self.templates)
        materials = UploadedMaterials(self.accounts, self.outbox)
        completions = {UploadKind.VIDEO: videos.completion(), **materials.completions()}
        return Uploads(self.database, self.objects, terms=terms, completions=completions)

    def limit(self, name: str, rate: str, *, what: str) -> RateLimit:
        """Return a rate limit that all processes share."""
        return RateLimit(self.database, name, rate, what=what)

    def metrics_door(self) -> MetricsDoor:
        """Return what stands behind `/metrics`."""
        return MetricsDoor(render=self.metrics.render, token=self.settings.metrics_token.get_secret_value())

    async def is_ready(self) -> dict[str, bool]:
        """Return which parts work."""
        return await working_parts(self.database, self.objects, self.settings)


def _file_urls(settings: Settings, signer: Signer) -> FileUrls:
    """Return how the URLs of stored files are written where nobody has called."""
    return FileUrls(public_url=settings.public_url, domains=settings.publish_domains, sign=signer.handed_out)
