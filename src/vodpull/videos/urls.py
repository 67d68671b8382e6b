"""Where clients reach stored files: on a publish domain, or below `/media/` of the service. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

PLAYER_SCRIPT = "/console/static/shaka-player.js"


@dataclass(frozen=True, kw_only=True)
class FileUrls:
    """Writes the URLs of stored files (spec cloud-vod-videos §1.10)."""

    public_url: str
    """Base of the service as clients see it."""
    domains: Sequence[str] = ()
    """Publish domains of the installation, the default first; files are at their root. None: the service's own."""

    def url(self, key: str, publish_domain: str = "") -> str:
        """Return the URL of a file; empty where there is no key."""
        if not key:
            return ""
        domain = self._domain(publish_domain)
        return f"https://{domain}/{key}" if domain else f"{self.public_url.rstrip('/')}/media/{key}"

    @property
    def player_script(self) -> str:
        """Return the URL of the player's script, which the console has for anybody."""
        return f"{self.public_url.rstrip('/')}{PLAYER_SCRIPT}"

    def host(self, publish_domain: str = "") -> str:
        """Return the name, with port, of where the files of a video are."""
        return self._domain(publish_domain) or urlsplit(self.public_url).netloc

    def _domain(self, wanted: str) -> str:
        """Return the domain of a video; one that was taken out of service is like none."""
        return wanted if wanted in self.domains else next(iter(self.domains), "")
