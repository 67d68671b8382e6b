"""Whom the service may ask and tell: its guards, as the settings want them."""

from __future__ import annotations

from vodpull import fetch
from vodpull.settings import Settings


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
