"""The composition root: the only place that builds clients and joins the parts."""

from vodpull.app.doctor import Finding, diagnose
from vodpull.app.service import Service, configure_logging, local_key, open_accounts, running_service

__all__ = ["Finding", "Service", "configure_logging", "diagnose", "local_key", "open_accounts", "running_service"]
