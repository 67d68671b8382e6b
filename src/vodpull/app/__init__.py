"""The composition root: the only place that builds the parts and joins them; no part's own rules."""

from vodpull.app.doctor import Finding, diagnose
from vodpull.app.local_key import is_local_key, keep_local_key
from vodpull.app.logs import configure_logging
from vodpull.app.service import Role, Service, running_service
from vodpull.app.setup import open_accounts, open_operators, require_installation

__all__ = [
    "Finding",
    "Role",
    "Service",
    "configure_logging",
    "diagnose",
    "is_local_key",
    "keep_local_key",
    "open_accounts",
    "open_operators",
    "require_installation",
    "running_service",
]
