"""From URL to local file, without being led anywhere else."""

from vodpull.fetch.credentials import parse_credentials
from vodpull.fetch.digest import parse_md5
from vodpull.fetch.download import OnPart, download
from vodpull.fetch.gate import HostGate
from vodpull.fetch.hls import FetchedPlaylist, fetch_playlist, is_playlist
from vodpull.fetch.order import Downloaded, FetchLimits
from vodpull.fetch.source import AddressGuard
from vodpull.fetch.view import PartView

__all__ = [
    "AddressGuard",
    "Downloaded",
    "FetchLimits",
    "FetchedPlaylist",
    "HostGate",
    "OnPart",
    "PartView",
    "download",
    "fetch_playlist",
    "is_playlist",
    "parse_credentials",
    "parse_md5",
]
