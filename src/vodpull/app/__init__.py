"""The composition root: the only place that builds clients and joins the parts."""

from vodpull.app.doctor import Finding, diagnose
from vodpull.app.service import Role, configure_logging, local_key, open_accounts, open_operators, running_service

__all__ = [
    "Finding",
    "Role",
    "configure_logging",
    "diagnose",
    "local_key",
    "open_accounts",
    "open_operators",
    "running_service",
]
