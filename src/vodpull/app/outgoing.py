"""Whom the service may ask and tell: its guards, as the settings want them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import sqlalchemy as sa

from vodpull import fetch, storage
from vodpull.accounts.people.single_sign_on import SingleSignOn
from vodpull.accounts.people.single_sign_on_rules import read_rules
from vodpull.accounts.vault import Vault
from vodpull.errors import ConfigurationError, ParameterError
from vodpull.oidc import Provider
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


def single_sign_on(settings: Settings, database: sa.Engine, vault: Vault) -> SingleSignOn | None:
    """
    Return what lets people of an identity provider in; None: the settings name no provider.

    Raises:
        ConfigurationError: a setting cannot be used.
    """
    issuer = settings.oidc_issuer
    if not issuer:
        return None
    parts = urlsplit(issuer)
    origin = f"{parts.scheme}://{parts.netloc}"
    if not parts.netloc or (parts.scheme != "https" and origin not in settings.trusted_origins):
        remedy = "Write the issuer with https, or name its origin in VODPULL_TRUSTED_ORIGINS."
        raise ConfigurationError("VODPULL_OIDC_ISSUER is no https URL", field="VODPULL_OIDC_ISSUER", remedy=remedy)
    if not settings.oidc_client_id:
        remedy = "Set VODPULL_OIDC_CLIENT_ID to the client id that the provider gave to vodpull."
        raise ConfigurationError("VODPULL_OIDC_CLIENT_ID is empty", field="VODPULL_OIDC_CLIENT_ID", remedy=remedy)
    try:
        rules = read_rules(settings.oidc_roles)
    except ParameterError as error:
        raise ConfigurationError(f"VODPULL_OIDC_ROLES: {error}", field="VODPULL_OIDC_ROLES") from error
    provider = Provider(
        issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        scopes=settings.oidc_scopes,
        groups=settings.oidc_groups_claim,
    )
    return SingleSignOn(database, vault, provider, rules=rules, label=parts.hostname or issuer)


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
