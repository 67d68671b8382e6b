"""Where clients reach stored files: on a publish domain or the service itself, with a token where they want one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from vodpull.errors import ParameterError
from vodpull.videos.video import Video

PLAYER_SCRIPT = "/console/static/shaka-player.js"


@dataclass(frozen=True, kw_only=True)
class FileUrls:
    """Writes the URLs of stored files (spec cloud-vod-videos §1.10)."""

    public_url: str
    """Base of the service as clients see it."""
    domains: Sequence[str] = ()
    """Publish domains of the installation, the default first; files are at their root. None: the service's own."""
    sign: Callable[[Video, str], str | None] = lambda _video, _key: ""
    """Returns a token for a file of a video; empty: it needs none; None: no token that is handed out so leads to it."""

    def on(self, public_url: str) -> FileUrls:
        """Return it for a caller who sees the service at this base."""
        return replace(self, public_url=public_url)

    def without_tokens(self) -> FileUrls:
        """Return it for a caller who may not have tokens: what wants one has no URL."""
        return replace(self, sign=lambda video, key: self.sign(video, key) and None)

    def path(self, video: Video, key: str) -> str:
        """Return the path of a file of a video on the service itself; empty as `file` is."""
        token = self.sign(video, key) if key else None
        return "" if token is None else f"/play/{token}/{key}" if token else f"/media/{key}"

    def file(self, video: Video, key: str) -> str:
        """Return the URL of a file of a video; empty where there is no key, or nobody gets it by its URL."""
        token = self.sign(video, key) if key else None
        return "" if token is None else self.url(key, video.publish_domain, token=token)

    def url(self, key: str, publish_domain: str = "", *, token: str = "") -> str:
        """Return the URL of a file; empty where there is no key."""
        if not key:
            return ""
        domain = self._domain(publish_domain)
        base = f"https://{domain}" if domain else self.public_url.rstrip("/")
        if token:
            return f"{base}/play/{token}/{key}"
        return f"{base}/{key}" if domain else f"{base}/media/{key}"

    def known_domain(self, domain: str | None) -> str | None:
        """
        Return a publish domain that was asked for, in lower case; empty and None name none.

        Raises:
            ParameterError: it is none of the installation's.
        """
        if domain and domain not in self.domains:
            raise ParameterError("this is none of the service's publish domains", field="publish_domain")
        return domain

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
