"""The identity provider of the console, as the settings name it, and which settings of it are refused."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa

from vodpull.accounts.people.single_sign_on import SingleSignOn
from vodpull.accounts.people.single_sign_on_roles import read_rules
from vodpull.accounts.sealed_secrets import Vault
from vodpull.errors import ConfigurationError, ParameterError
from vodpull.oidc import Provider
from vodpull.settings import Settings


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
