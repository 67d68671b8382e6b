"""
Outbound access: address guards, stores and source limits, as the settings want them.

The identity provider: `sign_in_provider.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from vodpull import fetch, storage
from vodpull.settings import Settings
from vodpull.workflows.attempt.extras.small_downloads import SideFiles


def source_guard(settings: Settings) -> fetch.AddressGuard:
    """
    Return the guard of sources.

    Raises:
        ConfigurationError: a setting cannot be used.
    """
    return fetch.AddressGuard(
        trusted_origins=settings.trusted_origins,
        allow_networks=settings.allow_networks,
        credentials=fetch.parse_credentials(entry.get_secret_value() for entry in settings.origin_credentials),
        own_url=settings.public_url,
    )


def notify_guard(settings: Settings) -> fetch.AddressGuard:
    """
    Return the guard of notify URLs.

    Raises:
        ConfigurationError: a setting cannot be used.
    """
    own_list = bool(settings.trusted_notify_origins)
    return fetch.AddressGuard(
        trusted_origins=settings.trusted_notify_origins or settings.trusted_origins,
        trusted_setting="VODPULL_TRUSTED_NOTIFY_ORIGINS" if own_list else "VODPULL_TRUSTED_ORIGINS",
        allow_networks=settings.allow_networks,
        own_url=settings.public_url,
    )


def fetch_limits(settings: Settings) -> fetch.FetchLimits:
    """Return what fetching a source may cost."""
    return fetch.FetchLimits(
        max_bytes=settings.max_source_bytes,
        min_rate_bytes_per_s=settings.min_source_bytes_per_s,
        max_segments=settings.max_segments,
        max_playlist_bytes=settings.max_playlist_bytes,
    )


def source_stores(settings: Settings) -> storage.SourceStores:
    """
    Return the stores and folders that sources may be read from.

    Raises:
        ConfigurationError: one of them cannot be used.
    """
    return storage.SourceStores(settings.source_stores, own_folder=settings.data_dir)


def side_files(
    settings: Settings,
    guard: fetch.AddressGuard,
    host_limits: fetch.HostLimits,
    *,
    stores_of: Callable[[str], fetch.ReadableStores],
) -> SideFiles:
    """Return what fetches captions and pictures, as sources are fetched."""
    return SideFiles(
        guard=guard,
        limits=fetch_limits(settings),
        host_limits=host_limits,
        stores_of=stores_of,
        folder=settings.data_dir.resolve() / "captions",
    )
