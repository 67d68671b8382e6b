"""From URL to local file, without being led anywhere else; what is in the file is up to `media`."""

from vodpull.fetch.guard.allowed_connections import AddressGuard
from vodpull.fetch.guard.cookies import CookieJar
from vodpull.fetch.guard.credential_settings import parse_credentials
from vodpull.fetch.guard.source_store_urls import stored_url
from vodpull.fetch.hls.playlist_download import FetchedPlaylist, fetch_playlist, is_playlist
from vodpull.fetch.hls.subtitles import FetchedText
from vodpull.fetch.partfile.partial_view import PartView
from vodpull.fetch.transfer.answers.source_store_answers import NoStores, ReadableStores
from vodpull.fetch.transfer.download import download
from vodpull.fetch.transfer.host_limits import HostLimits
from vodpull.fetch.transfer.limits import Downloaded, FetchLimits
from vodpull.fetch.transfer.network_errors import network_errors
from vodpull.fetch.transfer.retry import OnPart
from vodpull.fetch.transfer.throttle import Throttle

__all__ = [
    "AddressGuard",
    "CookieJar",
    "Downloaded",
    "FetchLimits",
    "FetchedPlaylist",
    "FetchedText",
    "HostLimits",
    "NoStores",
    "OnPart",
    "PartView",
    "ReadableStores",
    "Throttle",
    "download",
    "fetch_playlist",
    "is_playlist",
    "network_errors",
    "parse_credentials",
    "stored_url",
]
