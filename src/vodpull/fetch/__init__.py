"""From URL to local file, without being led anywhere else."""

from vodpull.fetch.digest import parse_md5
from vodpull.fetch.download import download
from vodpull.fetch.hls import FetchedPlaylist, fetch_playlist, is_playlist
from vodpull.fetch.source import AddressGuard
from vodpull.fetch.transfer import Downloaded, FetchLimits

__all__ = [
    "AddressGuard",
    "Downloaded",
    "FetchLimits",
    "FetchedPlaylist",
    "download",
    "fetch_playlist",
    "is_playlist",
    "parse_md5",
]
