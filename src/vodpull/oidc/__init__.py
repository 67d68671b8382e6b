"""Who somebody is, by an OpenID Connect provider; what they may do is up to `accounts`."""

from vodpull.oidc.provider import Identity, Provider, Request

__all__ = ["Identity", "Provider", "Request"]
